"""The event streams: every event is encoded once and handed to all readers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from opencode_fake.run.effects import Event, dumps, event

QUEUE = 100_000
"""Frames that wait for one reader; a reader that falls further behind is cut off, as one whose connection broke."""


@dataclass(eq=False, slots=True)
class Reader:
    """One open event stream."""

    directory: str | None
    """The directory it hears of, or None for all of them."""
    frames: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    """What is to be sent; None ends the stream."""

    def offer(self, frame: bytes) -> bool:
        """Hands over a frame. False where the reader is too far behind."""
        try:
            self.frames.put_nowait(frame)
        except asyncio.QueueFull:
            return False
        return True

    def close(self) -> None:
        """Ends the stream, what was not sent yet included."""
        while not self.frames.empty():
            self.frames.get_nowait()
        self.frames.put_nowait(None)


class Streams:
    """All open event streams of one server."""

    def __init__(self) -> None:
        self._readers: set[Reader] = set()
        self.overrun = 0
        """Readers that were cut off because they fell behind."""

    def open(self, directory: str | None) -> Reader:
        """A new stream, its first frame waiting in it. There is no replay of what happened before."""
        reader = Reader(directory)
        reader.offer(self._frame(reader, event("server.connected").json, None))
        self._readers.add(reader)
        return reader

    def drop(self, reader: Reader) -> None:
        """Forgets a stream that ended."""
        self._readers.discard(reader)

    def publish(self, happened: Event, directory: str) -> None:
        """Sends an event of one directory to all who hear of it."""
        own = b"data: " + happened.json.encode() + b"\n\n"
        wrapped: bytes | None = None
        for reader in tuple(self._readers):
            if reader.directory is None:
                wrapped = wrapped or self._frame(reader, happened.json, directory)
                frame = wrapped
            elif reader.directory == directory:
                frame = own
            else:
                continue
            if not reader.offer(frame):
                self.overrun += 1
                reader.close()

    def beat(self, reader: Reader) -> None:
        """Sends a heartbeat."""
        reader.offer(self._frame(reader, event("server.heartbeat").json, None))

    def close(self) -> None:
        """Ends all streams."""
        for reader in tuple(self._readers):
            reader.close()

    @staticmethod
    def _frame(reader: Reader, json: str, directory: str | None) -> bytes:
        if reader.directory is None:
            where = "" if directory is None else f'"directory":{dumps(directory)},'
            json = f'{{{where}"payload":{json}}}'
        return f"data: {json}\n\n".encode()
