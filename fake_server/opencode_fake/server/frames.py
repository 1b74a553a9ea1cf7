"""How an event is written to a stream, in the manner of a version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from opencode_fake.run.effects import Event, dumps
from opencode_fake.versions import Behaviours

_KEPT_FROM_READERS = frozenset({
    "session.created",
    "session.deleted",
    "message.updated",
    "message.removed",
    "message.part.updated",
    "message.part.removed",
    "session.next.agent.switched",
    "session.next.model.switched",
})  # fmt: skip
"""What 1.15.0 forgets to send to the streams of a directory."""


@dataclass(slots=True)
class Writer:
    """Writes the frames of one server."""

    behaviours: Behaviours
    project: Callable[[str], str]
    """The project of a directory."""
    new_id: Callable[[], str]
    _numbers: dict[str, int] = field(default_factory=dict)

    def letter(self, happened: Event, directory: str | None = None) -> Letter:
        """An event that is about to be sent: its id and its number in the history are given now."""
        event_id = self.new_id() if self.behaviours.events_have_ids else ""
        number = 0
        if self.behaviours.history_is_sent and happened.history is not None:
            number = self._numbers.get(happened.history, 0)
            self._numbers[happened.history] = number + 1
        return Letter(self, happened, directory, event_id, number)


@dataclass(frozen=True, slots=True)
class Letter:
    """One event on its way to the streams."""

    writer: Writer
    happened: Event
    directory: str | None
    event_id: str
    number: int

    def own(self) -> bytes | None:
        """The frame for the streams of the event's own directory; None where the version forgets it."""
        return None if self._is_lost() else _frame(self._payload())

    def everywhere(self) -> bytes:
        """The frames for the streams of all directories."""
        return b"".join(_frame(f'{{{self._where()}"payload":{payload}}}') for payload in self._payloads())

    def _is_lost(self) -> bool:
        match self.writer.behaviours.stream_lacks:
            case "nothing":
                return False
            case "history":
                return self.happened.type in _KEPT_FROM_READERS
            case "everything":
                return self.happened.type != "server.connected"

    def _payloads(self) -> Iterator[str]:
        yield self._payload()
        if self.writer.behaviours.history_is_sent and self.happened.history is not None:
            yield self._history(self.happened.history)

    def _payload(self) -> str:
        own_id = f'"id":"{self.event_id}",' if self.event_id else ""
        return f'{{{own_id}"type":"{self.happened.type}","properties":{self.happened.body}}}'

    def _history(self, session_id: str) -> str:
        numbered = self.writer.behaviours.history_is_numbered
        kept = self.happened.body if numbered else self.happened.change or self.happened.body
        own_id = f'"id":"{self.event_id}"'
        entry = (
            f'{{"type":"{self.happened.type}.1",{own_id},"seq":{self.number if numbered else 0},'
            f'"aggregateID":"{session_id}","data":{kept}}}'
        )
        return f'{{"type":"sync","syncEvent":{entry},{own_id}}}'

    def _where(self) -> str:
        if self.directory is None:
            return ""
        where = f'"directory":{dumps(self.directory)},'
        if self.writer.behaviours.events_have_ids:
            where += f'"project":{dumps(self.writer.project(self.directory))},'
        return where


def _frame(text: str) -> bytes:
    return f"data: {text}\n\n".encode()
