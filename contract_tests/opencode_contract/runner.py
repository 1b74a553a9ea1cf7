"""Runs the contract against a target and collects what came of each requirement."""

from __future__ import annotations

import asyncio
import enum
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import httpx

from opencode_contract.errors import BudgetExhausted, NetworkFailed, RequirementFailed, TargetUnreachable
from opencode_contract.requirements.requirement import DEADLINE_SECONDS, Requirement
from opencode_contract.safety.budget import Limits
from opencode_contract.targets import Level, Subject
from opencode_sandbox import SandboxError

MESSAGE_CHARACTERS = 1000


class Outcome(enum.Enum):
    """What came of a requirement; the value is the word used in reports."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"
    SKIPPED = "skipped"
    NOT_CHECKED = "not checked"
    """The network was in the way."""


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
    mark: str = ""
    """What all of its sessions carried."""
    prompts: int = 0
    cost: float = 0.0
    """What the prompts have cost in USD, as the server's messages tell."""
    limits: Limits = field(default_factory=Limits)

    def count(self, outcome: Outcome) -> int:
        """How many requirements came out like that."""
        return sum(result.outcome is outcome for result in self.results)

    @property
    def failures(self) -> list[Result]:
        """The requirements that failed."""
        return [result for result in self.results if result.outcome is Outcome.FAILED]

    @property
    def unchecked(self) -> list[Result]:
        """The requirements that the network kept from being checked."""
        return [result for result in self.results if result.outcome is Outcome.NOT_CHECKED]

    @property
    def holds(self) -> bool:
        """Whether no requirement failed, and none was kept from being checked."""
        return not self.failures and not self.unchecked


async def _nothing(_subject: Subject, _level: Level) -> None:
    pass


async def run_contract(
    target: str,
    opening: AbstractAsyncContextManager[Subject],
    requirements: Sequence[Requirement],
    *,
    level: Level | None = None,
    deadline: float = DEADLINE_SECONDS,
    before: Callable[[Subject, Level], Awaitable[None]] = _nothing,
    on_result: Callable[[Result], None] = lambda _: None,
) -> Report:
    """Checks ``requirements`` on what ``opening`` yields, up to ``level`` or else the target's own.

    ``before`` is awaited when the target is open and nothing was done to it. Raises TargetError when the target cannot
    be reached; where it is gone before the end, the rest is not checked.
    """
    started = time.monotonic()
    report = Report(target)
    waiting = _in_order(requirements)
    subject: Subject | None = None
    try:
        async with opening as subject:
            report.version = subject.redactor.clean(subject.version)
            report.level = level or subject.access.default_level
            report.mark, report.limits = str(subject.mark), subject.access.limits
            await before(subject, report.level)
            while waiting:
                report.results.append(await check(waiting[0], subject, level=report.level, deadline=deadline))
                on_result(report.results[-1])
                del waiting[0]
    except TargetUnreachable as problem:
        if subject is None:
            raise
        report.results += [Result(each, Outcome.NOT_CHECKED, message=str(problem)) for each in waiting]
    report.left_behind = subject.left_behind
    report.prompts, report.cost = subject.budget.prompts, subject.budget.spent
    report.seconds = time.monotonic() - started
    return report


async def check(
    requirement: Requirement, subject: Subject, *, level: Level, deadline: float = DEADLINE_SECONDS
) -> Result:
    """Checks one requirement on ``subject``; once more where the network was in the way and is well again."""
    if requirement.level > level:
        return Result(requirement, Outcome.SKIPPED, message=f"level {requirement.level.word} was not asked for")
    reason = requirement.why_not(subject)
    if reason is not None:
        return Result(requirement, Outcome.NOT_APPLICABLE, message=reason)
    result = await _try(requirement, subject, deadline)
    return await _try(requirement, subject, deadline) if result.outcome is Outcome.NOT_CHECKED else result


async def _try(requirement: Requirement, subject: Subject, deadline: float) -> Result:
    started, troubles = time.monotonic(), subject.encounters.count
    try:
        failure = await _failure(requirement, subject, deadline)
    except BudgetExhausted as problem:
        return Result(requirement, Outcome.SKIPPED, time.monotonic() - started, str(problem))
    seconds = time.monotonic() - started
    if failure is None:
        return Result(requirement, Outcome.PASSED, seconds)
    trouble = await subject.trouble_since(troubles)
    if trouble is not None:
        left = await subject.recovered_from(trouble)
        if left is not None:
            raise _gone(subject, str(left))
        return Result(requirement, Outcome.NOT_CHECKED, seconds, subject.redactor.clean(f"the network: {trouble}"))
    message = subject.redactor.excerpt(failure.message, MESSAGE_CHARACTERS)
    return Result(requirement, Outcome.FAILED, seconds, message, subject.redactor.clean(failure.evidence))


async def _failure(requirement: Requirement, subject: Subject, deadline: float) -> RequirementFailed | None:
    try:
        async with asyncio.timeout(deadline):
            await requirement.check(subject)
    except RequirementFailed as failure:
        problem = failure
    except TimeoutError:
        problem = RequirementFailed(f"this was not done within {deadline:g} s", subject.evidence)
    except (SandboxError, httpx.HTTPError) as error:
        problem = RequirementFailed(f"{type(error).__name__}: {error}", subject.evidence)
    else:
        return None
    if not subject.access.remote:
        # A server that dies breaks requirements as well, but says nothing about the contract.
        await _require_life(subject)
    return problem


async def _require_life(subject: Subject) -> None:
    try:
        await subject.backstage.send("GET", "/global/health")
    except httpx.TransportError as problem:
        raise _gone(subject, type(problem).__name__) from problem


def _gone(subject: Subject, reason: str) -> TargetUnreachable:
    return NetworkFailed(
        subject.redactor.clean(
            f"{subject.access.url} answered at first and is gone now: {reason}. "
            "The contract was not finished, and nothing can be said about the requirements that are left"
        )
    )


def _in_order(requirements: Iterable[Requirement]) -> list[Requirement]:
    return sorted(requirements, key=lambda requirement: requirement.level)
