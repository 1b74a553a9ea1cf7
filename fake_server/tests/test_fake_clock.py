"""The clocks."""

from __future__ import annotations

import asyncio

from opencode_fake.clock import DOCUMENT_TIME, ManualClock, RealClock, VirtualClock


async def test_a_delay_passes_on_the_virtual_clock_and_not_on_the_machine() -> None:
    """A year goes by inside one test."""
    clock = VirtualClock()
    before = clock.now()
    await clock.sleep(365 * 24 * 3600)
    assert clock.now() - before >= 365 * 24 * 3600 * 1000


async def test_readings_of_the_virtual_clock_never_repeat() -> None:
    """What happened first has the earlier timestamp, so that sorting by time is sorting by order."""
    clock = VirtualClock()
    readings = [clock.now() for _ in range(5)]
    assert readings == sorted(set(readings))
    assert readings[0] > DOCUMENT_TIME


async def test_concurrent_delays_end_in_the_order_of_their_ends() -> None:
    """The longer delay was asked for first and ends last."""
    clock = VirtualClock()
    ended: list[str] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        ended.append(name)

    await asyncio.gather(sleeper("long", 600), sleeper("short", 1), sleeper("middle", 60))
    assert ended == ["short", "middle", "long"]


async def test_an_endless_wait_does_not_move_the_virtual_clock() -> None:
    """Nothing would have changed by then, so that jumping would only turn in circles."""
    clock = VirtualClock()
    waiting = asyncio.ensure_future(clock.sleep(1, endless=True))
    await clock.sleep(3600)
    assert not waiting.done()
    waiting.cancel()


async def test_an_interval_ends_when_the_time_is_moved_past_it() -> None:
    """Heartbeats follow the time, they do not drive it."""
    clock = VirtualClock()
    beat = asyncio.ensure_future(clock.interval(30))
    await asyncio.sleep(0)
    assert not beat.done()
    await clock.sleep(31)
    await beat


async def test_the_manual_clock_moves_delay_by_delay() -> None:
    """Two delays in a row end inside one advance, and not before their time."""
    clock = ManualClock()
    seen: list[int] = []
    start = clock.now()

    async def two_delays() -> None:
        for _ in range(2):
            await clock.sleep(10)
            seen.append(round((clock.now() - start) / 1000))

    task = asyncio.ensure_future(two_delays())
    await clock.advance(9)
    assert seen == []
    await clock.advance(12)
    assert seen == [10, 20]
    await task


async def test_the_real_clock_tells_epoch_milliseconds() -> None:
    """Later than the day this was written."""
    clock = RealClock()
    await clock.sleep(0)
    await clock.interval(0)
    assert clock.now() > 1_700_000_000_000
