"""Named steps that a test holds: runs that come to them stand still until it lets them go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from opencode_fake.scripts.steps import Step


@dataclass(frozen=True, slots=True)
class Arrival:
    """A run stands at a step that is held."""

    step: str
    session_id: str


@dataclass(eq=False, slots=True)
class Barrier:
    """One hold on the steps of a name."""

    step: str
    running: bool = False
    """It stands behind the beginning of a tool's work, not before the call."""
    settled: bool = False
    """The test has let the runs go."""
    arrivals: list[Arrival] = field(default_factory=list)
    """The sessions whose runs came to it, in the order of their coming."""

    def note_arrival(self, session_id: str) -> None:
        """A run stands still here; one that is waked for something else comes back and counts once."""
        arrival = Arrival(self.step, session_id)
        if arrival not in self.arrivals:
            self.arrivals.append(arrival)

    def __str__(self) -> str:
        place = f"{self.step!r} while it runs" if self.running else f"before {self.step!r}"
        came = ", ".join(arrival.session_id for arrival in self.arrivals)
        return f"{place}: {came or 'no run came here'}{' (let go)' if self.settled else ''}"


class Barriers:
    """All holds of one server, old ones too. Any thread may add one; the server's looks at them."""

    def __init__(self) -> None:
        self._all: list[Barrier] = []

    def __iter__(self) -> Iterator[Barrier]:
        return iter(self._all)

    def add(self, barrier: Barrier) -> None:
        """From now on runs stand still there."""
        self._all.append(barrier)

    def before(self, step: Step) -> Barrier | None:
        """What keeps a run from a step."""
        return self._at(step, running=False)

    def within(self, step: Step) -> Barrier | None:
        """What keeps a tool from its end."""
        return self._at(step, running=True)

    def _at(self, step: Step, *, running: bool) -> Barrier | None:
        if step.name is None:
            return None
        return next((each for each in self._all if _holds(each, step.name, running=running)), None)


def _holds(barrier: Barrier, name: str, *, running: bool) -> bool:
    return not barrier.settled and (barrier.step, barrier.running) == (name, running)
