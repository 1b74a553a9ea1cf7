"""Starts real servers for ``opencode-fake record local:VERSION``, which finds this by its entry point."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from opencode_contract.clients import stage
from opencode_contract.errors import TargetError
from opencode_fake.recording.targets import NotRecordable, Recordable
from opencode_fake.scripts import Script


@asynccontextmanager
async def local(what: str, script: Script) -> AsyncIterator[Recordable]:
    """The real server of a version, or of an executable at hand; its model performs the script."""
    try:
        async with stage(f"local:{what}", script) as server:
            yield Recordable(server.url, "opencode", server.password.get_secret_value(), is_ours=True)
    except TargetError as problem:
        raise NotRecordable(str(problem)) from problem
