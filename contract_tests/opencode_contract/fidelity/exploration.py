"""Lets the state machine act on two stages, and writes down what it finds."""

from __future__ import annotations

import asyncio

from opencode_contract.fidelity.duo import Duo
from opencode_contract.fidelity.httpx_script import httpx_script
from opencode_contract.fidelity.machine import Stagehand, explore
from opencode_contract.fidelity.outcome import Bounds, Exploration
from opencode_contract.fidelity.stages import Stage


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
