"""What a test can hold, and what becomes of runs that are held."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from conftest import Served, Serving, prompt_body

from opencode_fake import FakeServer, ManualClock, NotHappened, UnknownStep
from opencode_fake.scripts import delay, provider_error, reply, script, task, text, tool

BOTH = pytest.mark.parametrize("version", ["1.1.53", "1.18.34"])
TESTS = tool("bash", {"command": "make test", "description": "Run"}, output="7 passed\n", name="tests")
SCRIPT = script(
    reply("check", text("I'll run the tests."), TESTS, text("They pass.", name="verdict")),
    reply(
        "both",
        tool("bash", {"command": "ls"}, output="a.py\n", duration=60),
        tool("bash", {"command": "pwd"}, output="/\n", parallel=True, name="second"),
    ),
    reply("delegate", task("look", agent="explore")),
    reply("look", text("Looked.", name="below")),
    reply("busy", provider_error(429, "slow down", times=1, retry_after=1, name="refusal"), text("Now.")),
).model_dump(exclude_none=True, exclude_defaults=True)


async def begin(served: Served, prompt: str) -> str:
    """A session that was given a prompt, whose answer nobody waits for."""
    session = await served.session()
    await served.http.post(f"/session/{session}/prompt_async", json=prompt_body(prompt))
    return session


async def tools(served: Served, session: str) -> list[dict[str, Any]]:
    """The states of the tool calls of a session."""
    messages = await served.messages(session)
    return [part["state"] for message in messages for part in message["parts"] if part["type"] == "tool"]


@BOTH
async def test_a_run_stands_before_the_step_that_is_held(serving: Serving, version: str) -> None:
    """Nothing of the step is there, and once released it goes on to its end."""
    async with serving(SCRIPT, version=version) as served:
        with served.server.hold("tests") as held:
            session = await begin(served, "check")
            arrival = await held.reached
            assert (arrival.step, arrival.session_id) == ("tests", session)
            assert await tools(served, session) == []
            assert (await served.http.get("/session/status")).json() == {session: {"type": "busy"}}
            held.release()
            await served.server.told("session.idle")
        (state,) = await tools(served, session)
    assert (state["status"], state["output"]) == ("completed", "7 passed\n")


@BOTH
async def test_the_end_of_the_block_lets_the_run_go(serving: Serving, version: str) -> None:
    """No release is needed."""
    async with serving(SCRIPT, version=version) as served:
        with served.server.hold("verdict") as held:
            session = await begin(served, "check")
            await held.reached
            assert [state["status"] for state in await tools(served, session)] == ["completed"]
        await served.server.told("session.idle")
        assert (await served.messages(session))[-1]["parts"][1]["text"] == "They pass."


@pytest.mark.parametrize(
    ("version", "status", "ending"),
    [
        ("1.1.53", "error", {"error": "Tool execution aborted"}),
        (
            "1.18.34",
            "completed",
            {
                "output": "(no output)\n\n<shell_metadata>\nUser aborted the command\n</shell_metadata>",
                "title": "make test",
            },
        ),
    ],
)
async def test_a_tool_is_aborted_exactly_while_it_runs(
    serving: Serving, version: str, status: str, ending: dict[str, str]
) -> None:
    """It was told to run, it is given up as one at work, and the session is idle."""
    async with serving(SCRIPT, version=version) as served:
        with served.server.hold("tests", running=True) as held:
            session = await begin(served, "check")
            await held.reached
            (before,) = await tools(served, session)
            assert (before["status"], "output" in before) == ("running", False)
            assert (await served.http.post(f"/session/{session}/abort")).json() is True
            again = (await served.prompt(session, "look")).json()
            assert again["parts"][1]["text"] == "Looked."
            (after,) = await tools(served, session)
            answer = (await served.messages(session))[1]["info"]
    assert (after["status"], after["input"]) == (status, {"command": "make test", "description": "Run"})
    assert {key: after[key] for key in ending} == ending
    assert answer["error"]["name"] == "MessageAbortedError"
    assert answer["time"]["completed"] >= after["time"]["end"]


@BOTH
async def test_a_run_that_is_held_before_a_step_is_aborted_there(serving: Serving, version: str) -> None:
    """The message holds what came before the step, and the error."""
    async with serving(SCRIPT, version=version) as served:
        with served.server.hold("tests") as held:
            session = await begin(served, "check")
            await held.reached
            await served.http.post(f"/session/{session}/abort")
            await served.prompt(session, "look")
            _, answer, *_ = await served.messages(session)
    kinds = [part["type"] for part in answer["parts"]]
    assert kinds == ["step-start", "text"]
    assert answer["info"]["error"]["name"] == "MessageAbortedError"


async def test_two_holds_are_passed_one_after_the_other(serving: Serving) -> None:
    """Each stands by itself."""
    async with serving(SCRIPT) as served:
        with served.server.hold("tests") as first, served.server.hold("verdict") as second:
            session = await begin(served, "check")
            await first.reached
            with pytest.raises(NotHappened):
                await served.server.told("session.idle", timeout=0)
            first.release()
            await second.reached
            assert len(await tools(served, session)) == 1
            second.release()
            await served.server.told("session.idle")


@BOTH
@pytest.mark.parametrize("running", [False, True])
async def test_tools_beside_the_one_that_is_held_go_on(serving: Serving, version: str, running: bool) -> None:
    """What runs beside it has ended when the run stands still."""
    async with serving(SCRIPT, version=version) as served:
        with served.server.hold("second", running=running) as held:
            session = await begin(served, "both")
            await held.reached
            assert [state["status"] for state in await tools(served, session)] == ["completed", "running"][
                : 1 + running
            ]
        await served.server.told("session.idle")
        assert [state["output"] for state in await tools(served, session)] == ["a.py\n", "/\n"]


@BOTH
async def test_a_subagent_is_held(serving: Serving, version: str) -> None:
    """Its own session arrives; an abort of the parent ends it as well."""
    async with serving(SCRIPT, version=version) as served:
        with served.server.hold("below") as held:
            session = await begin(served, "delegate")
            child = (await held.reached).session_id
            assert child != session
            await served.http.post(f"/session/{session}/abort")
            await served.prompt(child, "check")
            assert (await served.messages(child))[1]["info"]["error"]["name"] == "MessageAbortedError"


async def test_a_refusal_is_held(serving: Serving) -> None:
    """The call is not refused before the run goes on."""
    async with serving(SCRIPT) as served:
        with served.server.hold("refusal") as held:
            session = await begin(served, "busy")
            await held.reached
            assert (await served.http.get("/session/status")).json()[session] == {"type": "busy"}
        await served.server.told("session.idle")
        assert (await served.messages(session))[-1]["parts"][1]["text"] == "Now."


async def test_prompts_wait_behind_a_run_that_is_held(serving: Serving) -> None:
    """They are stored and answered after it."""
    async with serving(SCRIPT) as served:
        with served.server.hold("tests") as held:
            session = await begin(served, "check")
            await held.reached
            await served.http.post(f"/session/{session}/prompt_async", json=prompt_body("look"))
            await served.server.prompted(2)
            assert [each["info"]["role"] for each in await served.messages(session)] == ["user", "assistant", "user"]
        await served.server.told("session.idle")
        assert (await served.messages(session))[-1]["parts"][1]["text"] == "Looked."


async def test_a_session_that_is_not_held_goes_its_way(serving: Serving) -> None:
    """Every run that comes to the step stops, no other."""
    async with serving(SCRIPT) as served:
        with served.server.hold("tests") as held:
            await begin(served, "check")
            await held.reached
            assert (await served.prompt(await served.session(), "look")).json()["parts"][1]["text"] == "Looked."


async def test_time_passes_up_to_the_step_that_is_held() -> None:
    """A clock that is moved by hand moves the run to it."""
    clock = ManualClock()
    async with (
        FakeServer([reply("wait", delay(30), text("Done.", name="end"))], clock=clock, password=None) as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as http,
    ):
        session = (await http.post("/session", json={})).json()["id"]
        with server.hold("end") as held:
            asked = asyncio.create_task(http.post(f"/session/{session}/message", json=prompt_body("wait")))
            await server.prompted()
            await clock.advance(30)
            await held.reached
            assert not asked.done()
        assert (await asked).json()["parts"][1]["text"] == "Done."


async def test_a_step_that_is_not_reached_is_told_with_what_happened_instead(serving: Serving) -> None:
    """The story names the step and where the runs are."""
    async with serving(SCRIPT) as served:
        with served.server.hold("verdict", timeout=0.05) as held:
            await served.prompt(await served.session(), "look")
            with pytest.raises(NotHappened) as failed:
                await held.reached
        told = str(failed.value)
        assert told.startswith("a run at the step 'verdict' did not come within 0.05 s; what happened instead:\n")
        assert "- held before 'verdict': no run came here\n" in told
        assert "held before 'verdict': no run came here (let go)" in served.server.describe()


async def test_a_server_stops_while_a_run_is_held(serving: Serving) -> None:
    """The run ends with it."""
    async with serving(SCRIPT) as served:
        hold = served.server.hold("tests", running=True)
        held = hold.__enter__()
        await begin(served, "check")
        await held.reached
    hold.__exit__(None, None, None)
    assert not served.server._app.driver.failures


@pytest.mark.parametrize(
    ("step", "running", "told"),
    [
        ("test", False, "no step of the script is named 'test'; did you mean 'tests'? there are: below, refusal, "),
        ("verdict", True, "the step 'verdict' calls no tool that could run: leave out 'running'"),
    ],
)
async def test_what_cannot_be_held_is_said(serving: Serving, step: str, running: bool, told: str) -> None:
    """With the names that there are."""
    async with serving(SCRIPT) as served:
        with pytest.raises(UnknownStep, match=re.escape(told)), served.server.hold(step, running=running):
            pass


def test_a_script_without_names_says_how_to_write_one() -> None:
    """In Python's notation."""
    server = FakeServer([reply("hello", text("Hello."))])
    with pytest.raises(UnknownStep, match=r"write one as in tool\(..., name='tests'\)"), server.hold("tests"):
        pass


def test_steps_of_added_replies_can_be_held() -> None:
    """From code without an event loop, too."""
    with FakeServer(password=None) as server, httpx.Client(base_url=server.url, trust_env=False) as http:
        server.play(reply("check", TESTS, text("Fine.")))
        session = http.post("/session", json={}).json()["id"]
        with ThreadPoolExecutor(1) as pool, server.hold("tests", running=True) as held:
            asked = pool.submit(http.post, f"/session/{session}/message", json=prompt_body("check"))
            assert held.reached.wait().session_id == session
            assert not asked.done()
            held.release()
            assert asked.result().json()["parts"][1]["text"] == "Fine."
