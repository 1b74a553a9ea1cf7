"""A real OpenCode server on this machine, from start to end."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from pydantic import SecretStr

from opencode_contract.errors import LocalServerError, PortInUse, StartFailed
from opencode_contract.local.binary import Binary
from opencode_contract.local.environment import server_environment
from opencode_contract.local.process import ServerProcess
from opencode_contract.local.workspace import make_workspace

START_SECONDS = 60.0
PORTS_TRIED = 4
HOST = "127.0.0.1"


class Lodging:
    """The folder that a server lives in: its home, and beside it the workspace."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="opencode-contract-")).resolve()
        self.home = self.folder / "home"
        self.home.mkdir()
        self.workspace = self.folder / "workspace"

    def __enter__(self) -> Self:
        """Makes the workspace."""
        try:
            make_workspace(self.workspace, self.home)
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Removes the folder; the keeper of a server that was started in it may have done so."""
        self._remove()

    def _remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class LocalServer:
    """A real server with a home of its own; ``async with`` starts and ends it."""

    def __init__(
        self,
        binary: Binary,
        lodging: Lodging,
        *,
        config: Mapping[str, object],
        environment: Mapping[str, str] | None = None,
        port: int | None = None,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self.binary = binary
        self.password = SecretStr(secrets.token_urlsafe(24))
        self.url = ""
        self._lodging = lodging
        self._config = config
        self._environment = environment or {}
        self._port = port
        self._start_seconds = start_seconds
        self._process: ServerProcess | None = None

    @property
    def directory(self) -> str:
        """The workspace, as the server names it."""
        return str(self._lodging.workspace)

    @property
    def last_words(self) -> str:
        """The last lines that the server printed, without its password."""
        tail = self._process.tail if self._process else ""
        return tail.replace(self.password.get_secret_value(), "[password]")

    async def __aenter__(self) -> Self:
        """Starts the server, on another port when somebody took the chosen one."""
        if sys.platform == "win32":
            raise LocalServerError("a real server is ended for sure on Linux and macOS only: run this in WSL")
        for attempt in range(1, PORTS_TRIED + 1):
            try:
                await self._start(self._port or free_port())
            except PortInUse:
                if self._port or attempt == PORTS_TRIED:
                    raise
            else:
                break
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the server."""
        await self._stop()

    async def _stop(self) -> None:
        if self._process is not None:
            await self._process.stop()

    async def _start(self, port: int) -> None:
        config = self._lodging.home / "opencode.json"
        config.write_text(json.dumps(self._config), encoding="utf-8")
        variables = server_environment(self._lodging.home, self.password.get_secret_value(), config)
        # Port 0 is of no use: the server then takes 4096 if it can.
        options = ["serve", "--port", str(port), "--hostname", HOST, "--print-logs"]
        self._process = await ServerProcess.start(
            [str(self.binary.path), *options],
            cwd=self._lodging.workspace,
            environment=variables | dict(self._environment),
            folder=self._lodging.folder,
        )
        try:
            async with asyncio.timeout(self._start_seconds):
                self.url = await self._announced(port)
                await self._healthy()
        except TimeoutError as problem:
            late = StartFailed(self._report(f"the server did not become healthy within {self._start_seconds:g} s"))
            await self._stop()
            raise late from problem
        except BaseException:
            await self._stop()
            raise

    async def _announced(self, port: int) -> str:
        if self._process is None:
            raise LocalServerError("the server was not started")
        url = await self._process.listening()
        if url is not None:
            return url
        if not _is_free(port):
            raise PortInUse(f"port {port} is taken by another program: choose another, or none to get a free one")
        raise StartFailed(self._report(f"the server ended with code {self._process.exit_code} before it listened"))

    async def _healthy(self) -> None:
        authentication = httpx.BasicAuth("opencode", self.password.get_secret_value())
        while True:
            if await self._answers(authentication):
                return
            await asyncio.sleep(0.05)

    async def _answers(self, authentication: httpx.BasicAuth) -> bool:
        # Servers from 1.15.0 on never answer connections made in their first moments: ask briefly, and each time anew.
        if self._process is not None and self._process.exit_code is not None:
            raise StartFailed(self._report(f"the server ended with code {self._process.exit_code} while it started"))
        async with httpx.AsyncClient(trust_env=False, auth=authentication, timeout=1.0) as client:
            try:
                return (await client.get(f"{self.url}/global/health")).status_code == httpx.codes.OK
            except httpx.TransportError:
                return False

    def _report(self, what: str) -> str:
        return f"{self.binary.path}: {what}. The last lines it printed:\n{self.last_words or '(nothing)'}"


def free_port() -> int:
    """A port of this machine that nobody listens on just now."""
    with socket.create_server((HOST, 0)) as found:
        port: int = found.getsockname()[1]
    return port


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True
