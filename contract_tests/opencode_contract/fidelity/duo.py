"""Two stages that do the same step by step: what a state machine acts on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from opencode_contract.fidelity.accepted import accepted_differences
from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.compare import Difference, Performance, compare
from opencode_contract.fidelity.measure import Cast
from opencode_contract.fidelity.normalise import Normaliser
from opencode_contract.fidelity.scene import PATIENT, Scene
from opencode_contract.fidelity.stages import Stage
from opencode_contract.fidelity.steps import Send, Settle, Step, delete, get

QUIET = 0.4


class Duo:
    """Performs each step on both stages, and says where they differ so far."""

    def __init__(self, real: Cast, fake: Cast) -> None:
        self.casts = (real, fake)
        case, version = Case("state-machine", "", "runs", ()), real.stage.version
        self._accepted = [rule for rule in accepted_differences() if rule.fits(case, version)]
        self.steps: list[Step] = []
        """What was done since the last beginning."""
        self._scenes: tuple[Scene, ...] = ()

    @classmethod
    async def of(cls, real: Stage, fake: Stage) -> Duo:
        """Two stages, each asked how it answers an unknown path."""
        duo = cls(Cast(real), Cast(fake))
        await asyncio.gather(*(cast.learn_unknown() for cast in duo.casts))
        return duo

    async def begin(self, quiet: float = QUIET) -> None:
        """Begins anew; what was made before is deleted first."""
        await asyncio.gather(*(_clear(scene) for scene in self._scenes))
        self.steps = []
        self._scenes = tuple(Scene(cast.stage, {}, quiet=quiet) for cast in self.casts)

    async def perform(self, step: Step) -> tuple[Difference, ...]:
        """Does one step on both stages, and compares all that was answered."""
        self.steps.append(step)
        await asyncio.gather(*(scene.perform(step) for scene in self._scenes))
        return self._compared()

    async def finish(self) -> tuple[Difference, ...]:
        """Waits until all is over, and compares what is there in the end and what the events told."""
        names = sorted(name for name, value in self._scenes[0].names.items() if value.startswith("ses_"))
        ending: list[Step] = [Settle()]
        for name in names:
            ending += [get(f"/session/{{{name}}}"), get(f"/session/{{{name}}}/message")]
        for step in ending:
            found = await self.perform(step)
            if found:
                return found
        for scene in self._scenes:
            scene.note_events()
        return self._compared()

    async def confirm(self, steps: Sequence[Step]) -> tuple[Difference, ...]:
        """Does a row of steps once more from the beginning, with patience. What differs then is no chance."""
        await self.begin(PATIENT)
        for step in steps:
            found = await self.perform(step)
            if found:
                return found
        return await self.finish()

    async def implements(self, request: Send) -> bool:
        """Whether the fake answers a request otherwise than an unknown path."""
        return not await self.casts[1].answers_as_unknown(request)

    def _compared(self) -> tuple[Difference, ...]:
        shown = [Performance(tuple(scene.seen), Normaliser(scene.stage.places, scene.known)) for scene in self._scenes]
        return tuple(each for each in compare(*shown) if not any(rule.covers(each) for rule in self._accepted))


async def _clear(scene: Scene) -> None:
    await scene.close()
    for name in [name for name, value in scene.names.items() if value.startswith("ses_")]:
        await scene.perform(Send("POST", f"/session/{{{name}}}/abort", observe=False))
        await scene.perform(delete(f"/session/{{{name}}}"))
