"""Holds: a test keeps runs from a named step until it lets them go."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from opencode_fake.scripts.model import Script
from opencode_fake.scripts.steps import is_call
from opencode_fake.server.record import Moment
from opencode_fake.state.barriers import Arrival, Barrier


class UnknownStep(LookupError):
    """The script has no step of this name, or none that can be held like this."""


class Hold:
    """What a test does with the runs that it holds."""

    def __init__(self, barrier: Barrier, moment: Callable[[], Moment[Arrival]], go_on: Callable[[], None]) -> None:
        self._barrier = barrier
        self._moment = moment
        self._go_on = go_on

    def __repr__(self) -> str:
        return f"<Hold {self._barrier}>"

    @property
    def reached(self) -> Moment[Arrival]:
        """The moment at which the first run stands still there: ``await`` it, or call ``wait()``."""
        return self._moment()

    def release(self) -> None:
        """Lets the runs go; those that come later do not stop."""
        self._barrier.settled = True
        self._go_on()


def barrier(script: Script, step: str, *, running: bool) -> Barrier:
    """A hold on the steps of this name. Raises UnknownStep."""
    named = [each for each in script.all_steps() if each.name is not None]
    found = [each for each in named if each.name == step]
    if not found:
        raise UnknownStep(_unknown(step, sorted({f"{each.name}" for each in named})))
    if running and not any(map(is_call, found)):
        raise UnknownStep(f"the step {step!r} calls no tool that could run: leave out 'running'")
    return Barrier(step, running)


def _unknown(step: str, names: list[str]) -> str:
    if not names:
        return f"no step of the script is named {step!r}, none has a name: write one as in tool(..., name={step!r})"
    near = get_close_matches(step, names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"no step of the script is named {step!r}; {hint}there are: {', '.join(names)}"
