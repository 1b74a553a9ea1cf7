"""The event streams: every event is encoded once and handed to all readers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from opencode_fake.run.effects import Event, event
from opencode_fake.server.frames import Letter, Writer
from opencode_fake.versions import Behaviours

QUEUE = 100_000
"""Frames that wait for one reader; a reader that falls further behind is cut off, as one whose connection broke."""


def stream_headers(behaviours: Behaviours) -> dict[str, str]:
    """The headers of an event stream."""
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    if behaviours.streams_unbuffered:
        headers |= {"X-Content-Type-Options": "nosniff", "X-Accel-Buffering": "no"}
    if behaviours.streams_untransformed:
        return headers | {"Cache-Control": "no-cache, no-transform"}
    return headers | {"Connection": "keep-alive"}


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

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._readers: set[Reader] = set()
        self.overrun = 0
        """Readers that were cut off because they fell behind."""

    def open(self, directory: str | None) -> Reader:
        """A new stream, its first frame waiting in it. There is no replay of what happened before."""
        reader = Reader(directory)
        self._send(reader, self._writer.letter(event("server.connected")))
        self._readers.add(reader)
        return reader

    def drop(self, reader: Reader) -> None:
        """Forgets a stream that ended."""
        self._readers.discard(reader)

    def publish(self, happened: Event, directory: str) -> None:
        """Sends an event of one directory to all who hear of it."""
        letter = self._writer.letter(happened, directory)
        own: bytes | None = None
        everywhere: bytes | None = None
        for reader in tuple(self._readers):
            if reader.directory is None:
                everywhere = everywhere or letter.everywhere()
                frame: bytes | None = everywhere
            elif reader.directory == directory:
                own = own or letter.own()
                frame = own
            else:
                continue
            if frame is not None and not reader.offer(frame):
                self.overrun += 1
                reader.close()

    def beat(self, reader: Reader) -> None:
        """Sends a heartbeat."""
        self._send(reader, self._writer.letter(event("server.heartbeat")))

    def close(self) -> None:
        """Ends all streams."""
        for reader in tuple(self._readers):
            reader.close()

    @staticmethod
    def _send(reader: Reader, letter: Letter) -> None:
        frame = letter.everywhere() if reader.directory is None else letter.own()
        if frame is not None:
            reader.offer(frame)
