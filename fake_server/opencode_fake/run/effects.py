"""What a run yields: events for the streams, waits for the clock and for the user, and runs of other sessions."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from opencode_fake.scripts.model import JsonObject
from opencode_fake.state.barriers import Barrier
from opencode_fake.state.store import Session
from opencode_fake.state.wire import Status
from opencode_fake.state.world import World


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, written down at once: later changes do not show in it."""

    type: str
    body: str
    """What the event tells, as one line of JSON."""
    history: str | None = None
    """The session whose history keeps the event; None for those that no history keeps."""
    change: str | None = None
    """What the history keeps of it, as JSON, where that is less than the whole."""

    @property
    def properties(self) -> JsonObject:
        """What the event tells."""
        properties: JsonObject = json.loads(self.body)
        return properties


@dataclass(frozen=True, slots=True)
class Wait:
    """The run goes on after ``seconds``, or with ``Aborted`` thrown into it."""

    seconds: float
    endless: bool = False
    """Nothing will change afterwards, so a clock that jumps had better not."""


class Pending(Protocol):
    """Something that is decided outside the run."""

    @property
    def settled(self) -> bool:
        """Whether it was decided."""
        ...


@dataclass(frozen=True, slots=True)
class Until:
    """The run goes on when one of these is settled (of none: never), or with ``Aborted`` thrown into it."""

    pending: tuple[Pending, ...]

    @property
    def settled(self) -> bool:
        """Whether the run can go on."""
        return any(each.settled for each in self.pending)

    @property
    def barriers(self) -> tuple[Barrier, ...]:
        """What a test holds it with."""
        return tuple(each for each in self.pending if isinstance(each, Barrier))

    @property
    def only_held(self) -> bool:
        """Whether nothing but a test keeps it: an abort then finds it at work."""
        return bool(self.pending) and len(self.barriers) == len(self.pending)


@dataclass(eq=False, slots=True)
class Subrun:
    """The run of another session, which this one set off."""

    session: Session
    settled: bool = False
    """It has ended."""


@dataclass(frozen=True, slots=True)
class Start:
    """Another session runs from now on, by itself."""

    subrun: Subrun


@dataclass(frozen=True, slots=True)
class Stop:
    """A session's run is aborted."""

    session_id: str


Effect: TypeAlias = Event | Wait | Until | Start | Stop
Effects: TypeAlias = Generator[Effect, None, None]


class Aborted(Exception):
    """Thrown into a run that was aborted."""


def dumps(value: object) -> str:
    """JSON as the server writes it: no white space, no escapes but for lone surrogates."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def event(kind: str, **properties: object) -> Event:
    """An event of this type."""
    return Event(kind, dumps(properties))


def set_status(world: World, session_id: str, status: Status) -> Event:
    """Notes what a session does, and the event that tells it."""
    if status["type"] == "idle":
        world.statuses.pop(session_id, None)
    else:
        world.statuses[session_id] = status
    return event("session.status", sessionID=session_id, status=status)


def go_idle(world: World, session_id: str) -> tuple[Event, Event]:
    """A session stops running: an event in the new form and one in the old."""
    return set_status(world, session_id, {"type": "idle"}), event("session.idle", sessionID=session_id)
