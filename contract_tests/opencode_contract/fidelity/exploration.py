"""What the state machine found, if anything."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from opencode_contract.fidelity.compare import Difference
from opencode_contract.fidelity.duo import Duo
from opencode_contract.fidelity.httpx_script import httpx_script
from opencode_contract.fidelity.machine import Stagehand, explore
from opencode_contract.fidelity.stages import Stage


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far the machine goes. The same seed tries the same sequences."""

    sequences: int
    steps: int
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Exploration:
    """How many sequences were tried, and the shortest that shows a difference."""

    bounds: Bounds
    differences: tuple[Difference, ...] = ()
    script: str = ""
    """A program that shows the difference."""


async def exploration(real: Stage, fake: Stage, bounds: Bounds) -> Exploration:
    """Lets the machine act on both stages."""
    hand = Stagehand(await Duo.of(real, fake), asyncio.get_running_loop())
    try:
        found = await asyncio.to_thread(explore, hand, sequences=bounds.sequences, steps=bounds.steps, seed=bounds.seed)
    finally:
        hand.stop()
    if found is None:
        return Exploration(bounds)
    return Exploration(bounds, found.differences, httpx_script(found.steps, found.differences, real.version))
