"""Turns what was seen on a stage into what has to be the same on every stage. Nothing volatile is left out unseen.

The rules:

* **ids** of the right form (prefix, 12 hexadecimal digits, 14 letters or digits) become ``ses#1``, ``msg#2``: numbered
  by first sight for each prefix. One of another form stays as it is, hence differs. How they sort is compared, too:
  those of what belongs to a session with others of that session, for several sessions may run at the same time.
* **event ids** become ``evt#``: each is seen once, so a number would say nothing.
* **call ids** are the provider's: numbered by first sight, whatever their form. Those that the server makes itself
  are ULIDs, and treated as its other ids.
* **times** (whole numbers from 10^12 to 10^14, and in texts ISO times and whole numbers of 13 digits that begin with 1)
  become ``time``; ``times`` compares the order of those that are numbers.
* **folders** become ``<workspace>``, ``<data>`` and ``<temporary>``; the server's address ``<host>``.
  (The rules of agents name the data folder as seen from the workspace. Sessions also have a
  ``path``, the folder without its first slash.)
* **hashes** of 40 hexadecimal digits are numbered by first sight.
* **slugs** become ``<slug>`` where both words are in the server's lists.
* **stack traces** are cut off where they begin; an error's ``ref`` becomes ``<ref>``.
* The two wordings of "the maker's web site cannot be reached" are one (the server takes one or the other by chance).
* A **web page** is one, whatever it shows: the fake has none of the real server's. The hash of its script, which its
  policy names, is left out.
* **cursors** of the message list become what they say: the id and the time of a message.
* **foreign** sessions, and what belongs to them, are dropped from lists and maps: other cases run at the same time.
* **headers**: all are kept but ``date`` and ``keep-alive``; of ``content-length`` only that it is there,
  and not even that in a 204, where it may not be and says nothing (real servers send it, the fake's library cannot).
"""

from __future__ import annotations

import base64
import json
import posixpath
import re
from collections import defaultdict
from dataclasses import dataclass, field

from opencode_contract.evidence import Json
from opencode_contract.fidelity.stages import Places

_ID = re.compile(r"\b(ses|msg|prt|per|que|tool)_[0-9a-f]{12}[0-9A-Za-z]{14}\b")
_EVENT_ID = re.compile(r"\bevt_[0-9a-f]{12}[0-9A-Za-z]{14}\b")
_CALL_ID = re.compile(r"\bcall_[0-9A-Za-z_]+")
_ULID = re.compile(r"\b0[0-9A-HJKMNP-TV-Z]{25}\b")
_HASH = re.compile(r"\b[0-9a-f]{40}\b")
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_MOMENT = re.compile(r"\b1\d{12}\b")
_HOST = re.compile(r"127\.0\.0\.1(?::\d+)?")
_REF = re.compile(r"\berr_[0-9a-f]{8}\b")
_STACK = re.compile(r"\\?\n {4}at .*", re.DOTALL)
_UNREACHABLE = re.compile(
    r"Unable to connect\. Is the computer able to access the url\?|Was there a typo in the url or port\?"
)
_ADJECTIVES = (
    "brave|calm|clever|cosmic|crisp|curious|eager|gentle|glowing|happy|hidden|jolly|kind|lucky|mighty|misty|neon|nimble|"
    "playful|proud|quick|quiet|shiny|silent|stellar|sunny|swift|tidy|witty"
)
_NOUNS = (
    "cabin|cactus|canyon|circuit|comet|eagle|engine|falcon|forest|garden|harbor|island|knight|lagoon|meadow|moon|mountain|"
    "nebula|orchid|otter|panda|pixel|planet|river|rocket|sailor|squid|star|tiger|wizard|wolf"
)
_SLUG = re.compile(f"(?:{_ADJECTIVES})-(?:{_NOUNS})")
_CURSOR = re.compile(r"\beyJ[0-9A-Za-z_-]+")
_SCRIPT_HASH = re.compile(r" 'sha256-[0-9A-Za-z+/]{43}='")
_WEB_PAGE = re.compile(r"<!doctype html>", re.IGNORECASE)
_VOLATILE_HEADERS = frozenset({"date", "keep-alive"})
NO_CONTENT = 204
EVENT_ID = "evt#"
_EARLIEST, _LATEST = 10**12, 10**14


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that was seen: in which field of which thing, and when it was."""

    field: str
    at: int


@dataclass(slots=True)
class Normaliser:
    """Normalises what is seen in one case on one stage; keeps what the orders are compared by."""

    places: Places
    sessions: frozenset[str]
    """The sessions of the case; all others are foreign."""
    moments: list[Moment] = field(default_factory=list)
    """The times, in the order in which they were seen."""
    _numbers: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    _homes: dict[str, str] = field(default_factory=dict)
    """The sessions that ids belong to, as far as it was seen."""
    _texts: dict[str, str] = field(default_factory=dict)

    @property
    def order(self) -> dict[str, list[str]]:
        """For each prefix and session the normalised ids in the order in which the real ones sort."""
        order: defaultdict[str, list[str]] = defaultdict(list)
        for kind, found in self._numbers.items():
            for each, numbered in sorted(found.items()) if kind not in {"call", "sha"} else ():
                order[f"{kind} {self._homes.get(each, '')}".rstrip()].append(numbered)
        return dict(order)

    def answer(self, value: Json) -> Json:
        """An answer: foreign sessions are dropped from its body."""
        if isinstance(value, dict) and "body" in value:
            value = {**value, "headers": _headers(value), "body": self._own(value["body"])}
        return self.value(value)

    def value(self, value: Json, owner: str = "", place: str = "") -> Json:
        """Any JSON. ``owner`` is the thing that it belongs to, ``place`` where it stands in it."""
        match value:
            case dict():
                found = value.get("id")
                if isinstance(found, str) and "_" in found:
                    owner, place = self._text(found), ""
                    home = value.get("sessionID")
                    if isinstance(home, str):
                        self._homes[found] = self._text(home)
                return {
                    self._text(key): self.value(value[key], owner, f"{place}.{key}" if place else key)
                    for key in sorted(value)
                }
            case list():
                return [self.value(each, owner, f"{place}.{number}") for number, each in enumerate(value)]
            case str():
                if place.endswith("slug") and _SLUG.fullmatch(value):
                    return "<slug>"
                return self._text(value)
            case int() if not isinstance(value, bool) and _EARLIEST <= value < _LATEST:
                self.moments.append(Moment(f"{owner} {place}", value))
                return "<time>"
            case _:
                return value

    def sight(self, value: Json) -> None:
        """Numbers the ids in a value. What is normalised later numbers only those that come new there."""
        match value:
            case dict():
                for key in sorted(value):
                    self._text(key)
                    self.sight(value[key])
            case list():
                for each in value:
                    self.sight(each)
            case str():
                self._text(value)
            case _:
                pass

    def _own(self, body: Json) -> Json:
        match body:
            case list():
                return [each for each in body if not self._foreign(each)]
            case dict() if body and all(key.startswith("ses_") for key in body):
                return {key: each for key, each in body.items() if key in self.sessions}
            case _:
                return body

    def _foreign(self, item: Json) -> bool:
        if not isinstance(item, dict):
            return False
        session = item.get("sessionID") or item.get("id")
        return isinstance(session, str) and session.startswith("ses_") and session not in self.sessions

    def _text(self, text: str) -> str:
        """A text without what is volatile; each is looked at once, for most come again and again."""
        found = self._texts.get(text)
        if found is None:
            found = self._texts[text] = self._steady(text)
        return found

    def _steady(self, text: str) -> str:
        if _WEB_PAGE.match(text):
            return "<web page>"
        for folder, role in (
            (self.places.workspace, "<workspace>"),
            (posixpath.relpath(self.places.data, self.places.workspace), "<data>"),
            (self.places.data, "<data>"),
            (self.places.temporary, "<temporary>"),
        ):
            text = text.replace(folder, role)
            bare = folder.removeprefix("/")
            text = role + text.removeprefix(bare) if text.startswith(f"{bare}/") else text
        text = _CURSOR.sub(self._cursor, text)
        text = _SCRIPT_HASH.sub("", text)
        text = _EVENT_ID.sub(EVENT_ID, text)
        text = _ID.sub(lambda found: self._number(found[1], found[0]), text)
        text = _CALL_ID.sub(lambda found: self._number("call", found[0]), text)
        text = _ULID.sub(lambda found: self._number("ulid", found[0]), text)
        text = _HASH.sub(lambda found: self._number("sha", found[0]), text)
        text = _ISO.sub("<iso>", text)
        text = _MOMENT.sub("<time>", text)
        text = _HOST.sub("<host>", text)
        text = _REF.sub("<ref>", text)
        text = _UNREACHABLE.sub("<unreachable>", text)
        return _STACK.sub("", text)

    def _cursor(self, found: re.Match[str]) -> str:
        try:
            said: Json = json.loads(base64.urlsafe_b64decode(found[0] + "=" * (-len(found[0]) % 4)))
        except ValueError:
            return found[0]
        return json.dumps(self.value(said))

    def _number(self, kind: str, found: str) -> str:
        known = self._numbers[kind]
        return known.setdefault(found, f"{kind}#{len(known) + 1}")


def _headers(answer: dict[str, Json]) -> Json:
    headers = answer.get("headers")
    if not isinstance(headers, dict):
        return headers
    kept = {name: value for name, value in headers.items() if name not in _VOLATILE_HEADERS}
    if "content-length" in kept:
        kept["content-length"] = "<length>"
    if answer.get("status") == NO_CONTENT:
        kept.pop("content-length", None)
    return kept
