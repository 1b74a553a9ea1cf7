"""Runs a client as a process of its own, in a home of its own, and gives what it said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import cast

from opencode_contract.clients.stage import Stage
from opencode_contract.errors import ClientFailed
from opencode_contract.local.environment import isolated_environment

SECONDS = 120


def client_environment(stage: Stage, home: Path) -> dict[str, str]:
    """The variables of a client that lives in ``home`` and knows the server's address and password."""
    return isolated_environment(home) | {
        "OPENCODE_SERVER_PASSWORD": stage.password.get_secret_value(),
        "OPENCODE_SERVER_URL": stage.url,
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
    }


class RunningClient:
    """A client at work: wait for what it says, and for its end."""

    def __init__(self, process: asyncio.subprocess.Process, output: asyncio.StreamReader, command: str) -> None:
        self._process = process
        self._output = output
        self._name = Path(command).name
        self._said = b""

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return self._said.decode("utf-8", "replace")

    async def says(self, *texts: str, seconds: float = SECONDS) -> None:
        """Waits until it has printed all of these texts. Raises ClientFailed where it does not."""
        await self._read("as far", lambda: all(text in self.said for text in texts), seconds)
        if missing := [text for text in texts if text not in self.said]:
            raise ClientFailed(self._report(f"did not say {missing}"))

    async def ended(self, *, seconds: float = SECONDS) -> str:
        """All that it printed. Raises ClientFailed where it does not end well, or not in time."""
        await self._read("at its end", lambda: False, seconds)
        if (code := await self._process.wait()) != 0:
            raise ClientFailed(self._report(f"ended with code {code}"))
        return self.said

    async def _read(self, where: str, enough: Callable[[], bool], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not enough() and (chunk := await self._output.read(65536)):
                    self._said += chunk
        except TimeoutError:
            raise ClientFailed(self._report(f"was not {where} within {seconds:g} s")) from None

    def _report(self, what: str) -> str:
        return f"{self._name} {what} and said:\n{self.said[-3000:]}"


@asynccontextmanager
async def running_client(stage: Stage, home: Path, *command: str) -> AsyncIterator[RunningClient]:
    """Starts a client; it is killed if it has not ended by the end of the block."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=home,
        env=client_environment(stage, home),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield RunningClient(process, cast("asyncio.StreamReader", process.stdout), command[0])
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def run_client(stage: Stage, home: Path, *command: str, seconds: float = SECONDS) -> str:
    """What the command printed. Raises ClientFailed where it does not end well, or not in time."""
    async with running_client(stage, home, *command) as client:
        return await client.ended(seconds=seconds)
