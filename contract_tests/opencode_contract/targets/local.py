"""A real server on this machine that performs the contract's script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from opencode_contract.local import Binary, LocalServer, Lodging, fetch_binary, given_binary
from opencode_contract.targets.connecting import connected
from opencode_contract.targets.contract_script import contract_script
from opencode_contract.targets.levels import Level
from opencode_contract.targets.subject import Access, Subject
from opencode_fake.scripted_model import ScriptedModel


@dataclass(frozen=True, slots=True)
class LocalTarget:
    """The real server of a version from npm, or of an executable at hand."""

    version: str | None = None
    path: Path | None = None

    @property
    def text(self) -> str:
        """The target as it is written."""
        return f"local:{self.version or self.path}"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Subject]:
        """Starts the server, with a scripted model as its only one."""
        binary = await asyncio.to_thread(self._binary)
        with Lodging() as lodging:
            async with (
                ScriptedModel(contract_script(), directory=str(lodging.workspace)) as model,
                LocalServer(
                    binary,
                    lodging,
                    config=model.opencode_config(),
                    environment=model.environment(lodging.home),
                ) as server,
            ):
                access = Access(
                    kind="local",
                    url=server.url,
                    password=server.password,
                    default_level=Level.PROMPT,
                    version=binary.version,
                    scripted=True,
                )
                async with connected(access) as subject:
                    yield subject

    def _binary(self) -> Binary:
        if self.path is not None:
            return given_binary(self.path)
        return fetch_binary(self.version or "")
