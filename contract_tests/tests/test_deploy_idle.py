"""The watch of the recipe: what keeps a sandbox running, and what does not."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from opencode_contract.standin import ENTRY

pytestmark = [pytest.mark.system, pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")]

LOOKS = 8
"""So many looks are twice the time that the watch is told to wait for."""


class Surroundings:
    """OpenCode's events and nginx's status, as the watch sees them."""

    def __init__(self) -> None:
        self.open_requests = 0
        self.looks = 0
        self.streams = 0
        self.authorization = ""
        self._changed = asyncio.Condition()
        self._events: asyncio.Queue[dict[str, object] | None] = asyncio.Queue()
        self.process: asyncio.subprocess.Process

    async def watched(self, *, looks: int = LOOKS, streams: int = 0) -> None:
        """Returns when the watch has looked so often from now on, and has opened so many streams in all."""
        wanted = self.looks + looks
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: self.looks >= wanted and self.streams >= streams)

    def say(self, kind: str, **properties: object) -> None:
        """An event of OpenCode's."""
        self._events.put_nowait({"directory": "/elsewhere", "payload": {"type": kind, "properties": properties}})

    def status(self, session: str, kind: str) -> None:
        """A session's status, as an event."""
        self.say("session.status", sessionID=session, status={"type": kind})

    def cut(self) -> None:
        """Ends the stream of events."""
        self._events.put_nowait(None)

    def use(self, line: str) -> None:
        """A line of nginx's log."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    async def end(self) -> tuple[int, str]:
        """Exit code and output of the watch, when it ends by itself."""
        async with asyncio.timeout(60):
            code = await self.process.wait()
        assert self.process.stdout is not None
        return code, (await self.process.stdout.read()).decode()

    @property
    def runs(self) -> bool:
        """Whether the watch has not ended."""
        return self.process.returncode is None

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Answers GET /global/event."""
        self.authorization = request.headers["Authorization"]
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await self._note(streams=1)
        while (event := await self._events.get()) is not None:
            await response.write(f"data: {json.dumps(event)}\n\n".encode())
        return response

    async def requests(self, _: web.Request) -> web.Response:
        """Answers what nginx's status page does: one connection is the question's, three have been answered."""
        await self._note(looks=1)
        counts = f"Active connections: {self.open_requests + 4} \nserver accepts handled requests\n 9 9 9 \n"
        return web.Response(text=f"{counts}Reading: 0 Writing: {self.open_requests + 1} Waiting: 3 \n")

    async def _note(self, *, looks: int = 0, streams: int = 0) -> None:
        async with self._changed:
            self.looks += looks
            self.streams += streams
            self._changed.notify_all()


@asynccontextmanager
async def watch(folder: Path, **variables: str) -> AsyncIterator[Surroundings]:
    """The watch, in surroundings of ours."""
    around = Surroundings()
    async with served(around.events) as events, served(around.requests, str(folder / "status.sock")):
        around.process = await asyncio.create_subprocess_exec(
            *("node", str(ENTRY.parent / "idle.mjs")),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={
                "PATH": os.environ["PATH"],
                "OPENCODE_SERVER_PASSWORD": "pass:wörd",
                "OPENCODE_PORT": str(events),
                "RUN_DIR": str(folder),
                "IDLE_SECONDS": "1",
                "SILENT_SECONDS": "3600",
                **variables,
            },
        )
        try:
            yield around
        finally:
            if around.runs:
                around.process.kill()
            await around.process.communicate()
            around.cut()


@asynccontextmanager
async def served(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]], socket: str = ""
) -> AsyncIterator[int]:
    """Answers all requests with ``handler``, on a port or on a socket of the file system."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.UnixSite(runner, socket) if socket else web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield 0 if socket else runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def test_an_idle_sandbox_ends(tmp_path: Path) -> None:
    """With code 0, which says that it may be started again; heartbeats do not keep it."""
    async with watch(tmp_path) as around:
        around.say("server.heartbeat")
        assert await around.end() == (0, "")
        assert around.authorization == "Basic " + base64.b64encode("opencode:pass:wörd".encode()).decode()


async def test_a_run_keeps_it_until_it_is_over(tmp_path: Path) -> None:
    """Busy or waiting for another try, in whatever directory, with no request open."""
    async with watch(tmp_path) as around:
        around.status("ses_1", "busy")
        around.status("ses_2", "retry")
        await around.watched()
        around.status("ses_1", "idle")
        await around.watched()
        assert around.runs
        around.status("ses_2", "idle")
        assert (await around.end())[0] == 0


async def test_a_run_that_hangs_does_not_keep_it_for_ever(tmp_path: Path) -> None:
    """One that says nothing for SILENT_SECONDS, such as one whose question nobody answers."""
    async with watch(tmp_path, SILENT_SECONDS="0.5") as around:
        around.status("ses_1", "busy")
        assert (await around.end())[0] == 0


async def test_an_open_request_keeps_it(tmp_path: Path) -> None:
    """A stream of events counts; connections that have been answered do not."""
    async with watch(tmp_path) as around:
        around.open_requests = 1
        await around.watched()
        assert around.runs
        around.open_requests = 0
        assert (await around.end())[0] == 0


async def test_requests_keep_it_and_are_printed(tmp_path: Path) -> None:
    """Each line of nginx's log starts the time anew."""
    async with watch(tmp_path) as around:
        for number in range(LOOKS):
            around.use(f"GET /opencode/session {number}")
            await around.watched(looks=1)
        assert around.runs
        code, printed = await around.end()
        assert (code, printed.count("GET /opencode/session")) == (0, LOOKS)


async def test_a_cut_stream_is_opened_anew(tmp_path: Path) -> None:
    """And what ran before still counts."""
    async with watch(tmp_path) as around:
        around.status("ses_1", "busy")
        around.cut()
        await around.watched(streams=2)
        assert around.runs
        around.status("ses_1", "idle")
        assert (await around.end())[0] == 0


async def test_never_is_never(tmp_path: Path) -> None:
    """With IDLE_SECONDS=0 it does not even look; without a log, nginx has ended, and so does the watch."""
    async with watch(tmp_path, IDLE_SECONDS="0") as around:
        assert around.process.stdin is not None
        around.process.stdin.close()
        assert (await around.end())[0] == 1
        assert around.looks == 0
