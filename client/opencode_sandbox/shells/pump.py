"""Reading an event stream in a thread of its own, so that waiting for an event can end at a deadline."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from collections.abc import Iterator

import httpx
from httpx_sse import EventSource

from opencode_sandbox.errors import SandboxError
from opencode_sandbox.failures import failure_of
from opencode_sandbox.models import Event
from opencode_sandbox.shells.exchange import event_of, stream_ended


def events_in(response: httpx.Response, url: str) -> Iterator[Event]:
    """Yield the events of an open stream; however it ends, that is an error."""
    try:
        for frame in EventSource(response).iter_sse():
            yield event_of(frame)
        failure: SandboxError = stream_ended(url)
    except httpx.HTTPError as error:
        failure = failure_of(error, url)
    finally:
        response.close()
    raise failure


class EventPump:
    """Carries events from a stream to whoever waits for them."""

    def __init__(self, response: httpx.Response, url: str) -> None:
        self._response = response
        self._url = url
        self._queue: queue.SimpleQueue[Event | SandboxError] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._carry, name="opencode-events", daemon=True)
        self._thread.start()

    def next(self, within: float) -> Event | None:
        """Return the next event, or None when none came in time."""
        try:
            item = self._queue.get(timeout=within)
        except queue.Empty:
            return None
        if isinstance(item, SandboxError):
            raise item
        return item

    def close(self) -> None:
        """Hang up, which ends the thread."""
        if _hang_up(self._response):
            self._thread.join()

    def _carry(self) -> None:
        last: SandboxError = stream_ended(self._url)
        try:
            for event in events_in(self._response, self._url):
                self._queue.put(event)
        except SandboxError as error:
            last = error
        finally:
            self._queue.put(last)


def _hang_up(response: httpx.Response) -> bool:
    """Shut the socket down, which wakes the reader up; a stream without a socket ends by itself."""
    stream = response.extensions.get("network_stream")
    connection = stream.get_extra_info("socket") if stream is not None else None
    if not isinstance(connection, socket.socket):
        return False
    with contextlib.suppress(OSError):  # the other side was first
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    return True
