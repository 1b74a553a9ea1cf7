"""Asking and waiting over real sockets: both clients, both ways to follow, and streams that break."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import pytest
from aiohttp import web

from opencode_sandbox import (
    AsyncSandboxClient,
    ConnectionLost,
    Event,
    NoReply,
    NotOpenCode,
    Progress,
    Reply,
    ReplyFailed,
    ReplyTimeout,
    SandboxClient,
    SandboxConfig,
    SessionNotFound,
    WrongPassword,
)
from opencode_sandbox.flows import waiting

SESSION = "ses_1"
Performance: TypeAlias = Callable[["Stage"], Awaitable[None]]


class Stage:
    """A server with one session that does on a prompt what a test tells it to do."""

    def __init__(self, performance: Performance) -> None:
        self.performance = performance
        self.messages: list[dict[str, Any]] = []
        self.status: dict[str, Any] = {}
        self.exists = True
        self.listeners: list[web.StreamResponse] = []
        self.connected = 0
        self.looked = asyncio.Event()
        self.hang = False
        self.no_stream: tuple[int, str] | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.url = ""

    def app(self) -> web.Application:
        """Return the server's routes."""
        app = web.Application()
        app.router.add_get("/session/status", self.get_status)
        app.router.add_get(f"/session/{SESSION}", self.get_session)
        app.router.add_get(f"/session/{SESSION}/message", self.get_messages)
        app.router.add_post(f"/session/{SESSION}/prompt_async", self.post_prompt)
        app.router.add_get("/event", self.get_events)
        return app

    async def get_session(self, _: web.Request) -> web.Response:
        """Answer the session, while there is one."""
        if self.exists:
            return web.json_response({"id": SESSION})
        return web.json_response({"name": "NotFoundError", "data": {"message": "Session not found"}}, status=404)

    async def get_status(self, _: web.Request) -> web.Response:
        """Answer which sessions are busy."""
        return web.json_response(self.status)

    async def get_messages(self, _: web.Request) -> web.Response:
        """Answer the messages; ``hang`` lets it take for ever."""
        if self.hang and self.messages:
            await asyncio.Event().wait()
        self.looked.set()
        return web.json_response(self.messages)

    async def post_prompt(self, request: web.Request) -> web.Response:
        """Begin the performance."""
        self.prompt = (await request.json())["parts"][0]["text"]
        task = asyncio.create_task(self._perform())
        self.tasks.add(task)
        return web.Response(status=204)

    async def get_events(self, request: web.Request) -> web.StreamResponse:
        """Stream events until the stream is cut."""
        if self.no_stream is not None:
            status, kind = self.no_stream
            return web.Response(status=status, text="x", content_type=kind)
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        self.connected += 1
        self.listeners.append(response)
        await self.say({"type": "server.connected", "properties": {}})
        await asyncio.Event().wait()
        return response

    async def say(self, event: dict[str, Any]) -> None:
        """Send an event to all who listen."""
        for listener in self.listeners:
            await listener.write(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())

    async def tell(self, kind: str, **properties: Any) -> None:
        """Send an event of the session."""
        await self.say({"type": kind, "properties": {"sessionID": SESSION, **properties}})

    async def cut(self) -> None:
        """Cut all streams in the middle, as a dying server does."""
        listeners, self.listeners = self.listeners, []
        for listener in listeners:
            transport = listener._req.transport if listener._req else None
            if transport is not None:
                transport.abort()

    async def someone_looks(self) -> None:
        """Wait until the client has read the messages once more."""
        self.looked.clear()
        await self.looked.wait()

    def store(self, message_id: str, role: str, text: str, **info: Any) -> dict[str, Any]:
        """Store a message, in place of one with the same id."""
        about = {"id": message_id, "sessionID": SESSION, "role": role, "time": {"created": 1}, **info}
        part = {"id": f"prt_{message_id}", "sessionID": SESSION, "messageID": message_id, "type": "text", "text": text}
        self.messages = [message for message in self.messages if message["info"]["id"] != message_id]
        self.messages.append({"info": about, "parts": [part]})
        return self.messages[-1]

    def finish(self, text: str = "Hello", **info: Any) -> None:
        """Store the finished answer and be idle."""
        done = {"time": {"created": 1, "completed": 2}, "finish": "stop", "cost": 0.5, **info}
        self.store("msg_a", "assistant", text, parentID="msg_u", **done)
        self.status = {}

    def store_older_turn(self, prompt: str) -> None:
        """Store a prompt and its answer of some time ago."""
        self.store("msg_0", "user", prompt)
        self.store("msg_1", "assistant", "old", parentID="msg_0", finish="stop", time={"created": 1, "completed": 2})

    async def _perform(self) -> None:
        self.store("msg_u", "user", self.prompt)
        self.status = {SESSION: {"type": "busy"}}
        await self.performance(self)


@asynccontextmanager
async def on_stage(performance: Performance) -> AsyncIterator[Stage]:
    """Run such a server; what goes wrong in its performance fails the test."""
    stage = Stage(performance)
    runner = web.AppRunner(stage.app(), shutdown_timeout=0.05)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    stage.url = f"http://{host}:{port}"
    try:
        yield stage
    finally:
        for task in stage.tasks:
            task.cancel()
        outcomes = await asyncio.gather(*stage.tasks, return_exceptions=True)
        await runner.cleanup()
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []


Caller: TypeAlias = Callable[..., Awaitable[Any]]


@pytest.fixture(params=["blocking", "awaiting"])
def call(request: pytest.FixtureRequest) -> Caller:
    """Return a function that calls a method of the blocking client, in a thread, or of the awaiting one."""

    async def awaiting(url: str, method: str, *args: object, **options: object) -> object:
        async with AsyncSandboxClient(SandboxConfig(url, "pw")) as client:
            return await getattr(client, method)(*args, **options)

    def blocking(url: str, method: str, *args: object, **options: object) -> object:
        with SandboxClient(SandboxConfig(url, "pw")) as client:
            return getattr(client, method)(*args, **options)

    async def in_a_thread(url: str, method: str, *args: object, **options: object) -> object:
        return await asyncio.to_thread(blocking, url, method, *args, **options)

    return awaiting if request.param == "awaiting" else in_a_thread


@pytest.fixture(params=["poll", "events"])
def via(request: pytest.FixtureRequest) -> str:
    """Return each way to follow a reply."""
    return str(request.param)


async def finish_at_once(stage: Stage) -> None:
    """Answer, and say that the run is over."""
    stage.finish()
    await stage.tell("session.idle")


async def test_ask(call: Caller, via: str) -> None:
    """A prompt is answered, though the same was asked before; the reply carries text, cost and messages."""
    async with on_stage(finish_at_once) as stage:
        stage.store_older_turn("go")
        reply: Reply = await call(stage.url, "ask", SESSION, "go", timeout=30, via=via)
    assert (reply.text, reply.cost, reply.finish, len(reply.messages)) == ("Hello", 0.5, "stop", 2)


async def test_text_streams(call: Caller) -> None:
    """By events the caller sees the text grow, before any message list holds it."""
    seen: list[str] = []

    async def performance(stage: Stage) -> None:
        await begin_by_events(stage)
        await until(lambda: "Hel" in seen)
        stage.finish()
        await stage.tell("session.idle")

    async with on_stage(performance) as stage:
        await call(
            stage.url, "ask", SESSION, "go", timeout=30, via="events", on_update=lambda p: seen.append(p.reply.text)
        )
    assert seen[-1] == "Hello"


async def begin_by_events(stage: Stage) -> None:
    """Send the begin of an answer by events only."""
    info = {"id": "msg_a", "sessionID": SESSION, "role": "assistant", "parentID": "msg_u", "time": {"created": 1}}
    part = {
        "id": "prt_msg_a",
        "sessionID": SESSION,
        "messageID": "msg_a",
        "type": "text",
        "text": "",
        "time": {"start": 1},
    }
    await stage.tell("message.updated", info=stage.messages[0]["info"])
    await stage.tell("message.part.updated", part=stage.messages[0]["parts"][0])
    await stage.tell("message.updated", info=info)
    await stage.tell("message.part.updated", part=part)
    await stage.tell("message.part.delta", messageID="msg_a", partID=part["id"], field="text", delta="Hel")


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - conditions are of many kinds
            await asyncio.sleep(0.005)


async def test_a_cut_stream_is_opened_again(call: Caller) -> None:
    """A stream that breaks in the middle is opened again, and what was missed is read from the messages."""

    async def performance(stage: Stage) -> None:
        await stage.someone_looks()
        await begin_by_events(stage)
        await stage.cut()
        stage.finish()

    async with on_stage(performance) as stage:
        reply: Reply = await call(stage.url, "ask", SESSION, "go", timeout=30, via="events")
        assert stage.connected == 2
    assert reply.text == "Hello"


async def test_a_silent_stream_is_not_believed(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """When no event ever comes, the messages are read all the same after a while."""
    monkeypatch.setattr(waiting, "RESYNC", 0.05)

    async def performance(stage: Stage) -> None:
        await stage.someone_looks()
        stage.finish()

    async with on_stage(performance) as stage:
        reply: Reply = await call(stage.url, "ask", SESSION, "go", timeout=30, via="events")
    assert reply.text == "Hello"


async def test_deadline(call: Caller, via: str) -> None:
    """The deadline ends the wait with an error that carries what was seen."""

    async def performance(stage: Stage) -> None:
        stage.store("msg_a", "assistant", "half", parentID="msg_u")

    async with on_stage(performance) as stage:
        with pytest.raises(ReplyTimeout, match=r"after 0\.3 seconds") as caught:
            await call(stage.url, "ask", SESSION, "go", timeout=0.3, via=via)
    assert caught.value.reply.text == "half"
    assert caught.value.progress.status.type == "busy"


async def test_deadline_while_the_server_hangs(call: Caller, via: str) -> None:
    """A server that stops answering in the middle of the wait leads to the same error."""

    async def performance(stage: Stage) -> None:
        stage.hang = True

    async with on_stage(performance) as stage:
        with pytest.raises(ReplyTimeout):
            await call(stage.url, "ask", SESSION, "go", timeout=0.3, via=via)


async def test_nothing_happens(call: Caller, via: str) -> None:
    """A prompt that is accepted and then ignored is an error after the time of grace."""

    async def performance(stage: Stage) -> None:
        stage.status = {}

    async with on_stage(performance) as stage:
        with pytest.raises(NoReply):
            await call(stage.url, "ask", SESSION, "go", timeout=30, via=via, grace=0.05)


async def test_session_deleted_meanwhile(call: Caller, via: str) -> None:
    """When the session is gone the error says so, also where the list of its messages is merely empty."""

    async def performance(stage: Stage) -> None:
        stage.messages, stage.status, stage.exists = [], {}, False

    async with on_stage(performance) as stage:
        with pytest.raises(SessionNotFound):
            await call(stage.url, "ask", SESSION, "go", timeout=30, via=via, grace=0.05)


async def test_failed_reply(call: Caller, via: str) -> None:
    """An error that the server stores with the message is raised."""

    async def performance(stage: Stage) -> None:
        stage.finish(finish=None, error={"name": "APIError", "data": {"message": "bad key"}})
        await stage.tell("session.idle")

    async with on_stage(performance) as stage:
        with pytest.raises(ReplyFailed, match="bad key"):
            await call(stage.url, "ask", SESSION, "go", timeout=30, via=via)


async def test_wait_for_reply(call: Caller, via: str) -> None:
    """A reply can be waited for apart from sending; the ids known before keep older answers out."""
    async with on_stage(finish_at_once) as stage:
        stage.store_older_turn("go")
        await call(stage.url, "send_prompt", SESSION, "go")
        known = {"msg_0", "msg_1"}
        reply: Reply = await call(stage.url, "wait_for_reply", SESSION, timeout=30, prompt="go", since=known, via=via)
    assert reply.text == "Hello"


async def test_a_listener_that_fails_ends_the_wait(call: Caller, via: str) -> None:
    """What a listener raises comes out of ``ask``."""

    def listener(_: Progress) -> None:
        raise LookupError("mine")

    async with on_stage(finish_at_once) as stage:
        with pytest.raises(LookupError, match="mine"):
            await call(stage.url, "ask", SESSION, "go", timeout=30, via=via, on_update=listener)
        assert "opencode-events" not in [thread.name for thread in threading.enumerate()]


async def test_awaitable_listeners_are_awaited() -> None:
    """The awaiting client awaits a listener that is a coroutine function."""
    seen: list[Progress] = []

    async def listener(progress: Progress) -> None:
        await asyncio.sleep(0)
        seen.append(progress)

    async with on_stage(finish_at_once) as stage, AsyncSandboxClient(SandboxConfig(stage.url, "pw")) as client:
        await client.ask(SESSION, "go", timeout=30, on_update=listener)
    assert seen


async def test_cancelling_an_ask_leaves_nothing_behind() -> None:
    """A cancelled wait ends at once and closes its stream."""

    async def performance(_: Stage) -> None:
        await asyncio.Event().wait()

    async with on_stage(performance) as stage, AsyncSandboxClient(SandboxConfig(stage.url, "pw")) as client:
        task = asyncio.create_task(client.ask(SESSION, "go", timeout=30, via="events"))
        await until(lambda: bool(stage.tasks))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not [task for task in asyncio.all_tasks() if "EventReader" in repr(task)]


async def hear_awaiting(url: str, events: list[Event]) -> None:
    """Collect events with the awaiting client."""
    async with AsyncSandboxClient(SandboxConfig(url, "pw")) as client:
        async for event in client.events():
            events.append(event)  # noqa: PERF401 - those before the error are kept


def hear_blocking(url: str, events: list[Event]) -> None:
    """Collect events with the blocking client."""
    with SandboxClient(SandboxConfig(url, "pw")) as client:
        events.extend(client.events())


@pytest.mark.parametrize("blocking", [True, False])
async def test_events(blocking: bool) -> None:
    """Events come as models, odd line separators in their text included, and a cut stream is an error."""
    events: list[Event] = []
    async with on_stage(finish_at_once) as stage:
        task = asyncio.ensure_future(
            asyncio.to_thread(hear_blocking, stage.url, events) if blocking else hear_awaiting(stage.url, events)
        )
        await until(lambda: bool(stage.listeners))
        await stage.tell("x.y", text="a\u2028b\x85c\x0bd")
        await stage.cut()
        with pytest.raises(ConnectionLost):
            await task
    assert [event.type for event in events] == ["server.connected", "x.y"]
    assert events[1].properties["text"] == "a\u2028b\x85c\x0bd"
    assert events[1].session_id == SESSION


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [(401, "text/plain", WrongPassword), (200, "text/html", NotOpenCode), (404, "text/html", NotOpenCode)],
)
async def test_a_stream_that_is_none(call: Caller, status: int, kind: str, expected: type[Exception]) -> None:
    """An answer that is no event stream is the error it would be elsewhere, and no prompt is sent."""
    async with on_stage(finish_at_once) as stage:
        stage.no_stream = (status, kind)
        with pytest.raises(expected):
            await call(stage.url, "ask", SESSION, "go", timeout=30, via="events")
        assert not stage.tasks
