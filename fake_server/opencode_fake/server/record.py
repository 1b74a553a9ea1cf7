"""What happened on one server, kept for tests that ask afterwards, and tests that wait for it."""

from __future__ import annotations

import asyncio
import copy
import threading
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from opencode_fake.run.effects import Event
from opencode_fake.state.store import Message
from opencode_fake.state.wire import MessageWithParts

LIMIT = 10_000
"""Events and prompts that are kept; older ones are dropped."""
PATIENCE = 5.0
"""Seconds that a test waits for something if it does not say how long."""

T = TypeVar("T")


class NotHappened(AssertionError):
    """What a test waited for did not happen in time; the message says what did."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt that was stored: the user message that it became."""

    text: str
    """What the user wrote; files and other parts are in ``message``."""
    session_id: str
    at: int
    """Epoch milliseconds on the server's clock."""
    message: MessageWithParts
    """The message as ``GET /session/{id}/message`` shows it: ``{"info": {...}, "parts": [...]}``."""

    def __str__(self) -> str:
        return f"{self.text!r} to {self.session_id}"


@dataclass(frozen=True, slots=True)
class Happened:
    """An event and when it was told."""

    at: int
    event: Event
    directory: str

    @property
    def type(self) -> str:
        """Its type."""
        return self.event.type


class Moment(Generic[T]):
    """Something that is yet to happen: ``await`` it, or call ``wait()`` in code without an event loop.

    Raises NotHappened when ``timeout`` seconds have passed.
    """

    def __init__(self, future: Future[T], timeout: float, explain: Callable[[], str]) -> None:
        self._future = future
        self._timeout = timeout
        self._explain = explain

    def __await__(self) -> Generator[None, None, T]:
        __tracebackhide__ = True
        return self._awaited().__await__()

    def wait(self) -> T:
        """Blocks until it happens. The server must not run on this thread's own event loop."""
        __tracebackhide__ = True
        try:
            return self._future.result(self._timeout)
        except TimeoutError:
            raise NotHappened(self._explain()) from None

    async def _awaited(self) -> T:
        __tracebackhide__ = True
        try:
            async with asyncio.timeout(self._timeout):
                return await asyncio.wrap_future(self._future)
        except TimeoutError:
            raise NotHappened(self._explain()) from None


@dataclass(eq=False, slots=True)
class _Waiting(Generic[T]):
    look: Callable[[], T | None]
    future: Future[T] = field(default_factory=Future)

    def check(self) -> bool:
        """Whether it is over, one way or the other."""
        if not self.future.done() and (found := self.look()) is not None:
            self.future.set_result(found)
        return self.future.done()


class Record:
    """The prompts and events of one server. Any thread may ask; only the server's writes."""

    def __init__(self) -> None:
        self._events: deque[Happened] = deque(maxlen=LIMIT)
        self._prompts: deque[Prompt] = deque(maxlen=LIMIT)
        self._known: set[str] = set()
        self._waiting: list[_Waiting[object]] = []
        self._lock = threading.RLock()

    @property
    def events(self) -> tuple[Happened, ...]:
        """All that was told, oldest first."""
        with self._lock:
            return tuple(self._events)

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """All prompts that were stored, oldest first."""
        with self._lock:
            return tuple(self._prompts)

    def note_event(self, happened: Happened) -> None:
        """Keeps an event."""
        with self._lock:
            self._events.append(happened)
        self.changed()

    def note_prompt(self, message: Message) -> None:
        """Keeps the prompt that a user message holds, once."""
        info = message.info
        with self._lock:
            if info["id"] in self._known or not message.prompt:
                return
            self._known.add(info["id"])
            at, shown = info["time"]["created"], copy.deepcopy(message.wire())
            self._prompts.append(Prompt(message.prompt, info["sessionID"], at, shown))
        self.changed()

    def changed(self) -> None:
        """Lets those go on whose moment has come."""
        with self._lock:
            self._waiting = [each for each in self._waiting if not each.check()]

    def moment(self, look: Callable[[], T | None], timeout: float, explain: Callable[[], str]) -> Moment[T]:
        """The moment at which ``look`` finds something."""
        waiting = _Waiting(look)
        with self._lock:
            if not waiting.check():
                self._waiting.append(waiting)  # type: ignore[arg-type] # each future is read with its own type again
        return Moment(waiting.future, timeout, explain)
