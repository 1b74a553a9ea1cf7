"""Ctrl-C and other signals: whatever ends this program, the sessions, servers and files that it has made go first."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

_T = TypeVar("_T")


class Interrupted(BaseException):
    """A signal asked this program to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


@contextmanager
def interruptible() -> Iterator[None]:
    """Makes the signals that end a program raise Interrupted, so that everything is cleaned up on the way out."""

    def interrupt(number: int, _: FrameType | None) -> None:
        raise Interrupted(number)

    before = {number: signal.signal(number, interrupt) for number in _signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Runs ``work``; a signal cancels it, and it has the time that it needs to clean up."""
    received: list[int] = []

    async def supervised() -> _T:
        task = asyncio.ensure_future(work)

        def interrupt(number: int) -> None:
            received.append(number)
            task.cancel()

        if sys.platform != "win32":
            for number in _signals():
                asyncio.get_running_loop().add_signal_handler(number, interrupt, number)
        return await task

    try:
        return asyncio.run(supervised())
    except asyncio.CancelledError:
        raise Interrupted(received[0] if received else signal.SIGINT) from None


def _signals() -> tuple[signal.Signals, ...]:
    if sys.platform == "win32":
        return (signal.SIGINT, signal.SIGTERM)
    return (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
