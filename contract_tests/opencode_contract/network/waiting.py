"""Waits for a server that is being started, as machines are that stop when nobody asks them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx

from opencode_contract.network.encounters import Encounter
from opencode_contract.network.patience import LONGEST, SHORTEST, Patience

HEALTH = "/global/health"


async def until_answered(
    ask: Callable[[], Awaitable[httpx.Response]], patience: Patience, *, was_there: bool = False
) -> Encounter | None:
    """Asks until there is an answer without trouble; else the trouble that is left.

    Trouble that does not pass by itself is not waited for, unless the server ``was_there`` before.
    """
    began, pause = time.monotonic(), SHORTEST
    while True:
        encounter = await _look(ask)
        if encounter is None or not (encounter.trouble.passes or was_there):
            return encounter
        waited = time.monotonic() - began
        left, asked_for = patience.seconds - waited, encounter.seconds or 0.0
        if left <= 0 or asked_for > left:
            return encounter
        patience.tell(str(encounter.trouble.name), waited)
        await asyncio.sleep(min(max(pause, asked_for), left))
        pause = min(2 * pause, LONGEST)


async def _look(ask: Callable[[], Awaitable[httpx.Response]]) -> Encounter | None:
    try:
        return Encounter.of_answer(await ask(), HEALTH)
    except httpx.TransportError as problem:
        return Encounter.of_error(problem)
