"""Where a rehearsal takes place: a folder of its own, and the servers that are started on the copies in it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from opencode_contract.errors import ServerGone, StartFailed
from opencode_contract.evidence import Json
from opencode_contract.local import Binary, LocalServer, Lodging
from opencode_contract.local.process import ServerProcess
from opencode_contract.rehearsal.relocation import NO_PROJECT, make_project
from opencode_contract.rehearsal.wire import described
from opencode_fake.scripted_model import ScriptedModel
from opencode_fake.scripts import Script

USERNAME = "opencode"
REQUEST_SECONDS = 120.0
WORKSPACE_PROJECT = "0" * 39 + "1"
OTHER_PROJECT = "0" * 39 + "2"
_WAITER = "import signal; signal.pause()"


class Premises:
    """The folder. A keeper removes it when this program is killed."""

    def __init__(self, *, private: bool = False) -> None:
        self.private = private
        """Whether the data is somebody's own, whose contents are to be in no report."""
        self.folder = Path(tempfile.mkdtemp(prefix="opencode-rehearsal-")).resolve()
        self.workspace = self.folder / "workspace"
        self.other = self.folder / "other"
        """Another project."""
        self.outside = self.folder / "outside"
        """A directory that is no repository."""
        self.git_home = self.folder / "home"
        self._homes = 0
        self._guard: ServerProcess | None = None

    async def __aenter__(self) -> Self:
        """Makes the directories."""
        self._guard = await ServerProcess.start(
            (sys.executable, "-I", "-S", "-c", _WAITER), cwd=Path("/"), environment={}, folder=self.folder
        )
        try:
            self._furnish()
        except BaseException:
            await self._guard.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Removes the folder."""
        if self._guard is not None:
            await self._guard.stop()

    def _furnish(self) -> None:
        self.git_home.mkdir()
        make_project(self.workspace, WORKSPACE_PROJECT, self.git_home)
        make_project(self.other, OTHER_PROJECT, self.git_home)
        make_project(self.outside, NO_PROJECT, self.git_home)

    def new_home(self) -> Path:
        """The path of a data home that is not there yet."""
        self._homes += 1
        return self.folder / "data" / str(self._homes)


class Running:
    """A server at work on some data, and the model that answers for it."""

    def __init__(self, binary: Binary, http: httpx.AsyncClient, model: ScriptedModel, *, private: bool) -> None:
        self.version = binary.version
        self.http = http
        self.model = model
        self._private = private

    async def ask(self, method: str, path: str, directory: str = "", body: Json = None, **query: str) -> httpx.Response:
        """Sends a request, about a directory unless it is about the server."""
        about = {"directory": directory} if directory else {}
        try:
            return await self.http.request(method, path, params=about | query, json=body)
        except httpx.TransportError as problem:
            reason = str(problem) or type(problem).__name__
            raise ServerGone(f"OpenCode {self.version} does not answer {method} {path}: {reason}") from problem

    def describe(self, answer: httpx.Response) -> str:
        """The exchange in a line, as a report may show it."""
        return described(answer, private=self._private)


@asynccontextmanager
async def running(premises: Premises, binary: Binary, home: Path, script: Script) -> AsyncIterator[Running]:
    """The server on the data home ``home``, from start to end."""
    async with AsyncExitStack() as stack:
        lodging = stack.enter_context(Lodging(premises.workspace))
        model = await stack.enter_async_context(ScriptedModel(script, directory=lodging.workspace))
        environment = model.environment(lodging.home) | {"XDG_DATA_HOME": str(home)}
        server = LocalServer(binary, lodging, config=model.opencode_config(), environment=environment)
        await stack.enter_async_context(server)
        http = httpx.AsyncClient(
            base_url=server.url,
            auth=(USERNAME, server.password.get_secret_value()),
            trust_env=False,
            timeout=REQUEST_SECONDS,
        )
        await stack.enter_async_context(http)
        yield Running(binary, http, model, private=premises.private)


async def starts_at_all(premises: Premises, binary: Binary) -> bool:
    """Whether the server starts where there is no data."""
    try:
        async with running(premises, binary, premises.new_home(), Script()):
            return True
    except StartFailed:
        return False
