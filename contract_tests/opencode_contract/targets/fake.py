"""The fake server, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar

from pydantic import SecretStr

from opencode_contract.errors import BadTarget
from opencode_contract.safety.budget import NO_LIMITS, Limits
from opencode_contract.targets.connecting import connected
from opencode_contract.targets.contract_script import contract_script
from opencode_contract.targets.levels import Level
from opencode_contract.targets.subject import Access, Subject
from opencode_fake import FakeServer
from opencode_fake.clock import RealClock
from opencode_fake.versions import UnknownVersion

_PASSWORD = "opens-nothing-but-the-fake"  # noqa: S105 - just that


@dataclass(frozen=True, slots=True)
class FakeTarget:
    """The fake server as some version of the real one."""

    version: str
    limits: Limits = NO_LIMITS

    default_level: ClassVar[Level] = Level.PROMPT

    @property
    def text(self) -> str:
        """The target as it is written."""
        return f"fake:{self.version}"

    def open(self) -> AbstractAsyncContextManager[Subject]:
        """Starts the fake. Its delays are real ones, as a real server's are."""
        try:
            fake = FakeServer(contract_script(), version=self.version, password=_PASSWORD, clock=RealClock())
        except UnknownVersion as problem:
            raise BadTarget(str(problem)) from problem
        return self._serve(fake)

    @asynccontextmanager
    async def _serve(self, fake: FakeServer) -> AsyncIterator[Subject]:
        async with fake as server:
            access = Access(
                kind="fake",
                url=server.url,
                password=SecretStr(_PASSWORD),
                default_level=self.default_level,
                limits=self.limits,
                version=self.version,
                scripted=True,
            )
            async with connected(access) as subject:
                yield subject
