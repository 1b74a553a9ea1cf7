"""Makes sure that the server is there, lets us in and is OpenCode, before anything is required of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from opencode_contract.errors import BadTarget, NetworkFailed, TargetUnreachable
from opencode_contract.network import Encounter
from opencode_contract.network.recognising import is_opencodes_own
from opencode_contract.network.troubles import PAGE, PREFIX_NOT_STRIPPED
from opencode_contract.network.waiting import HEALTH, until_answered
from opencode_contract.targets.subject import Access, Subject
from opencode_sandbox import ConfigurationError, ConnectionState


@asynccontextmanager
async def connected(access: Access) -> AsyncIterator[Subject]:
    """The subject, ready to be asked."""
    try:
        subject = Subject(access)
    except ConfigurationError as problem:
        raise BadTarget(str(problem)) from problem
    async with subject:
        await _reach(subject)
        yield subject


async def _reach(subject: Subject) -> None:
    access, latest = subject.access, list[httpx.Response]()

    async def ask() -> httpx.Response:
        latest[:] = [await subject.backstage.send("GET", HEALTH)]
        return latest[0]

    trouble = await until_answered(ask, access.patience)
    if trouble is None and is_opencodes_own(latest[0]) and httpx.URL(access.url).path.strip("/"):
        trouble = Encounter(PREFIX_NOT_STRIPPED, f"GET {HEALTH}: OpenCode's own web page, or that it has none")
    if trouble is not None and trouble.trouble not in {PAGE, PREFIX_NOT_STRIPPED}:
        raise NetworkFailed(subject.redactor.clean(f"{access.url}: {trouble}"))
    count = subject.encounters.count
    report = await subject.client.test_connection()
    met = subject.encounters.since(count)
    if report.ok:
        subject.version = report.version or ""
    elif met is not None and met.trouble.passes:
        raise NetworkFailed(subject.redactor.clean(f"{access.url}: {met}"))
    elif trouble is not None and report.state is not ConnectionState.WRONG_PREFIX:
        raise NetworkFailed(subject.redactor.clean(f"{access.url}: {trouble}"))
    else:
        raise TargetUnreachable(f"{access.url}: {report.state.value.replace('_', ' ')}. {report.advice}")
