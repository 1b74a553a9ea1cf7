"""Time is a value: a clock says what time it is and lets a delay pass.

``VirtualClock`` (the default) lets delays cost no real time while they still pass in the timestamps; ``RealClock`` is
the machine's; ``ManualClock`` stands still until a test moves it.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from itertools import count
from typing import Protocol, TypeAlias

DOCUMENT_TIME = 1_738_277_785_043
"""2025-01-30T22:56:25.043Z, the time in the document's example: where a virtual clock starts."""


_Sleeper: TypeAlias = tuple[int, int, asyncio.Future[None]]


class Clock(Protocol):
    """What tells the time of one fake server."""

    def now(self) -> int:
        """Epoch milliseconds."""
        ...

    @property
    def current(self) -> int:
        """The same, for whoever only looks: a clock that moves on with each reading does not."""
        ...

    async def sleep(self, seconds: float, *, endless: bool = False) -> None:
        """Returns when ``seconds`` have passed on this clock.

        ``endless`` says that nothing will have changed by then, so that a clock that jumps may stand still instead.
        """

    async def interval(self, seconds: float) -> None:
        """Like ``sleep``, for what repeats in the background and must not move the time itself (heartbeats)."""


class RealClock:
    """The machine's clock."""

    def now(self) -> int:
        """Epoch milliseconds."""
        return time.time_ns() // 1_000_000

    @property
    def current(self) -> int:
        """The same."""
        return self.now()

    async def sleep(self, seconds: float, *, endless: bool = False) -> None:  # noqa: ARG002 - real time never jumps
        """Sleeps for real."""
        await asyncio.sleep(seconds)

    async def interval(self, seconds: float) -> None:
        """Sleeps for real."""
        await asyncio.sleep(seconds)


class VirtualClock:
    """A clock that jumps to the next delay's end as soon as somebody waits for it.

    Concurrent delays end in the order of their ends. Every reading is one millisecond later than the one before, so
    that what happened first also has the earlier timestamp.
    """

    def __init__(self, start: int = DOCUMENT_TIME) -> None:
        self._now = start
        self._order = count()
        self._sleepers: list[_Sleeper] = []
        self._intervals: list[_Sleeper] = []

    def now(self) -> int:
        """Epoch milliseconds; each call is a millisecond later than the one before."""
        self._now += 1
        return self._now

    @property
    def current(self) -> int:
        """The last reading, or the moment that the time was moved to since."""
        return self._now

    async def sleep(self, seconds: float, *, endless: bool = False) -> None:
        """Lets ``seconds`` pass in no real time, or waits for a cancellation where that is endless."""
        if endless:
            await asyncio.Event().wait()
        asyncio.get_running_loop().call_soon(self._jump)
        await self._queue(self._sleepers, seconds)

    async def interval(self, seconds: float) -> None:
        """Returns when the time was moved past ``seconds``, or when they passed for real."""
        try:
            async with asyncio.timeout(seconds):
                await self._queue(self._intervals, seconds)
        except TimeoutError:
            return

    def _queue(self, queue: list[_Sleeper], seconds: float) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(queue, (self._now + round(seconds * 1000), next(self._order), future))
        return future

    def _jump(self) -> None:
        """Moves the time to the next sleeper's end and wakes it."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        if self._sleepers:
            self._move_to(self._sleepers[0][0])

    def _move_to(self, moment: int) -> None:
        self._now = max(self._now, moment)
        for queue in (self._sleepers, self._intervals):
            while queue and queue[0][0] <= self._now:
                future = heapq.heappop(queue)[2]
                if not future.done():
                    future.set_result(None)


_SETTLE = 20
"""Turns of the event loop between two delays: more than a run takes from the end of one to the start of the next."""


class ManualClock(VirtualClock):
    """A virtual clock that stands still until a test moves it."""

    async def sleep(self, seconds: float, *, endless: bool = False) -> None:  # noqa: ARG002 - stepped like any other
        """Waits until the time was moved past ``seconds``."""
        await self._queue(self._sleepers, seconds)

    async def advance(self, seconds: float) -> None:
        """Lets ``seconds`` pass, delay by delay. Runs on the server's event loop."""
        if not seconds >= 0:
            raise ValueError(f"time cannot be moved by {seconds} seconds: write how many pass, 0 or more")
        target = self._now + round(seconds * 1000)
        await _settle()
        while (moment := self._next_end()) is not None and moment <= target:
            self._move_to(moment)
            await _settle()
        self._move_to(target)
        await _settle()

    def _next_end(self) -> int | None:
        ends = [queue[0][0] for queue in (self._sleepers, self._intervals) if queue]
        return min(ends, default=None)


async def _settle() -> None:
    for _ in range(_SETTLE):
        await asyncio.sleep(0)
