"""What became of the sessions between two snapshots. Pure: it asks nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from opencode_contract.evidence import Json
from opencode_contract.rehearsal.fields import FieldChange, changes, named
from opencode_contract.rehearsal.snapshot import JsonObject, Snapshot, ToldSession


class Weight(Enum):
    """What a finding means."""

    LOST = "lost"
    """Gone or unreadable: a user misses it."""
    CHANGED = "changed"
    """There, but a client that reads it closely sees something else."""
    COSMETIC = "cosmetic"
    """Something came that was not there."""


class Rule(Enum):
    """What can become of a session; the value is the id that reports and the documentation use."""

    NOT_LISTED = "session-not-listed"
    GONE = "session-gone"
    UNREADABLE = "messages-unreadable"
    MESSAGE_MISSING = "message-missing"
    PART_MISSING = "part-missing"
    ORDER = "message-order"
    FIELD_LOST = "field-lost"
    FIELD_CHANGED = "field-changed"
    FIELD_GAINED = "field-gained"
    MESSAGE_ADDED = "message-added"
    PART_ADDED = "part-added"
    SESSION_ADDED = "session-added"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was."""

    rule: Rule
    weight: Weight
    session: str
    where: str = ""
    """The message, or the field."""
    before: Json = None
    after: Json = None
    evidence: str = ""


def judge(before: Snapshot, after: Snapshot) -> tuple[Finding, ...]:
    """Everything that is not as it was, what was not readable before left out."""
    return tuple(_findings(before, after))


def losses(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Those that a user misses."""
    return tuple(finding for finding in findings if finding.weight is Weight.LOST)


def _findings(before: Snapshot, after: Snapshot) -> Iterator[Finding]:
    for session_id, was in before.sessions.items():
        now = after.sessions.get(session_id)
        yield from _of_session(was, now or ToldSession(was.place, listed=False, info=None, messages=None))
    for session_id in after.sessions:
        if session_id not in before.sessions:
            yield Finding(Rule.SESSION_ADDED, Weight.COSMETIC, session_id)


def _of_session(was: ToldSession, now: ToldSession) -> Iterator[Finding]:
    session = was.place.session_id
    if was.listed and not now.listed:
        listing = f"GET /session?directory={was.place.directory} does not list it"
        yield Finding(Rule.NOT_LISTED, Weight.LOST, session, evidence=listing)
    if was.info is not None and now.info is None:
        # Nobody expects messages of a session that is not there.
        yield Finding(Rule.GONE, Weight.LOST, session, evidence=now.evidence)
        return
    if was.info is not None and now.info is not None:
        yield from (_of_field(session, change) for change in changes("session", was.info, now.info))
    if was.messages is not None and now.messages is None:
        yield Finding(Rule.UNREADABLE, Weight.LOST, session, before=len(was.messages), evidence=now.evidence)
    elif was.messages is not None:
        yield from _of_messages(session, was.messages, now.messages or ())


def _of_messages(session: str, was: tuple[JsonObject, ...], now: tuple[JsonObject, ...]) -> Iterator[Finding]:
    old, new = _by_id(was), _by_id(now)
    for message, held in old.items():
        if message not in new:
            yield Finding(Rule.MESSAGE_MISSING, Weight.LOST, session, message)
        else:
            yield from _of_message(session, message, held, new[message])
    yield from (Finding(Rule.MESSAGE_ADDED, Weight.CHANGED, session, each) for each in new if each not in old)
    if [each for each in old if each in new] != [each for each in new if each in old]:
        yield Finding(Rule.ORDER, Weight.CHANGED, session, before=list(old), after=list(new))


def _of_message(session: str, message: str, was: JsonObject, now: JsonObject) -> Iterator[Finding]:
    for change in changes("message", was.get("info"), now.get("info")):
        yield _of_field(session, change)
    old, new = named(was.get("parts")), named(now.get("parts"))
    for part, held in old.items():
        if part not in new:
            yield Finding(Rule.PART_MISSING, Weight.LOST, session, f"{message} {part}", held)
        else:
            yield from (_of_field(session, change) for change in changes("part", held, new[part]))
    yield from (
        Finding(Rule.PART_ADDED, Weight.CHANGED, session, f"{message} {part}") for part in new if part not in old
    )


def _of_field(session: str, change: FieldChange) -> Finding:
    if change.before is None:
        return Finding(Rule.FIELD_GAINED, Weight.COSMETIC, session, change.field, None, change.after)
    rule = Rule.FIELD_LOST if change.after is None else Rule.FIELD_CHANGED
    weight = Weight.CHANGED if change.is_derived else Weight.LOST
    return Finding(rule, weight, session, change.field, change.before, change.after)


def _by_id(messages: tuple[JsonObject, ...]) -> dict[str, JsonObject]:
    found = {}
    for number, message in enumerate(messages):
        info = message.get("info")
        found[str(info.get("id", number) if isinstance(info, dict) else number)] = message
    return found
