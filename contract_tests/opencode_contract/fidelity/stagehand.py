"""Lets a state machine, which does not know of event loops, act on two stages that live in one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from time import monotonic
from typing import Any, TypeVar

from opencode_contract.fidelity.compare import Difference
from opencode_contract.fidelity.duo import Duo
from opencode_contract.fidelity.outcome import Audience
from opencode_contract.fidelity.steps import Step

_T = TypeVar("_T")

STEP_SECONDS = 90.0
"""Longer than any step takes, unless something hangs."""
CONFIRMING_SECONDS = 600.0
SHRINKING_SECONDS = 60.0
"""How long a shorter sequence is looked for."""


class Diverged(AssertionError):
    """The stages differ, and do so again when the same steps are done once more."""

    def __init__(self, steps: tuple[Step, ...], differences: tuple[Difference, ...]) -> None:
        super().__init__(str(differences[0]))
        self.steps = steps
        self.differences = differences


class Stopped(BaseException):
    """The stages are gone. Passes through Hypothesis as well."""


class Tired(BaseException):
    """A shorter sequence was looked for long enough. Not an error of the machine, so it passes through Hypothesis."""


class Stagehand:
    """Does what the machine wants done, and judges what comes of it."""

    def __init__(self, duo: Duo, loop: asyncio.AbstractEventLoop, audience: Audience) -> None:
        self.duo = duo
        self.steps: list[Step] = []
        """What was done since the last beginning."""
        self.chances: list[Difference] = []
        """Differences that did not come again."""
        self.shortest: Diverged | None = None
        """The best that was found in this round."""
        self._confirmed: dict[str, tuple[Difference, ...]] = {}
        """What was found for which steps. Hypothesis does them again and wants to see the same."""
        self._shrinks_until: float | None = None
        self._loop = loop
        self._audience = audience
        self._stopped = False

    def stop(self) -> None:
        """Nothing more is done: whoever waited for the machine has gone."""
        self._stopped = True

    def begin_round(self) -> None:
        """Forgets what was found."""
        self.shortest = None
        self._confirmed.clear()
        self._shrinks_until = None

    def begin(self) -> None:
        """Begins a new sequence."""
        self.steps = []
        if self._shrinks_until is None:
            self._loop.call_soon_threadsafe(self._audience.begun)
        elif monotonic() > self._shrinks_until:
            raise Tired
        self._wait_for(self.duo.begin(), STEP_SECONDS)

    def perform(self, *steps: Step) -> None:
        """Does steps; raises Diverged where the stages differ, and differ again when all is done once more."""
        self.steps.extend(steps)
        self._judge(self._wait_for(self.duo.perform(*steps), STEP_SECONDS))

    def finish(self) -> None:
        """Ends a sequence; raises Diverged as well."""
        self._judge(self._wait_for(self.duo.finish(), STEP_SECONDS), "in the end")

    def _judge(self, differences: tuple[Difference, ...], when: str = "") -> None:
        if not differences and not self._confirmed:
            return
        steps = tuple(self.steps)
        key = f"{steps} {when}"
        confirmed = self._confirmed.get(key, ())
        if differences and not confirmed:
            confirmed = self._wait_for(self.duo.confirm(steps), CONFIRMING_SECONDS)
            if not confirmed:
                self.chances.append(differences[0])
        if confirmed:
            self._confirmed[key] = confirmed
            if self._shrinks_until is None:
                self._shrinks_until = monotonic() + SHRINKING_SECONDS
                self._loop.call_soon_threadsafe(self._audience.confirmed, confirmed[0])
            found = Diverged(steps, confirmed)
            if self.shortest is None or len(steps) <= len(self.shortest.steps):
                self.shortest = found
            raise found

    def _wait_for(self, work: Coroutine[Any, Any, _T], seconds: float) -> _T:
        if self._stopped:
            work.close()
            raise Stopped("the stages are gone")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)
