"""Takes secrets out of what is recorded, before it is written, and says what was taken.

A secret that is found in one place and is no plain word is taken out in all: what a command printed may stand alone in
a file later on. Each has a mark of its own, so that what was different stays so, and an edit still changes something.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import quote, quote_plus

from opencode_fake.recording.secrets import is_secret_value, looks_encoded, secrets_in
from opencode_fake.recording.texts import changed
from opencode_fake.scripts.model import JsonObject, JsonValue

REDACTED = "[redacted]"
PASSWORD = "the server's password"  # noqa: S105 - the words for it
_MARK = re.compile(r"\[redacted(?: \d+)?\]")


@dataclass(slots=True)
class Redaction:
    """Redacts texts, and counts what it redacted by kind."""

    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Those that are known, such as the server's password."""
    counts: Counter[str] = field(default_factory=Counter)
    _kinds: dict[str, str] = field(default_factory=dict, repr=False)
    """The secrets and their kinds, in the order in which they were found."""
    _everywhere: re.Pattern[str] = field(default_factory=lambda: _any_of(()), repr=False)
    """Those that are taken out wherever they stand."""

    def __post_init__(self) -> None:
        self._kinds.update(dict.fromkeys(self.secrets, PASSWORD))

    @classmethod
    def of_password(cls, password: str | None, usernames: Iterable[str] = ()) -> Redaction:
        """Knows a password, also as Basic authentication, addresses and JSON write it."""
        if not password:
            return cls()
        forms = [password, json.dumps(password)[1:-1], quote(password), quote(password, safe=""), quote_plus(password)]
        for username in usernames:
            token = base64.b64encode(f"{username}:{password}".encode()).decode()
            forms += [token, token.rstrip("=")]
        return cls(tuple(dict.fromkeys(forms)))

    def fresh(self) -> Redaction:
        """One that knows the same and has redacted nothing."""
        return Redaction(self.secrets)

    def text(self, text: str) -> str:
        """The text without secrets."""
        return str(self.all(text))

    def all(self, value: JsonValue) -> JsonValue:
        """The same for all texts in JSON."""
        self._learn(value)
        self._everywhere = _any_of(each for each in self._kinds if each in self.secrets or looks_encoded(each))
        return changed(value, self._cleaned)

    def report(self) -> str:
        """What was redacted, as a sentence."""
        if not self.counts:
            return "nothing that looks like a secret was found"
        return "redacted: " + ", ".join(f"{count} x {name}" for name, count in sorted(self.counts.items()))

    def _learn(self, value: JsonValue, name: str = "") -> None:
        match value:
            case str():
                for secret, kind in _found(value, name):
                    self._kinds.setdefault(secret, kind)
            case list():
                for each in value:
                    self._learn(each, name)
            case dict():
                for key, each in value.items():
                    self._learn(key)
                    self._learn(each, key)
            case _:
                pass

    def _cleaned(self, text: str, name: str) -> str:
        here = _any_of(secret for secret, _ in _found(text, name))
        return self._everywhere.sub(self._marked, here.sub(self._marked, text))

    def _marked(self, found: re.Match[str]) -> str:
        self.counts[self._kinds[found[0]]] += 1
        return self._mark(found[0])

    def _mark(self, secret: str) -> str:
        if self._kinds[secret] == PASSWORD:
            return REDACTED
        others = [each for each, kind in self._kinds.items() if kind != PASSWORD]
        number = others.index(secret) + 1
        return REDACTED if number == 1 else f"[redacted {number}]"


def _found(text: str, name: str = "") -> list[tuple[str, str]]:
    """The secrets of a text that stands under a name, and their kinds."""
    found = [(text, "value of a secret")] if is_secret_value(name, text) else secrets_in(text)
    return [(secret, kind) for secret, kind in found if _MARK.search(secret) is None]


def _any_of(secrets: Iterable[str]) -> re.Pattern[str]:
    """Finds any of these; the longest first, for some hold others."""
    return re.compile("|".join(map(re.escape, sorted(secrets, key=len, reverse=True))) or "(?!)")


def with_open_prompts(words: JsonObject) -> JsonObject:
    """The script in which a prompt that was redacted still fits what was sent: anything in place of the secret."""
    replies = cast("list[JsonObject]", words["replies"])
    return {**words, "replies": [{**reply, **_opened(reply.get("prompt"))} for reply in replies]}


def _opened(prompt: JsonValue) -> JsonObject:
    match prompt:
        case {"exactly": str(text)} if _MARK.search(text):
            pieces = (re.escape(piece) for piece in _MARK.split(text.strip()))
            return {"prompt": {"regex": rf"(?s)\A\s*{'.+'.join(pieces)}\s*\Z"}}
        case _:
            return {}
