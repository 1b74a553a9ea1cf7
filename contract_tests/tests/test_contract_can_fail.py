"""No requirement may hold on every server: each has to fail on one of some servers that do nothing right."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import pytest
from aiohttp import web
from pydantic import SecretStr

from opencode_contract.requirements import ALL
from opencode_contract.requirements.requirement import Requirement
from opencode_contract.runner import Outcome, check
from opencode_contract.targets import Access, Level, Subject

Answer: TypeAlias = Callable[[], web.Response]

SERVERS: dict[str, Answer] = {
    "fails": lambda: web.json_response({"name": "UnknownError"}, status=500),
    "always says {}": lambda: web.json_response({}),
    "always says true": lambda: web.json_response(True),
    "knows every session": lambda: web.json_response({"id": "ses_0", "title": "x"}),
}


@asynccontextmanager
async def subject_of(answer: Answer, version: str) -> AsyncIterator[Subject]:
    """A subject on a server that answers everything alike, and is of a version."""

    async def handle(_: web.BaseRequest) -> web.Response:
        return answer()

    runner = web.ServerRunner(web.Server(handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with Subject(
            Access("fake", url, SecretStr("x"), Level.PROMPT, version=version, scripted=True)
        ) as subject:
            yield subject
    finally:
        await runner.cleanup()


async def holds(requirement: Requirement, answer: Answer) -> bool:
    """Whether a requirement holds on a server that does nothing right."""
    # One that it applies to: what does not apply cannot fail either.
    async with subject_of(answer, requirement.since or "1.1.53") as subject:
        result = await check(requirement, subject, level=Level.PROMPT, deadline=0.5)
    return result.outcome is not Outcome.FAILED


@pytest.mark.parametrize("requirement", [pytest.param(each, id=each.id) for each in ALL])
async def test_every_requirement_can_fail(requirement: Requirement) -> None:
    """A requirement that holds on all of these servers checks nothing."""
    for answer in SERVERS.values():
        if not await holds(requirement, answer):
            return
    pytest.fail(f"{requirement.id} holds on every server")
