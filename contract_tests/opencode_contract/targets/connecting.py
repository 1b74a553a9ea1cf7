"""Makes sure that the server is there, lets us in and is OpenCode, before anything is required of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from opencode_contract.errors import BadTarget, TargetUnreachable
from opencode_contract.targets.subject import Access, Subject
from opencode_sandbox import ConfigurationError


@asynccontextmanager
async def connected(access: Access) -> AsyncIterator[Subject]:
    """The subject, ready to be asked."""
    try:
        subject = Subject(access)
    except ConfigurationError as problem:
        raise BadTarget(str(problem)) from problem
    async with subject:
        report = await subject.client.test_connection()
        if not report.ok:
            raise TargetUnreachable(f"{access.url}: {report.state.value.replace('_', ' ')}. {report.advice}")
        subject.version = report.version or ""
        yield subject
