"""Two scenes that do the same step by step, one on each stage, and wait for each other where they have to wait."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import groupby
from time import monotonic

from opencode_contract.evidence import Json
from opencode_contract.fidelity.background import take_apart
from opencode_contract.fidelity.scene import SETTLING_SECONDS, Scene
from opencode_contract.fidelity.steps import Settle, Step

GLANCE = 0.06
"""How many seconds of silence are enough where both stages have told the same."""


@dataclass(slots=True)
class Pair:
    """The same case on two stages."""

    real: Scene
    fake: Scene
    quiet: float
    """How many seconds nothing must be heard until stages that have not told the same count as settled, too."""

    @property
    def scenes(self) -> tuple[Scene, Scene]:
        """Both."""
        return (self.real, self.fake)

    async def perform(self, *steps: Step) -> None:
        """Does steps on both stages. They wait for each other only where they settle: what is short stays short."""
        for settles, together in groupby(steps, lambda step: isinstance(step, Settle)):
            listed = tuple(together)
            if settles:
                await self.settle(running=all(step.running for step in listed if isinstance(step, Settle)))
            else:
                await asyncio.gather(*(scene.perform(*listed) for scene in self.scenes))

    async def settle(self, *, running: bool = False) -> None:
        """Waits until both are idle (unless they may run on) and have told the same, or are silent for long.

        What one stage has told already the other one has to tell yet, most likely. So there is no need to wait on
        chance where both have told the same, and it pays to be patient where they have not.
        """
        try:
            async with asyncio.timeout(SETTLING_SECONDS):
                while not await self._settled(running=running):
                    pass
        except TimeoutError:
            for scene in self.scenes:
                if await scene.busy():
                    scene.note_unsettled()

    async def finish(self) -> None:
        """Waits until both are idle and silent; nothing that comes late is missed."""
        await asyncio.gather(*(scene.settle() for scene in self.scenes))
        for scene in self.scenes:
            scene.note_events()

    async def close(self) -> None:
        """Gives up what is still under way."""
        await asyncio.gather(*(scene.close() for scene in self.scenes))

    async def _settled(self, *, running: bool) -> bool:
        """Whether all is over; comes back when something is heard, too."""
        heard, since = self._heard(), monotonic()
        agreed = False
        while not agreed and monotonic() - since < self.quiet:
            await asyncio.sleep(GLANCE)
            if heard != self._heard():
                return False
            agreed = self._agree()
        return running or not any(await asyncio.gather(*(scene.busy() for scene in self.scenes)))

    def _heard(self) -> tuple[int, ...]:
        return tuple(len(heard) for scene in self.scenes for heard in scene.heard_on_all)

    def _agree(self) -> bool:
        real, fake = ([take_apart(list[Json](heard)).outline for heard in scene.heard_on_all] for scene in self.scenes)
        return real == fake
