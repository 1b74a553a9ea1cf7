"""What a server told of its sessions, event by event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeGuard

Info: TypeAlias = Mapping[str, Any]
"""What the server says of a session, message or part. It is somebody else's data, and looked at piece by piece."""
_FINAL = frozenset({"completed", "error"})


@dataclass(slots=True)
class Piece:
    """A piece of text as it came."""

    at: float
    text: str


@dataclass(slots=True)
class RecordedPart:
    """A part as it last was, and the pieces that its text came in."""

    info: Info
    begun: float
    """Seconds on the recorder's clock when it was first heard of."""
    pieces: list[Piece] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text, as far as it came: an answer that breaks off is not told as a whole any more."""
        told, heard = str(self.info.get("text", "")), "".join(piece.text for piece in self.pieces)
        return heard if heard.startswith(told) else told

    def hear(self, info: Info, at: float, delta: object) -> None:
        """Takes over what is told of it. ``delta`` is the piece that is new, where the version says so."""
        text = info.get("text")
        so_far = "".join(piece.text for piece in self.pieces)
        if isinstance(delta, str):
            self.pieces.append(Piece(at, delta))
        elif isinstance(text, str) and text.startswith(so_far) and len(text) > len(so_far):
            self.pieces.append(Piece(at, text[len(so_far) :]))
        self.info = info


@dataclass(slots=True)
class Refusal:
    """A call that the provider refused."""

    at: float
    words: str
    waited: float = 0.0
    """Seconds until the server called again."""


@dataclass(slots=True)
class RecordedMessage:
    """A message as it last was, and its parts."""

    info: Info
    begun: float
    parts: dict[str, RecordedPart] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    """The calls for this message that the provider refused and the server made again."""

    def ordered(self) -> list[RecordedPart]:
        """The parts by id: the order in which they were made."""
        return [self.parts[key] for key in sorted(self.parts)]


@dataclass(slots=True)
class RecordedSession:
    """A session as it last was, and its messages."""

    id: str
    info: Info = field(default_factory=dict)
    messages: dict[str, RecordedMessage] = field(default_factory=dict)
    named: str | None = None
    """The title that the server gave it after its first prompt."""

    def ordered(self) -> list[RecordedMessage]:
        """The messages by id: the order in which they were made."""
        return [self.messages[key] for key in sorted(self.messages)]

    def answers_to(self, prompt: str) -> list[RecordedMessage]:
        """The assistant messages made for one prompt."""
        return [each for each in self.ordered() if each.info.get("parentID") == prompt]


@dataclass(slots=True)
class Transcript:
    """All sessions that were heard of, in the order in which that was."""

    sessions: dict[str, RecordedSession] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    """The calls that the server asked for leave for."""
    events: int = 0

    def hear(self, kind: str, told: Info, at: float) -> None:
        """Takes in an event. ``at`` is in seconds."""
        self.events += 1
        match kind, told:
            case (("session.created" | "session.updated"), {"info": {"id": str(session)} as info}):
                self._hear_session(self._session(session), info)
            case "message.updated", {"info": {"id": str(message), "sessionID": str(session)} as info}:
                heard = self._message(session, message, at)
                heard.info = {**heard.info, **info}
            case "message.part.updated", {"part": {"id": str(), "sessionID": str(), "messageID": str()} as part}:
                self._hear_part(part, at, told.get("delta"))
            case "message.part.delta", {"field": "text", "delta": str(delta)} if _names_part(told):
                self._hear_delta(told, delta, at)
            case "session.status", {"sessionID": str(session), "status": {"type": "retry", "message": str(words)}}:
                self._refusals(session).append(Refusal(at, words))
            case "session.status", {"sessionID": str(session), "status": {"type": "busy"}}:
                self._hear_new_call(session, at)
            case "permission.asked", {"tool": {"callID": str(call)}}:
                self.asked.add(call)
            case _:
                pass

    @property
    def unfinished(self) -> list[str]:
        """The sessions whose last answer has no end yet."""
        return [
            session.id
            for session in self.sessions.values()
            if (last := next(reversed(session.ordered()), None)) is not None and not _is_over(last)
        ]

    def _session(self, session: str) -> RecordedSession:
        return self.sessions.setdefault(session, RecordedSession(session))

    def _message(self, session: str, message: str, at: float) -> RecordedMessage:
        return self._session(session).messages.setdefault(message, RecordedMessage({}, at))

    def _hear_session(self, session: RecordedSession, info: Info) -> None:
        title, before = info.get("title"), session.info.get("title")
        if isinstance(title, str) and isinstance(before, str) and title != before and _is_default(before):
            session.named = title
        session.info = {**session.info, **info}

    def _hear_part(self, part: Info, at: float, delta: object) -> None:
        parts = self._message(part["sessionID"], part["messageID"], at).parts
        parts.setdefault(part["id"], RecordedPart({}, at)).hear(part, at, delta)

    def _hear_delta(self, told: Info, delta: str, at: float) -> None:
        parts = self._message(told["sessionID"], told["messageID"], at).parts
        parts.setdefault(told["partID"], RecordedPart({}, at)).pieces.append(Piece(at, delta))

    def _hear_new_call(self, session: str, at: float) -> None:
        refusal = next(reversed(self._refusals(session)), None)
        if refusal is not None and not refusal.waited:
            refusal.waited = at - refusal.at

    def _refusals(self, session: str) -> list[Refusal]:
        """Those of the session's newest message."""
        last = next(reversed(self._session(session).ordered()), None)
        return [] if last is None else last.refusals


def _names_part(told: Info) -> TypeGuard[Info]:
    return all(isinstance(told.get(key), str) for key in ("sessionID", "messageID", "partID"))


def _is_default(title: str) -> bool:
    return title.startswith(("New session - ", "Child session - "))


def _is_over(message: RecordedMessage) -> bool:
    if message.info.get("role") == "user":
        return True
    over = "completed" in message.info.get("time", {})
    return over and message.info.get("finish") not in {"tool-calls", "unknown"}


def tools(messages: list[RecordedMessage]) -> Iterator[RecordedPart]:
    """The tool calls of some messages that are over."""
    for message in messages:
        for part in message.ordered():
            if part.info.get("type") == "tool" and part.info.get("state", {}).get("status") in _FINAL:
                yield part
