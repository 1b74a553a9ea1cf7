"""A server under the contract, for as long as a session of pytest runs."""

from __future__ import annotations

import asyncio
import os
import warnings
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import NoReturn

import pytest

from opencode_contract.errors import TargetError
from opencode_contract.reports import left_behind
from opencode_contract.requirements import Requirement
from opencode_contract.runner import Outcome, check
from opencode_contract.targets import Level, Subject, parse_target

VARIABLE = "OPENCODE_CONTRACT_TARGET"


class SessionLeftBehind(UserWarning):
    """A session that the contract has created could not be deleted."""


class ContractRun:
    """Checks requirements one by one, in an event loop of its own: whatever plugins there are for asyncio."""

    def __init__(self, tests: pytest.Session, runner: asyncio.Runner, subject: Subject, level: Level) -> None:
        self._tests = tests
        self._runner = runner
        self._subject = subject
        self._level = level

    def check(self, requirement: Requirement) -> None:
        """Fails the test, or skips it, as the requirement comes out."""
        try:
            result = self._runner.run(check(requirement, self._subject, level=self._level))
        except TargetError as problem:
            stop_tests(self._tests, problem)
        match result.outcome:
            case Outcome.FAILED:
                pytest.fail(f"{requirement.sentence}\n{result.message}\n{result.evidence}", pytrace=False)
            case Outcome.SKIPPED | Outcome.NOT_APPLICABLE | Outcome.NOT_CHECKED:
                pytest.skip(result.message)
            case Outcome.PASSED:
                pass


@contextmanager
def contract_run(tests: pytest.Session, target: str | None, level: str | None) -> Iterator[ContractRun]:
    """Starts or finds the server; a target that cannot be had ends the whole test run with exit code 2."""
    text = target or os.environ.get(VARIABLE) or "fake"
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            subject = runner.run(stack.enter_async_context(parse_target(text).open()))
        except TargetError as problem:
            stop_tests(tests, problem)
        try:
            yield ContractRun(tests, runner, subject, Level.of(level) if level else subject.access.default_level)
        finally:
            runner.run(stack.aclose())
    for session_id in subject.left_behind:
        warnings.warn(left_behind(session_id), SessionLeftBehind, stacklevel=1)


def stop_tests(tests: pytest.Session, problem: TargetError) -> NoReturn:
    """Ends the whole test run with exit code 2, for a target that cannot be had."""
    # Not pytest.exit(): in a worker of pytest-xdist that is a crash, whose reason nobody sees.
    tests.shouldstop = str(problem)
    raise pytest.fail.Exception(str(problem), pytrace=False) from None
