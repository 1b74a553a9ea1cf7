"""Runs the contract against a target and collects what came of each requirement."""

from __future__ import annotations

import asyncio
import enum
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import httpx

from opencode_contract.errors import RequirementFailed, TargetUnreachable
from opencode_contract.requirements.requirement import DEADLINE_SECONDS, Requirement
from opencode_contract.targets import Level, Subject
from opencode_sandbox import SandboxError

MESSAGE_CHARACTERS = 1000


class Outcome(enum.Enum):
    """What came of a requirement; the value is the word used in reports."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one requirement."""

    requirement: Requirement
    outcome: Outcome
    seconds: float = 0.0
    message: str = ""
    """Why it failed, or was not checked."""
    evidence: str = ""
    """The exchange that shows the failure."""


@dataclass(slots=True)
class Report:
    """What came of the contract on one target."""

    target: str
    version: str = ""
    level: Level = Level.READ
    results: list[Result] = field(default_factory=list)
    seconds: float = 0.0
    left_behind: tuple[str, ...] = ()
    """Sessions that were created and could not be deleted."""

    def count(self, outcome: Outcome) -> int:
        """How many requirements came out like that."""
        return sum(result.outcome is outcome for result in self.results)

    @property
    def failures(self) -> list[Result]:
        """The requirements that failed."""
        return [result for result in self.results if result.outcome is Outcome.FAILED]

    @property
    def holds(self) -> bool:
        """Whether no requirement failed."""
        return not self.failures


async def run_contract(
    target: str,
    opening: AbstractAsyncContextManager[Subject],
    requirements: Sequence[Requirement],
    *,
    level: Level | None = None,
    deadline: float = DEADLINE_SECONDS,
    on_result: Callable[[Result], None] = lambda _: None,
) -> Report:
    """Checks ``requirements`` on what ``opening`` yields, up to ``level`` or else the target's own.

    Raises TargetError when the target cannot be reached, or is gone before the end.
    """
    started = time.monotonic()
    report = Report(target)
    async with opening as subject:
        report.version = subject.redactor.clean(subject.version)
        report.level = level or subject.access.default_level
        for requirement in _in_order(requirements):
            result = await check(requirement, subject, level=report.level, deadline=deadline)
            report.results.append(result)
            on_result(result)
    report.left_behind = subject.left_behind
    report.seconds = time.monotonic() - started
    return report


async def check(
    requirement: Requirement, subject: Subject, *, level: Level, deadline: float = DEADLINE_SECONDS
) -> Result:
    """Checks one requirement on ``subject``."""
    if requirement.level > level:
        return Result(requirement, Outcome.SKIPPED, message=f"level {requirement.level.word} was not asked for")
    reason = requirement.why_not(subject)
    if reason is not None:
        return Result(requirement, Outcome.NOT_APPLICABLE, message=reason)
    started = time.monotonic()
    failure = await _failure(requirement, subject, deadline)
    seconds = time.monotonic() - started
    if failure is None:
        return Result(requirement, Outcome.PASSED, seconds)
    message = subject.redactor.excerpt(failure.message, MESSAGE_CHARACTERS)
    return Result(requirement, Outcome.FAILED, seconds, message, subject.redactor.clean(failure.evidence))


async def _failure(requirement: Requirement, subject: Subject, deadline: float) -> RequirementFailed | None:
    try:
        async with asyncio.timeout(deadline):
            await requirement.check(subject)
    except RequirementFailed as failure:
        # A server that dies breaks requirements as well, but says nothing about the contract.
        await _require_life(subject)
        return failure
    except TimeoutError:
        await _require_life(subject)
        return RequirementFailed(f"this was not done within {deadline:g} s", subject.evidence)
    except (SandboxError, httpx.HTTPError) as problem:
        await _require_life(subject)
        return RequirementFailed(f"{type(problem).__name__}: {problem}", subject.evidence)
    return None


async def _require_life(subject: Subject) -> None:
    try:
        await subject.send("GET", "/global/health")
    except httpx.TransportError as problem:
        raise TargetUnreachable(
            f"{subject.access.url} answered at first and is gone now ({type(problem).__name__}): "
            "the contract was not finished, and nothing can be said about the requirements that are left"
        ) from problem


def _in_order(requirements: Iterable[Requirement]) -> list[Requirement]:
    return sorted(requirements, key=lambda requirement: requirement.level)
