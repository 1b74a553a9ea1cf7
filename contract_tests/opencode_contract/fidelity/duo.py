"""Two stages that do the same step by step: what a state machine acts on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from opencode_contract.fidelity.accepted import accepted_differences
from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.compare import Difference, Performance, Unfolding, compare
from opencode_contract.fidelity.normalise import Normaliser
from opencode_contract.fidelity.pair import Pair
from opencode_contract.fidelity.scene import PATIENT, QUIET, Scene
from opencode_contract.fidelity.stages import Stage
from opencode_contract.fidelity.steps import Send, Step, delete, get


class Duo:
    """Performs each step on both stages, and says where they differ so far."""

    def __init__(self, real: Stage, fake: Stage) -> None:
        self.stages = (real, fake)
        case = Case("state-machine", "", "runs", ())
        self._accepted = [rule for rule in accepted_differences() if rule.fits(case, real.version)]
        self._pair: Pair | None = None
        self._normalisers: tuple[Normaliser, ...] = ()
        self._unfolding: Unfolding

    async def begin(self) -> None:
        """Begins anew; what was made before is deleted first."""
        if self._pair is not None:
            await asyncio.gather(*(_clear(scene) for scene in self._pair.scenes))
        real, fake = (Scene(stage, {}, quiet=QUIET) for stage in self.stages)
        self._pair = Pair(real, fake, PATIENT)
        self._normalisers = tuple(Normaliser(scene.stage.places, frozenset()) for scene in self._pair.scenes)
        self._unfolding = Unfolding(*self._normalisers)

    async def perform(self, *steps: Step) -> tuple[Difference, ...]:
        """Does steps on both stages; says where they differ in what is answered."""
        await self.pair.perform(*steps)
        return self._differences()

    async def finish(self) -> tuple[Difference, ...]:
        """Waits until all is over, and compares what is there in the end and what the events told."""
        names = sorted(name for name, value in self.pair.real.names.items() if value.startswith("ses_"))
        ending = [get(f"/session/{{{name}}}{path}") for name in names for path in ("", "/message")]
        await self.pair.settle()
        found = await self.perform(*ending)
        if found:
            return found
        await self.pair.finish()
        shown = [Performance(scene.seen, Normaliser(scene.stage.places, scene.known)) for scene in self.pair.scenes]
        return self._not_accepted(compare(*shown))

    async def confirm(self, steps: Sequence[Step]) -> tuple[Difference, ...]:
        """Does a row of steps once more from the beginning. What differs then is no chance."""
        await self.begin()
        for step in steps:
            found = await self.perform(step)
            if found:
                return found
        return await self.finish()

    @property
    def pair(self) -> Pair:
        """The scenes of the current beginning."""
        if self._pair is None:
            raise RuntimeError("begin() comes first")
        return self._pair

    def _differences(self) -> tuple[Difference, ...]:
        for normaliser, scene in zip(self._normalisers, self.pair.scenes, strict=True):
            normaliser.sessions = scene.known
        return self._not_accepted(self._unfolding.differences(self.pair.real.seen, self.pair.fake.seen))

    def _not_accepted(self, found: Sequence[Difference]) -> tuple[Difference, ...]:
        return tuple(each for each in found if not any(rule.covers(each) for rule in self._accepted))


async def _clear(scene: Scene) -> None:
    await scene.close()
    for name in [name for name, value in scene.names.items() if value.startswith("ses_")]:
        await scene.perform(Send("POST", f"/session/{{{name}}}/abort", observe=False))
        await scene.perform(delete(f"/session/{{{name}}}"))
