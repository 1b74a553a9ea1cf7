"""How a case came out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.compare import Difference


class Outcome(Enum):
    """How a case came out."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_IMPLEMENTED = "not implemented"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Result:
    """A case, and where the stages differ in it."""

    case: Case
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    """Why the differences are accepted."""

    @property
    def good(self) -> bool:
        """Whether nothing is to be done."""
        return self.outcome in {Outcome.SAME, Outcome.ACCEPTED}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far the state machine goes. The same seed tries the same sequences."""

    sequences: int
    steps: int
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What the state machine has found: the shortest sequence that shows a difference."""

    differences: tuple[Difference, ...]
    script: str
    """A program that shows the difference."""


@dataclass(frozen=True, slots=True)
class Exploration:
    """How far the state machine went, and what it found."""

    bounds: Bounds
    findings: tuple[Finding, ...] = ()
    chances: tuple[Difference, ...] = ()
    """Differences that did not come again when the same was done once more."""


@dataclass(frozen=True, slots=True)
class VersionReport:
    """How all cases came out for one version, and what the state machine found."""

    version: str
    results: tuple[Result, ...]
    exploration: Exploration | None = None

    @property
    def holds(self) -> bool:
        """Whether there is no difference but accepted ones."""
        explored = self.exploration is None or not self.exploration.findings
        return explored and all(result.good for result in self.results)

    def count(self, outcome: Outcome) -> int:
        """How many cases came out so."""
        return sum(result.outcome is outcome for result in self.results)


def percentage(results: Iterable[Result]) -> float:
    """The share of cases that are the same or accepted, in per cent."""
    good = [result.good for result in results]
    return 100 * sum(good) / len(good) if good else 100.0


class Audience:
    """Whoever wants to know how an exploration goes."""

    def begun(self) -> None:
        """A sequence begins."""

    def confirmed(self, difference: Difference) -> None:
        """A difference came again; a shorter sequence that shows it is looked for from now on."""

    def found(self, finding: Finding) -> None:
        """The shortest one is found."""
