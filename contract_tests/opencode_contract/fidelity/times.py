"""Compares the order of times, which are real on every stage and so never the same.

Three rules. A time that is clearly earlier than another one on one stage is not clearly later on the other; "clearly"
means by more than ``SLACK`` milliseconds. And where a field of a thing keeps its time on the real server, it does not
change by more than that on the fake; where it keeps it on the fake, not by more than ``APART`` on the real server,
since the fake does in one millisecond what takes a real server some. (Each event is a thing of its own.) And two
fields of one thing that hold the very same time on one stage are not more than ``APART`` apart on the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from opencode_contract.fidelity.normalise import EVENT_ID, Moment

SLACK = 60
APART = 1000


def order_differences(real: Sequence[Moment], fake: Sequence[Moment]) -> Iterator[tuple[str, str, str]]:
    """Where the order of times differs: the places, and what each stage says. The sequences show the same fields."""
    pairs = list(zip(real, fake, strict=True))
    yield from _inversions(pairs)
    yield from _kept(pairs)
    yield from _torn(pairs)


def _inversions(pairs: Sequence[tuple[Moment, Moment]]) -> Iterator[tuple[str, str, str]]:
    by_real = sorted(pairs, key=lambda pair: pair[0].at)
    latest: tuple[Moment, Moment] | None = None
    behind = 0
    for each in by_real:
        while by_real[behind][0].at < each[0].at - SLACK:
            if latest is None or by_real[behind][1].at > latest[1].at:
                latest = by_real[behind]
            behind += 1
        if latest is not None and latest[1].at > each[1].at + SLACK:
            yield f"{latest[0].field} before {each[0].field}", "earlier", "later"
            return


def _kept(pairs: Sequence[tuple[Moment, Moment]]) -> Iterator[tuple[str, str, str]]:
    last: dict[str, tuple[Moment, Moment]] = {}
    for real, fake in pairs:
        before = last.get(real.field)
        last[real.field] = (real, fake)
        if before is None or real.field.startswith(EVENT_ID):
            continue
        changed = (real.at - before[0].at, fake.at - before[1].at)
        if (changed[0] == 0 and abs(changed[1]) > SLACK) or (changed[1] == 0 and abs(changed[0]) > APART):
            kept, moved = "stays as it was", "changes"
            yield real.field, (moved if changed[0] else kept), (moved if changed[1] else kept)
            return


def _torn(pairs: Sequence[tuple[Moment, Moment]]) -> Iterator[tuple[str, str, str]]:
    neighbours: dict[str, tuple[Moment, Moment]] = {}
    for real, fake in pairs:
        thing = real.field.partition(" ")[0]
        before = neighbours.get(thing)
        neighbours[thing] = (real, fake)
        if before is None or before[0].field == real.field:
            continue
        apart = (abs(real.at - before[0].at), abs(fake.at - before[1].at))
        if 0 in apart and max(apart) > APART:
            together, torn = "the same", "more than a second apart"
            places = f"{before[0].field} and {real.field}"
            yield places, (torn if apart[0] else together), (torn if apart[1] else together)
            return
