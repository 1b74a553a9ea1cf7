"""Both clients on the fake server, which answers as the real one does."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import pytest

from opencode_fake import FakeServer, RealClock
from opencode_fake.scripts.model import Script
from opencode_sandbox import (
    AsyncSandboxClient,
    ReplyAborted,
    ReplyFailed,
    SandboxClient,
    SandboxConfig,
    SessionNotFound,
    WrongPassword,
    total_cost,
)

STEPS = [{"text": "Let me look."}, {"tool": "bash", "input": {"command": "ls"}, "output": "a b c"}, {"text": "Three."}]
SCRIPT = Script.model_validate(
    {
        "replies": [
            {"prompt": "list", "steps": STEPS, "tokens": {"input": 3, "output": 7}, "cost": 0.125},
            {"prompt": "fail", "error": {"kind": "provider", "status": 401, "message": "bad key"}},
        ],
        "default": {"steps": [{"text": "Hello."}]},
    }
)


def config(server: FakeServer) -> SandboxConfig:
    """Return the configuration that the server's own credentials object makes."""
    return SandboxConfig.from_api_keys(server.api_keys)


@pytest.mark.parametrize("via", ["poll", "events"])
async def test_ask_with_a_tool_call(via: Literal["poll", "events"]) -> None:
    """A reply with a tool call is whole: both texts, the tool's output, the costs of both messages."""
    async with FakeServer(SCRIPT) as server, AsyncSandboxClient(config(server)) as client:
        session = await client.create_session()
        reply = await client.ask(session.id, "list the files", timeout=30, via=via)
        messages = await client.get_messages(session.id)
    assert reply.text == "Let me look.\nThree."
    assert (reply.cost, reply.tokens.output, reply.finish) == (0.25, 14, "stop")
    assert [getattr(tool.state, "output", None) for tool in reply.tools] == ["a b c"]
    assert reply.messages == messages
    assert total_cost(messages) == reply.cost


@pytest.mark.parametrize("via", ["poll", "events"])
def test_ask_without_a_loop(via: Literal["poll", "events"]) -> None:
    """The blocking client does the same from code without an event loop, several times in one session."""
    with FakeServer(SCRIPT) as server, SandboxClient(config(server)) as client:
        session = client.create_session("mine")
        texts = [client.ask(session.id, prompt, timeout=30, via=via).text for prompt in ("hi", "list it", "hi", "hi")]
        assert client.get_session(session.id).title == "mine"
    assert texts == ["Hello.", "Let me look.\nThree.", "Hello.", "Hello."]


@pytest.mark.parametrize("via", ["poll", "events"])
async def test_failure(via: Literal["poll", "events"]) -> None:
    """A failing provider is an error that carries the server's own."""
    async with FakeServer(SCRIPT) as server, AsyncSandboxClient(config(server)) as client:
        session = await client.create_session()
        with pytest.raises(ReplyFailed, match="bad key") as caught:
            await client.ask(session.id, "fail", timeout=30, via=via)
    assert caught.value.error is not None
    assert caught.value.error.data["statusCode"] == 401


async def test_many_at_once() -> None:
    """Many prompts in sessions of their own do not disturb each other."""
    async with FakeServer(SCRIPT) as server, AsyncSandboxClient(config(server)) as client:
        sessions = [await client.create_session() for _ in range(10)]
        replies = await asyncio.gather(*(client.ask(s.id, "list", timeout=30, via="events") for s in sessions))
    assert [reply.session_id for reply in replies] == [session.id for session in sessions]
    assert {reply.text for reply in replies} == {"Let me look.\nThree."}


async def test_missing_session_and_wrong_password() -> None:
    """A missing session is an error for every method that names one, and so is a wrong password."""
    async with FakeServer(SCRIPT) as server:
        async with AsyncSandboxClient(config(server)) as client:
            calls: list[Any] = [client.get_session, client.get_messages]
            for call in calls:
                with pytest.raises(SessionNotFound):
                    await call("ses_gone")
            with pytest.raises(SessionNotFound):
                await client.send_prompt("ses_gone", "hi")
            session = await client.create_session()
            await client.delete_session(session.id)
            assert session.id not in [each.id for each in await client.list_sessions()]
        async with AsyncSandboxClient(SandboxConfig(server.url, "wrong")) as stranger:
            with pytest.raises(WrongPassword):
                await stranger.list_sessions()


@pytest.mark.parametrize("via", ["poll", "events"])
async def test_abort(via: Literal["poll", "events"]) -> None:
    """An aborted reply is an error of its own."""
    script = Script.model_validate({"default": {"steps": [{"text": "Wait"}, {"delay": 3600}, {"text": "done"}]}})
    async with FakeServer(script, clock=RealClock()) as server, AsyncSandboxClient(config(server)) as client:
        session = await client.create_session()
        task = asyncio.create_task(client.ask(session.id, "go", timeout=30, via=via))
        async with asyncio.timeout(30):
            while session.id not in await client.session_status():
                pass
        await client.abort(session.id)
        with pytest.raises(ReplyAborted):
            await task
