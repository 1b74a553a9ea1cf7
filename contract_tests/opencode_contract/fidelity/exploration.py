"""Lets the state machine act on stages, several at a time, and writes down what it finds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil

from opencode_contract.fidelity.compare import Difference
from opencode_contract.fidelity.duo import Duo
from opencode_contract.fidelity.httpx_script import httpx_script
from opencode_contract.fidelity.machine import explore
from opencode_contract.fidelity.outcome import Audience, Bounds, Exploration, Finding
from opencode_contract.fidelity.stagehand import Stagehand
from opencode_contract.fidelity.stages import Stage

SHORTEST, LONGEST = 5, 25
"""Of how many sequences a round is at least and at most."""
ROUNDS = 4
"""Into how many rounds a few sequences are cut: so many servers can share them."""
ENOUGH = 5
"""After so many findings nothing new is begun."""


@dataclass(frozen=True, slots=True)
class Round:
    """Some of the sequences, from a seed of their own."""

    sequences: int
    seed: int


def rounds(bounds: Bounds) -> tuple[Round, ...]:
    """The rounds that a number of sequences is tried in: the same whoever does them."""
    size = max(SHORTEST, min(LONGEST, ceil(bounds.sequences / ROUNDS)))
    begun = range(0, bounds.sequences, size)
    return tuple(
        Round(min(size, bounds.sequences - done), bounds.seed * 1000 + number) for number, done in enumerate(begun)
    )


@dataclass(slots=True)
class Explorer:
    """Hands out the rounds and keeps what was found."""

    bounds: Bounds
    audience: Audience
    left: Iterator[Round] = field(init=False)
    findings: list[Finding] = field(default_factory=list)
    chances: list[Difference] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.left = iter(rounds(self.bounds))

    async def explore(self, real: Stage, fake: Stage) -> None:
        """Does rounds on two stages until none is left, or enough was found."""
        hand = Stagehand(Duo(real, fake), asyncio.get_running_loop(), self.audience)
        try:
            for each in self.left:
                if len(self.findings) >= ENOUGH:
                    return
                hand.begin_round()
                steps = self.bounds.steps
                found = await asyncio.to_thread(explore, hand, sequences=each.sequences, steps=steps, seed=each.seed)
                if found is not None:
                    script = httpx_script(found.steps, found.differences, real.version)
                    self.findings.append(Finding(found.differences, script))
                    self.audience.found(self.findings[-1])
        finally:
            hand.stop()
            self.chances += hand.chances


async def exploration(
    stages: Sequence[tuple[Stage, Stage]], bounds: Bounds, audience: Audience | None = None
) -> Exploration:
    """Lets the machine act on pairs of stages."""
    explorer = Explorer(bounds, audience or Audience())
    async with asyncio.TaskGroup() as group:
        for real, fake in stages:
            group.create_task(explorer.explore(real, fake))
    return Exploration(bounds, tuple(explorer.findings), tuple(explorer.chances))
