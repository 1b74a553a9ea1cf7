"""What a test may ask a fake afterwards, and wait for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from conftest import Served, Serving, prompt_body

from opencode_fake import FakeServer, ManualClock, NotHappened
from opencode_fake.scripts import Exactly, reply, text, tool

SCRIPT: dict[str, Any] = {
    "replies": [
        {"prompt": "list the files", "steps": [{"tool": "bash", "input": {"command": "ls"}, "output": "a"}]},
        {"prompt": "hello", "steps": [{"text": "Hello."}]},
        {"prompt": "never asked", "steps": [{"text": "?"}]},
    ]
}


@pytest.fixture
async def talk(serving: Serving) -> AsyncIterator[Served]:
    """A fake that was asked two things."""
    async with serving(SCRIPT) as served:
        session = await served.session()
        await served.prompt(session, "list the files", agent="plan")
        await served.prompt(session, "Hello!")
        yield served


@pytest.fixture
def blocking() -> Iterator[FakeServer]:
    """A fake for code without an event loop."""
    with FakeServer([reply("hello", text("Hello."))]) as server:
        yield server


async def test_prompts_are_kept_in_order(talk: Served) -> None:
    """With their text, session and message."""
    first, second = talk.server.prompts
    assert (first.text, second.text) == ("list the files", "Hello!")
    assert first.session_id == second.session_id
    assert first.message["info"]["agent"] == "plan"
    assert first.at < second.at


async def test_a_prompt_can_be_asserted(talk: Served) -> None:
    """In one line, by a pattern as in a script, and by how often it came."""
    assert [each.text for each in talk.server.assert_prompted("HELLO")] == ["Hello!"]
    assert talk.server.assert_prompted(Exactly(exactly="list the files"), times=1)
    assert talk.server.assert_prompted(re.compile("^hello", re.IGNORECASE))
    assert talk.server.assert_prompted("goodbye", times=0) == ()


@pytest.mark.parametrize(
    ("pattern", "times", "told"),
    [
        (
            "list the fields",
            None,
            "expected a prompt like 'list the fields'; the nearest of those received\n  - 'list the files' to ses_",
        ),
        ("hello", 2, "expected a prompt like 'hello' 2 times; these fit\n  - 'Hello!' to ses_"),
        ("hello", 0, "expected a prompt like 'hello' never; these fit"),
    ],
)
async def test_a_prompt_that_did_not_come_is_told_with_the_nearest(
    talk: Served, pattern: str, times: int | None, told: str
) -> None:
    """The nearest comes first."""
    with pytest.raises(AssertionError) as failed:
        talk.server.assert_prompted(pattern, times=times)
    assert str(failed.value).startswith(told)


async def test_all_prompts_are_compared_with_a_diff(talk: Served) -> None:
    """One that fits does not show as a difference."""
    talk.server.assert_prompts("list the files", "hello")
    with pytest.raises(AssertionError) as failed:
        talk.server.assert_prompts("list the files", "go on", "hello")
    assert str(failed.value).splitlines()[4:] == [" 'list the files'", "-'go on'", "-'hello'", "+'Hello!'"]


async def test_requests_can_be_asserted(talk: Served) -> None:
    """By method, path, headers, query and what their bodies hold."""
    found = talk.server.assert_requested(
        "post", "/session/*/message", json={"parts": [{"text": "Hello!"}]}, headers={"content-type": "application/json"}
    )
    assert len(found) == 1
    talk.server.assert_requested("DELETE", "/session/*", times=0)


async def test_a_request_that_did_not_come_is_told_with_what_kept_the_nearest(talk: Served) -> None:
    """Each of the reasons."""
    with pytest.raises(AssertionError) as failed:
        talk.server.assert_requested(
            "POST", "/session/*/message", query={"directory": "/x"}, headers={"x-tenant": "a"}, json={"agent": "build"}
        )
    lines = str(failed.value).splitlines()
    assert lines[0] == "expected POST /session/*/message; the nearest of those received"
    assert "      the header x-tenant is None, not 'a'" in lines
    assert "      the query's directory is None, not '/x'" in lines
    assert "      body.agent is 'plan', not 'build'" in lines


async def test_a_request_can_be_awaited(serving: Serving) -> None:
    """It has come when it is answered; a stream, when it is open."""
    async with serving(SCRIPT) as served:
        listening, second = (
            served.server.requested("GET", "/event"),
            served.server.requested("POST", "/session", times=2),
        )
        await served.session()
        async with served.http.stream("GET", "/event"):
            assert (await listening).status == 200
        await served.session()
        assert (await second) is served.server.journal[-1]
        with pytest.raises(NotHappened, match=r"the request PATCH /session/\*, time 1, did not come"):
            await served.server.requested("PATCH", "/session/*", timeout=0.01)


async def test_nothing_received_is_told(serving: Serving) -> None:
    """In words."""
    async with serving() as served:
        with pytest.raises(AssertionError, match="no prompt was received at all"):
            served.server.assert_prompted("hello")
        with pytest.raises(AssertionError, match="no request was received at all"):
            served.server.assert_requested("GET", "/session")
        assert served.server.describe() == "nothing was received"


async def test_a_prompt_can_be_awaited(serving: Serving) -> None:
    """Nobody sleeps: the moment comes when the prompt is stored."""
    async with serving(SCRIPT) as served:
        session = await served.session()
        second, hello = served.server.prompted(2), served.server.prompted("hello")
        for prompt in ("list the files", "Hello!"):
            await served.http.post(f"/session/{session}/prompt_async", json=prompt_body(prompt))
        assert (await second).text == (await hello).text == "Hello!"
        assert (await served.server.prompted("files")).text == "list the files"
        assert (await served.server.told("session.idle")).type == "session.idle"


async def test_what_does_not_happen_is_told_with_what_did(talk: Served) -> None:
    """The whole story stands in the error."""
    with pytest.raises(NotHappened) as failed:
        await talk.server.prompted(3, timeout=0.01)
    assert str(failed.value).startswith("3 prompts did not come within 0.01 s; what happened instead:\nwhat stands out")


def test_a_prompt_can_be_waited_for_without_an_event_loop(blocking: FakeServer) -> None:
    """From the thread of the test."""
    auth = (blocking.username, blocking.password or "")
    with (
        httpx.Client(base_url=blocking.url, auth=auth, trust_env=False) as http,
        ThreadPoolExecutor(1) as pool,
    ):
        session = http.post("/session", json={}).json()["id"]
        asked = pool.submit(http.post, f"/session/{session}/message", json=prompt_body("hello"))
        assert blocking.prompted(1).wait().session_id == session
        assert asked.result().status_code == 200
        with pytest.raises(NotHappened):
            blocking.told("session.error", timeout=0.01).wait()


async def test_replies_can_be_added(serving: Serving) -> None:
    """They come before those that the script has; counts of uses stay with their replies."""
    async with serving({"replies": [{"prompt": "hello", "uses": 1, "steps": [{"text": "old"}]}]}) as served:
        session = await served.session()
        await served.prompt(session, "hello")
        served.server.play(reply("hello", text("new"), uses=1), reply("bye", text("Bye.")))
        answers = [(await served.prompt(session, "hello")).json() for _ in range(2)]
    assert answers[0]["parts"][1]["text"] == "new"
    assert "was used 1 of 1 times" in answers[1]["info"]["error"]["data"]["message"]


async def test_permissions_of_added_replies_are_asked(serving: Serving) -> None:
    """The rules are those of all replies."""
    async with serving() as served:
        session = await served.session()
        served.server.play(reply("go", tool("bash", {"command": "rm x"}, output="", permission="deny"), text("Done.")))
        await served.prompt(session, "go")
        tools = [part for message in await served.messages(session) for part in message["parts"] if "tool" in part]
    assert [part["state"]["status"] for part in tools] == ["error"]


async def test_the_story_names_what_matters(serving: Serving) -> None:
    """What stands out comes first, then the conversation, requests and events."""
    async with serving(SCRIPT) as served:
        session = await served.session()
        await served.prompt(session, "list the files")
        await served.prompt(session, "list the fields")
        told = served.server.describe()
    lines = told.splitlines()
    assert lines[:3] == [
        "what stands out",
        "  - no reply of the script answers the prompt 'list the fields'",
        "    nearest replies:",
    ]
    headings = [line for line in lines if not line.startswith(" ")]
    assert headings == ["what stands out", "conversation", "requests", "events"]
    assert any('tool bash completed {"command": "ls"' in line and "-> 'a'" in line for line in lines)
    assert any("error APIError" in line for line in lines)
    assert any(f"POST /session/{session}/message -> 200" in line for line in lines)


async def test_what_stands_out(serving: Serving) -> None:
    """Replies that were never used with the nearest prompt, requests turned away, paths unknown, asks and runs."""
    script = {
        "replies": [
            {"prompt": "list", "steps": [{"text": "a"}]},
            {"prompt": "list the files", "steps": [{"text": "b"}]},
            {"prompt": "hello", "session": 7, "steps": [{"text": "c"}]},
            {"prompt": "clean", "steps": [{"tool": "bash", "input": {"command": "rm x"}, "permission": "ask"}]},
            {"prompt": "choose", "steps": [{"question": "Which?", "options": ["A"]}]},
            {"prompt": "wait", "steps": [{"delay": 60}]},
            {"name": "rest", "prompt": "hello", "steps": [{"text": "d"}]},
            {"prompt": "bye", "steps": [{"text": "e"}]},
        ]
    }
    async with serving(script, clock=ManualClock()) as served:
        sessions = [await served.session() for _ in range(5)]
        for session, prompt in zip(sessions, ("list the files", "clean", "choose", "wait", "hello"), strict=True):
            await served.http.post(f"/session/{session}/prompt_async", json=prompt_body(prompt))
        await served.server.told("permission.asked")
        await served.server.told("question.asked")
        await served.server.told("session.idle", times=2)
        await served.http.get("/nowhere", auth=("opencode", "wrong"))
        await served.http.get("/nowhere")
        await served.http.get(served.server.url.removesuffix("/opencode") + "/session")
        found = [re.sub(r"(per|que)_\w+", r"\1_", each) for each in served.server.findings]
    assert found == [
        (
            "never used: reply to 'list the files': fits 'list the files', but reply to 'list' answered: "
            "the first that fits does"
        ),
        "never used: reply to 'hello': fits 'hello', but reply 'rest' answered: the first that fits does",
        "never used: reply to 'bye': the prompt does not contain 'bye'; the nearest was 'list the files'",
        (
            "1 request with a wrong user name or password, refused with 401: "
            "the right ones are server.username and server.password"
        ),
        "GET /session is outside of the base path '/opencode', answered with 404: begin with server.url, which has it",
        "GET /nowhere is a path that this server does not know",
        f"""{sessions[1]} waits for leave ('bash rm x'): POST /permission/per_/reply with {{"reply": "once"}}""",
        f"{sessions[2]} waits for an answer: POST /question/que_/reply",
        f"{sessions[3]} is still at its reply to 'wait' (busy)",
    ]


async def test_an_unanswered_request_is_in_the_journal(serving: Serving) -> None:
    """Requests are noted when they come."""
    async with serving({"replies": [{"steps": [{"delay": 60}, {"text": "x"}]}]}, clock=None) as served:
        session = await served.session()
        asked = asyncio.create_task(served.prompt(session, "go"))
        await served.server.prompted()
        assert str(served.server.journal[-1]).startswith(f"POST /session/{session}/message")
        await asked
        assert served.server.journal[-1].status == 200
