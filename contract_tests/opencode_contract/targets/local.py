"""A real server on this machine that performs the contract's script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from opencode_contract.errors import TargetUnreachable
from opencode_contract.local import Binary, LocalServer, Lodging, fetch_binary, given_binary
from opencode_contract.safety.budget import NO_LIMITS, Limits
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
    limits: Limits = NO_LIMITS

    default_level: ClassVar[Level] = Level.PROMPT

    @property
    def text(self) -> str:
        """The target as it is written."""
        return f"local:{self.version or self.path}"

    def open(self) -> AbstractAsyncContextManager[Subject]:
        """Fetches the server, if it has to; then starts it, with a scripted model as its only one."""
        return self._serve(self.binary())

    @asynccontextmanager
    async def _serve(self, binary: Binary) -> AsyncIterator[Subject]:
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
                    default_level=self.default_level,
                    limits=self.limits,
                    version=binary.version,
                    scripted=True,
                    poll_seconds=0.05,
                )
                try:
                    async with connected(access) as subject:
                        yield subject
                except TargetUnreachable as problem:
                    raise TargetUnreachable(f"{problem}\nThe last lines it printed:\n{server.last_words}") from problem

    def binary(self) -> Binary:
        """The executable, fetched if it has to be."""
        if self.path is not None:
            return given_binary(self.path)
        return fetch_binary(self.version or "")
