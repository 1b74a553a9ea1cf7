"""Drives pairs of stages through the same cases and says how each came out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from opencode_contract.evidence import Json
from opencode_contract.fidelity.accepted import Accepted, reason_for
from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.cast import Cast, complete, essence, performance
from opencode_contract.fidelity.compare import Performance, compare
from opencode_contract.fidelity.outcome import Outcome, Result, VersionReport
from opencode_contract.fidelity.pair import Pair
from opencode_contract.fidelity.scene import PATIENT, QUIET, Seen
from opencode_contract.fidelity.stages import Stage

_T = TypeVar("_T")

TOGETHER = 8
"""Cases that go on at the same time on one pair of stages."""
AGAIN = 2
"""How often a case is performed again that came out different: what differs each time is no chance."""
CALM = 2
"""The same for those that are performed once more."""


@dataclass(frozen=True, slots=True)
class Theatre:
    """A real server and a fake that the same cases are performed on."""

    real: Cast
    fake: Cast
    rules: tuple[Accepted, ...] = ()

    @classmethod
    async def opened(cls, real: Stage, fake: Stage, rules: tuple[Accepted, ...]) -> Theatre:
        """Two stages with what the cases share."""
        theatre = cls(Cast(real), Cast(fake), rules)
        await asyncio.gather(theatre.real.prepare(), theatre.fake.prepare())
        return theatre

    async def judged(self, case: Case, quiet: float) -> Result:
        """How a case comes out; ``quiet`` says when sessions have settled that do not tell the same."""
        pair = Pair(self.real.scene(case, quiet), self.fake.scene(case, quiet), quiet)
        try:
            await pair.perform(*complete(case))
            if case.events:
                await pair.finish()
        finally:
            await pair.close()
        shown = [performance(scene) for scene in pair.scenes]
        return judge(case, self.real.stage.version, shown[0], shown[1], self.fake.unknown, self.rules)

    async def calmly(self, result: Result) -> Result:
        """The result of a case that came out different, performed again with patience. What it does then counts."""
        for _ in range(AGAIN):
            if result.outcome is not Outcome.DIFFERENT:
                break
            result = await self.judged(result.case, PATIENT)
        return result


async def measure(
    stages: Iterable[tuple[Stage, Stage]],
    cases: Iterable[Case],
    accepted: Iterable[Accepted] = (),
    on_result: Callable[[Result], None] = lambda _: None,
) -> VersionReport:
    """Performs all cases, shared out among pairs of stages: many at a time, then those that want to be alone.

    Where a case comes out different it is performed again, calmly and with patience, and that counts: a real server
    under load is late with what it makes in the background, which says nothing about the fake.
    """
    rules, listed = tuple(accepted), tuple(cases)
    theatres = await asyncio.gather(*(Theatre.opened(real, fake, rules) for real, fake in stages))
    results: list[Result] = []
    doubtful: list[Result] = []

    def keep(result: Result) -> None:
        results.append(result)
        on_result(result)

    async def first(theatre: Theatre, case: Case) -> None:
        result = await theatre.judged(case, QUIET)
        if result.good:
            keep(result)
        else:
            doubtful.append(result)

    async def again(theatre: Theatre, result: Result) -> None:
        keep(await theatre.calmly(result))

    async def alone(theatre: Theatre, case: Case) -> None:
        keep(await theatre.calmly(await theatre.judged(case, QUIET)))

    await _shared_out(theatres * TOGETHER, [case for case in listed if not case.alone], first)
    await _shared_out(theatres * CALM, doubtful, again)
    await _shared_out(theatres, [case for case in listed if case.alone], alone)
    places = {case.name: number for number, case in enumerate(listed)}
    ordered = sorted(results, key=lambda result: places[result.case.name])
    return VersionReport(theatres[0].real.stage.version, tuple(ordered))


async def _shared_out(
    theatres: Sequence[Theatre], items: Iterable[_T], work: Callable[[Theatre, _T], Awaitable[None]]
) -> None:
    """Lets each theatre take up the next item as soon as it is free."""
    waiting = iter(items)

    async def busy(theatre: Theatre) -> None:
        for item in waiting:
            await work(theatre, item)

    async with asyncio.TaskGroup() as group:
        for theatre in theatres:
            group.create_task(busy(theatre))


def judge(
    case: Case,
    version: str,
    real: Performance,
    fake: Performance,
    unknown: list[Json],
    accepted: Iterable[Accepted] = (),
) -> Result:
    """How a case came out."""
    differences = compare(real, fake)
    if not differences:
        return Result(case, Outcome.SAME)
    reason = reason_for(accepted, case, version, differences)
    if reason is not None:
        return Result(case, Outcome.ACCEPTED, differences, reason)
    missing = _not_implemented(real.normal, fake.normal, unknown)
    return Result(case, Outcome.NOT_IMPLEMENTED if missing else Outcome.DIFFERENT, differences)


def _not_implemented(real: list[Seen], fake: list[Seen], unknown: list[Json]) -> bool:
    """Whether the fake answers something as an unknown path that the real server does not."""
    return any(
        essence(other.value) in unknown and essence(one.value) not in unknown
        for one, other in zip(real, fake, strict=False)
    )
