"""The fake server, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from opencode_contract.targets.connecting import connected
from opencode_contract.targets.contract_script import contract_script
from opencode_contract.targets.levels import Level
from opencode_contract.targets.subject import Access, Subject
from opencode_fake import FakeServer
from opencode_fake.clock import RealClock


@dataclass(frozen=True, slots=True)
class FakeTarget:
    """The fake server as some version of the real one."""

    version: str

    @property
    def text(self) -> str:
        """The target as it is written."""
        return f"fake:{self.version}"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Subject]:
        """Starts the fake. Its delays are real ones, as a real server's are."""
        password = SecretStr("of-the-fake")
        async with FakeServer(
            contract_script(), version=self.version, password=password.get_secret_value(), clock=RealClock()
        ) as server:
            access = Access(
                kind="fake",
                url=server.url,
                password=password,
                default_level=Level.PROMPT,
                version=self.version,
                scripted=True,
            )
            async with connected(access) as subject:
                yield subject
