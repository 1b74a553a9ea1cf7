"""What a requirement is, and how a check becomes one."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from opencode_contract.targets.levels import Level
from opencode_contract.targets.subject import Subject

Check: TypeAlias = Callable[[Subject], Awaitable[None]]

DEADLINE_SECONDS = 60.0
FOR_EVER = "999"
"""Later than every version."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence that a server has to fulfil, and the check of it."""

    id: str
    """Topic and name, such as ``sessions.create-id``."""
    level: Level
    sentence: str
    source: str
    """Where it comes from: a place in the users' document, or what was measured on which versions."""
    scripted: bool
    """Whether the server has to perform the contract's own script: never so on a deployment."""
    since: str | None
    """The first version that it holds for."""
    until: str | None
    """The first version that it holds for no more."""
    unmarked_until: str | None
    """The first version on which all that it creates carries the run's mark; None where it always does."""
    check: Check

    @property
    def topic(self) -> str:
        """The first part of its id."""
        return self.id.partition(".")[0]

    def why_not(self, subject: Subject) -> str | None:
        """Why it does not apply to ``subject``, or None where it does."""
        if self.scripted and not subject.access.scripted:
            return "needs the contract's own script"
        version = _key(subject.version)
        if subject.access.remote and self.unmarked_until is not None and version < _key(self.unmarked_until):
            return "its session could carry no mark, and would stay if the check were killed"
        if self.since is not None and version < _key(self.since):
            return f"holds from version {self.since}"
        if self.until is not None and version >= _key(self.until):
            return f"holds until version {self.until}"
        return None


def requirement(
    id: str,  # noqa: A002 - the word that everybody reads in reports
    level: Level,
    source: str,
    *,
    scripted: bool = False,
    since: str | None = None,
    until: str | None = None,
    unmarked_until: str | None = None,
) -> Callable[[Check], Requirement]:
    """Makes a check a requirement; the first line of its docstring is the sentence."""

    def make(check: Check) -> Requirement:
        sentence = inspect.getdoc(check)
        if not sentence:
            raise ValueError(f"requirement {id} needs a docstring: one sentence that says what has to hold")
        return Requirement(id, level, sentence.splitlines()[0], source, scripted, since, until, unmarked_until, check)

    return make


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split(".") if part.isdigit())
