"""Real servers on this machine whose script can be exchanged, so that the tests of a run can share them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import AsyncExitStack, ExitStack
from types import TracebackType
from typing import Self

import httpx
from anyio.from_thread import start_blocking_portal

from opencode_contract.errors import TargetUnreachable
from opencode_contract.local import Binary, LocalServer, Lodging
from opencode_contract.local.workspace import restore_workspace
from opencode_contract.targets.levels import Level
from opencode_contract.targets.subject import DEFAULT_USERNAME, REQUEST_SECONDS, Access
from opencode_fake.scripted_model import ScriptedModel
from opencode_fake.scripts import Reply, Script
from opencode_fake.scripts.matching import Casting


class ScriptedServer:
    """A real server with the scripted model as its only one; ``async with`` starts and ends it."""

    def __init__(self, binary: Binary, script: Script) -> None:
        self._binary = binary
        self._lodging = Lodging()
        self._model = ScriptedModel(script, directory=str(self._lodging.workspace))
        self._config = ""
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.enter_context(self._lodging)
            await stack.enter_async_context(self._model)
            config = self._model.opencode_config()
            self._config = json.dumps(config)
            environment = self._model.environment(self._lodging.home)
            self._server = await stack.enter_async_context(
                LocalServer(self._binary, self._lodging, config=config, environment=environment)
            )
            self._http = await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=self._server.url,
                    auth=(DEFAULT_USERNAME, self._server.password.get_secret_value()),
                    trust_env=False,
                    timeout=REQUEST_SECONDS,
                )
            )
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    @property
    def access(self) -> Access:
        """Where it is and how to get in."""
        return Access(
            kind="local",
            url=self._server.url,
            password=self._server.password,
            default_level=Level.PROMPT,
            version=self._binary.version,
            scripted=True,
        )

    @property
    def casting(self) -> Casting:
        """What was made of the script so far."""
        return self._model.casting

    async def perform(self, script: Script) -> None:
        """Begins anew: without sessions, with the workspace as it was, and another script."""
        try:
            for session in await self._sessions():
                await self._http.post(f"/session/{session}/abort")
                await self._http.delete(f"/session/{session}")
            restore_workspace(self._lodging.workspace, self._lodging.home)
            self._model.perform(script)
            await self._begin_anew()
        except httpx.TransportError as problem:
            said = self._server.last_words
            raise TargetUnreachable(
                f"{self._binary.path}: the server does not answer any more. The last lines it printed:\n{said}"
            ) from problem

    async def play(self, replies: Iterable[Reply]) -> None:
        """Adds replies to the script. Where they bring rules of their own, what the server had open is closed."""
        self._model.play(*replies)
        if json.dumps(self._model.opencode_config()) != self._config:
            await self._begin_anew()

    async def _sessions(self) -> list[str]:
        listed: list[dict[str, str]] = (await self._http.get("/session")).raise_for_status().json()
        return [each["id"] for each in listed if "parentID" not in each]

    async def _begin_anew(self) -> None:
        """Lets the server forget what it holds in memory (runs, asks, what was allowed) and read its rules again."""
        self._config = json.dumps(self._model.opencode_config())
        (self._lodging.home / "opencode.json").write_text(self._config, encoding="utf-8")
        (await self._http.post("/instance/dispose")).raise_for_status()


class ScriptedServers:
    """The servers of a test run, in an event loop of their own; each is started when none is at hand."""

    def __init__(self, binary: Binary) -> None:
        self._binary = binary
        self._at_hand: list[ScriptedServer] = []
        self._stack = ExitStack()
        self._portal = self._stack.enter_context(start_blocking_portal())

    def take(self, script: Script) -> ScriptedServer:
        """A server that performs ``script`` and knows nothing else. Raises TargetError where none can be had."""
        if not self._at_hand:
            server = ScriptedServer(self._binary, script)
            return self._stack.enter_context(self._portal.wrap_async_context_manager(server))
        server = self._at_hand.pop()
        self._portal.call(server.perform, script)
        return server

    def play(self, server: ScriptedServer, replies: Iterable[Reply]) -> None:
        """Adds replies to a server's script."""
        self._portal.call(server.play, replies)

    def give_back(self, server: ScriptedServer) -> None:
        """Keeps a server for the next test."""
        self._at_hand.append(server)

    def close(self) -> None:
        """Ends them all."""
        self._stack.close()
