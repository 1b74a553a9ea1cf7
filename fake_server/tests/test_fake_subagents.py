"""Subagents: for the tool ``task``, for subtask parts of prompts, and for commands that are one."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from conftest import Served, Serving, prompt_body

from opencode_fake import ManualClock

SCRIPT = {
    "replies": [
        {"prompt": "sub", "steps": [{"text": "The result."}]},
        {"prompt": "job", "steps": [{"task": "sub it", "description": "A job", "agent": "general"}, {"text": "Done."}]},
        {"prompt": "a long one", "steps": [{"task": "long", "description": "A job", "agent": "general"}]},
        {"prompt": "long", "steps": [{"delay": 60}, {"text": "Too late."}]},
        {"steps": [{"text": "Hello."}]},
    ]
}
TASK = {"type": "subtask", "prompt": "sub it", "description": "Sub it", "agent": "general"}
RESULTS = {
    "1.1.34": "The result.\n\n<task_metadata>\nsession_id: ses\n</task_metadata>",
    "1.1.53": "task_id: ses (for resuming to continue this task if needed)\n\n"
    "<task_result>\nThe result.\n</task_result>",
    "1.15.13": '<task id="ses" state="completed">\n<task_result>\nThe result.\n</task_result>\n</task>',
}
SHOWN = {
    "1.1.34": {"summary", "sessionId", "truncated"},
    "1.1.53": {"summary", "sessionId", "model", "truncated"},
    "1.1.56": {"sessionId", "model", "truncated"},
    "1.15.0": {"parentSessionId", "sessionId", "model", "truncated"},
}


@asynccontextmanager
async def listening(served: Served) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of the event stream."""
    async with served.http.stream("GET", "/event") as response:
        lines = response.aiter_lines()
        await anext(lines)
        yield lines


async def ending(lines: AsyncIterator[str]) -> str:
    """The session whose message is the next to end in an error."""
    async for line in lines:
        told = json.loads(line.removeprefix("data: ")) if line else {}
        info = told.get("properties", {}).get("info", {})
        if told.get("type") == "message.updated" and "error" in info:
            return str(info["sessionID"])
    raise AssertionError("the stream ended")


async def child_of(served: Served, session: str) -> dict[str, Any]:
    """The one session below another."""
    (child,) = (await served.http.get(f"/session/{session}/children")).json()
    return dict(child)


@pytest.mark.parametrize("version", RESULTS)
async def test_how_the_model_is_told_of_a_task(serving: Serving, version: str) -> None:
    """In three wordings so far."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        await served.prompt(session, "job")
        state = (await served.messages(session))[1]["parts"][1]["state"]
    assert re.sub(r"ses_\w+", "ses", state["output"]) == RESULTS[version]


@pytest.mark.parametrize("version", SHOWN)
async def test_what_a_task_shows(serving: Serving, version: str) -> None:
    """The child, and what else a version tells."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        await served.prompt(session, "job")
        metadata = (await served.messages(session))[1]["parts"][1]["state"]["metadata"]
        child = await child_of(served, session)
    assert set(metadata) == SHOWN[version]
    assert metadata["sessionId"] == child["id"]
    assert metadata.get("parentSessionId", session) == session


async def test_a_task_that_shows_its_child_keeps_nothing_raw(serving: Serving) -> None:
    """In 1.14.41, where a tool that shows nothing yet does."""
    states: list[dict[str, Any]] = []
    async with serving(SCRIPT, version="1.14.41") as served, served.http.stream("GET", "/event") as stream:
        session = await served.session()
        await served.prompt(session, "job")
        async for line in stream.aiter_lines():
            told = json.loads(line.removeprefix("data: ") or "{}")
            part = told.get("properties", {}).get("part", {})
            if part.get("tool") == "task" and part["state"]["status"] == "running":
                states.append(part["state"])
            if told.get("type") == "session.idle" and told["properties"]["sessionID"] == session:
                break
    shown = [state for state in states if "metadata" in state]
    assert shown
    assert not any("raw" in state for state in shown)


@pytest.mark.parametrize(
    ("version", "denied", "named", "told"),
    [
        ("1.1.53", ["todowrite", "todoread", "task"], None, True),
        ("1.14.34", ["task"], None, True),
        ("1.17.0", ["task"], "general", False),
    ],
)
async def test_the_session_of_a_subagent(
    serving: Serving, version: str, denied: list[str], named: str | None, told: bool
) -> None:
    """What it may not do, who it is, and whether its prompt says so, too."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        await served.prompt(session, "job")
        child = await child_of(served, session)
        prompt = (await served.messages(child["id"]))[0]["info"]
    assert [(rule["permission"], rule["action"]) for rule in child["permission"]] == [(tool, "deny") for tool in denied]
    assert child["title"] == "A job (@general subagent)"
    assert child.get("agent") == named
    assert prompt.get("tools") == (dict.fromkeys(denied, False) if told else None)


async def test_a_subtask_part_is_done_before_the_model_is_asked(serving: Serving) -> None:
    """In a message of its own, without asking for leave; then the model answers the prompt."""
    async with serving(SCRIPT) as served:
        session = await served.session()
        answer = await served.prompt(session, "", parts=[TASK])
        user, done, last = await served.messages(session)
        child = await child_of(served, session)
        title = (await served.http.get(f"/session/{session}")).json()["title"]
    assert answer.json()["parts"][1]["text"] == "Hello."
    assert last["info"]["parentID"] == done["info"]["parentID"] == user["info"]["id"]
    assert (done["info"]["agent"], done["info"]["finish"]) == ("general", "tool-calls")
    (call,) = done["parts"]
    assert re.fullmatch(r"01[0-9A-HJKMNP-TV-Z]{24}", call["callID"])
    assert call["state"]["input"] == {"prompt": "sub it", "description": "Sub it", "subagent_type": "general"}
    assert call["state"]["metadata"]["sessionId"] == child["id"]
    assert title == "sub it"


async def test_a_commands_subtask_is_summed_up(serving: Serving) -> None:
    """The server asks the model for it in the user's name."""
    async with serving(SCRIPT) as served:
        session = await served.session()
        body = {"command": "review", "arguments": "it"}
        answer = await served.http.post(f"/session/{session}/command", json=body)
        user, done, asked, last = await served.messages(session)
    assert answer.json()["info"]["id"] == last["info"]["id"]
    assert user["parts"][0]["command"] == done["parts"][0]["state"]["input"]["command"] == "review"
    assert done["info"]["agent"] == "build"
    assert asked["parts"][0]["synthetic"] is True
    assert asked["parts"][0]["text"].startswith("Summarize the task tool output")


async def test_a_subtask_for_nobody_fails(serving: Serving) -> None:
    """The model is asked all the same."""
    async with serving(SCRIPT) as served:
        session = await served.session()
        await served.prompt(session, "", parts=[{**TASK, "agent": "nobody"}])
        _, done, last = await served.messages(session)
    assert done["parts"][0]["state"]["status"] == "error"
    assert "nobody is not a valid agent" in done["parts"][0]["state"]["error"]
    assert last["parts"][1]["text"] == "Hello."


@pytest.mark.parametrize("version", ["1.1.53", "1.14.34", "1.18.34"])
async def test_an_abort_ends_a_subtask_and_its_child(serving: Serving, version: str) -> None:
    """Nothing runs on."""
    async with serving(SCRIPT, version=version, clock=ManualClock()) as served:
        session = await served.session()
        parts = {"parts": [{**TASK, "prompt": "long"}]}
        await served.http.post(f"/session/{session}/prompt_async", json=parts)
        while len((await served.http.get("/session/status")).json()) < 2:  # noqa: ASYNC110 - it is a request
            await asyncio.sleep(0)
        await served.http.post(f"/session/{session}/abort")
        child = await child_of(served, session)
        statuses = (await served.http.get("/session/status")).json()
        error = (await served.messages(child["id"]))[1]["info"]["error"]["name"]
    assert statuses == {}
    assert error == "MessageAbortedError"


@pytest.mark.parametrize(("version", "first"), [("1.1.53", "child"), ("1.17.0", "parent"), ("1.17.19", "child")])
async def test_whose_message_ends_first_at_an_abort(serving: Serving, version: str, first: str) -> None:
    """The subagent's, where the parent waits for it."""
    clock = ManualClock()
    async with serving(SCRIPT, version=version, clock=clock) as served, listening(served) as log:
        session = await served.session()
        await served.http.post(f"/session/{session}/prompt_async", json=prompt_body("a long one"))
        while len((await served.http.get("/session/status")).json()) < 2:  # noqa: ASYNC110 - it is a request
            await asyncio.sleep(0)
        child = (await child_of(served, session))["id"]
        await served.http.post(f"/session/{session}/abort")
        async with asyncio.timeout(5):
            ended = [(await ending(log)), (await ending(log))]
    assert ended == ([child, session] if first == "child" else [session, child])


async def test_a_subtask_that_was_left_alone_is_done_for_the_next_prompt(serving: Serving) -> None:
    """The last of the first prompt with any is done; that ends the others of all of them."""
    other = {**TASK, "description": "Other"}
    async with serving(SCRIPT) as served:
        session = await served.session()
        for parts in ([other, TASK], [other]):
            await served.http.post(f"/session/{session}/message", json={"parts": parts, "noReply": True})
        await served.prompt(session, "hello")
        first, again = await served.messages(session), await served.prompt(session, "hello")
        children = (await served.http.get(f"/session/{session}/children")).json()
    done, answered = first[3]["info"], first[4]["info"]
    assert done["parentID"] == answered["parentID"] == first[2]["info"]["id"]
    assert (done["agent"], first[3]["parts"][0]["state"]["input"]["description"]) == ("general", "Sub it")
    assert [child["title"] for child in children] == ["Sub it (@general subagent)"]
    assert again.json()["info"]["finish"] == "stop"


@pytest.mark.parametrize(("version", "status"), [("1.17.19", "completed"), ("1.18.3", "error")])
async def test_a_task_below_another_session(serving: Serving, version: str, status: str) -> None:
    """Later it is refused: a subagent sets no other one to work."""
    async with serving(SCRIPT, version=version) as served:
        child = await served.session(parentID=await served.session())
        await served.prompt(child, "job")
        state = (await served.messages(child))[1]["parts"][1]["state"]
        below = (await served.http.get(f"/session/{child}/children")).json()
    assert (state["status"], len(below)) == (status, int(status == "completed"))
    assert state.get("error", "").startswith("Subagent depth limit reached (1).") == (status == "error")


@pytest.mark.parametrize(("version", "completed"), [("1.17.19", None), ("1.18.3", "tool-calls")])
async def test_a_refused_subtask_is_over_when_it_is_told_of(
    serving: Serving, version: str, completed: str | None
) -> None:
    """Its message ends before the first event of it is written; one below nothing says what is missing."""
    async with serving(SCRIPT, version=version) as served:
        child = await served.session(parentID="ses_000000000000AAAAAAAAAAAAAA")
        async with listening(served) as lines:
            await served.http.post(f"/session/{child}/message", json={"parts": [TASK]})
            told = [json.loads(line.removeprefix("data: ")) async for line in until_idle(lines) if line]
        state = (await served.messages(child))[1]["parts"][0]["state"]
    infos = [each["properties"]["info"] for each in told if each["type"] == "message.updated"]
    own = [info for info in infos if info["sessionID"] == child and info["role"] == "assistant"]
    assert own[0].get("finish") == completed
    missing = "Tool execution failed: Session not found: ses_000000000000AAAAAAAAAAAAAA"
    assert state.get("error") == (missing if completed else None)


async def until_idle(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """The lines up to the end of the run."""
    async for line in lines:
        yield line
        if '"session.idle"' in line:
            return


@pytest.mark.parametrize(("version", "kept"), [("1.1.53", False), ("1.15.13", False), ("1.17.0", True)])
async def test_the_variant_of_a_subagents_model(serving: Serving, version: str, kept: bool) -> None:
    """Is that of the prompt that wants the task, from 1.17.0 on."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        await served.http.post(f"/session/{session}/message", json={"parts": [TASK], "variant": "high"})
        below = await served.messages((await child_of(served, session))["id"])
    assert below[0]["info"]["model"].get("variant") == ("high" if kept else None)
    assert below[1]["info"].get("variant") == ("high" if kept else None)


RULES = [
    {"permission": "bash", "pattern": "*", "action": "deny"},
    {"permission": "edit", "pattern": "x*", "action": "ask"},
    {"permission": "external_directory", "pattern": "/a", "action": "allow"},
]


@pytest.mark.parametrize(
    ("version", "inherited"),
    [
        ("1.3.2", []),
        ("1.14.41", ["bash deny", "external_directory allow"]),
        ("1.15.13", ["edit deny", "bash deny", "external_directory allow"]),
        ("1.17.9", ["bash deny", "external_directory allow"]),
    ],
)
async def test_rules_that_a_subagent_inherits(serving: Serving, version: str, inherited: list[str]) -> None:
    """What its parent's session denies or says of other folders, and what the agent that asked may not edit."""
    async with serving(SCRIPT, version=version) as served, listening(served) as lines:
        session = await served.session(permission=RULES)
        task = {**TASK, "agent": "explore"}
        await served.http.post(f"/session/{session}/message", json={"agent": "plan", "parts": [task]})
        born = [
            json.loads(line.removeprefix("data: ")) async for line in until_idle(lines) if "session.created" in line
        ]
    (rules,) = (each["properties"]["info"]["permission"] for each in born if "parentID" in each["properties"]["info"])
    assert [f"{rule['permission']} {rule['action']}" for rule in rules][: len(inherited)] == inherited
    assert {rule["permission"] for rule in rules[len(inherited) :]} <= {"todowrite", "todoread", "task"}


@pytest.mark.parametrize(("version", "denied"), [("1.14.41", ["todowrite", "task"]), ("1.18.34", ["todowrite"])])
async def test_what_a_subagents_own_rules_speak_of_is_not_withheld(
    serving: Serving, version: str, denied: list[str]
) -> None:
    """The planner has a rule about tasks from 1.17.9 on."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        given = {"command": "review", "arguments": "", "agent": "plan"}
        await served.http.post(f"/session/{session}/command", json=given)
        (child,) = (await served.http.get(f"/session/{session}/children")).json()
    assert [rule["permission"] for rule in child["permission"]] == denied
