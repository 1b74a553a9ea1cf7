"""Makes sure that the server is there, lets us in and is OpenCode, before anything is required of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from opencode_contract.errors import TargetUnreachable
from opencode_contract.targets.subject import Access, Subject


@asynccontextmanager
async def connected(access: Access) -> AsyncIterator[Subject]:
    """The subject, ready to be asked."""
    async with Subject(access) as subject:
        report = await subject.client.test_connection()
        if not report.ok:
            raise TargetUnreachable(f"{access.url}: {report.state.value.replace('_', ' ')}. {report.advice}")
        subject.version = report.version or ""
        yield subject
