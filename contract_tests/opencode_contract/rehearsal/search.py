"""Looks for a path of versions along which data survives. Pure: whether a step works is somebody else's to try."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeAlias

from opencode_fake.versions import Version

Path: TypeAlias = tuple[str, ...]
"""Versions in the order in which they are started on the data."""
Step: TypeAlias = Callable[[Path], Awaitable[bool]]
"""Whether everything is there when the last version starts on what the ones before have left."""

STOPOVERS = 2


async def find_path(
    start: str, goal: str, between: Sequence[str], step: Step, stopovers: int = STOPOVERS
) -> Path | None:
    """The first path that works, with as few versions on the way as can be; the newest are tried first.

    A version on the way that does not show everything is not gone on from: nobody should be told to stop there.
    """
    good: list[Path] = [(start,)]
    for length in range(stopovers + 1):
        further: list[Path] = []
        async for prefix in _prefixes(good, goal, between, step) if length else _as_they_are(good):
            if await step((*prefix, goal)):
                return (*prefix, goal)
            further.append(prefix)
        good = further
    return None


def versions_between(start: str, goal: str, known: Sequence[str]) -> tuple[str, ...]:
    """Those of ``known`` that lie between two versions, newest first."""
    low, high = sorted((Version(start), Version(goal)))
    found = sorted({version for version in map(Version, known) if low < version < high}, reverse=True)
    return tuple(version.text for version in found)


def spread(versions: Sequence[str], most: int) -> tuple[str, ...]:
    """At most so many of them, evenly spread."""
    if len(versions) <= most:
        return tuple(versions)
    return tuple(versions[round(number * (len(versions) - 1) / (most - 1))] for number in range(most))


async def _as_they_are(paths: Sequence[Path]) -> AsyncIterator[Path]:
    for path in paths:
        yield path


async def _prefixes(paths: Sequence[Path], goal: str, between: Sequence[str], step: Step) -> AsyncIterator[Path]:
    for path in paths:
        # A path leads one way only.
        for version in versions_between(path[-1], goal, between):
            if await step((*path, version)):
                yield (*path, version)
