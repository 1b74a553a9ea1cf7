"""What the model is offered and what is asked of the user, by version; and parts and forks found by their ids."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from conftest import Served, Serving, prompt_body

QUESTION = {"question": "Which?", "header": "Which", "options": [{"label": "A", "description": "a"}], "custom": False}
ASKING = {"tool": "bash", "input": {"command": "ls"}, "output": "a", "permission": "ask"}
SCRIPT = {
    "replies": [
        {"prompt": "run", "steps": [{"tool": "bash", "input": {"command": "pwd"}, "output": "/"}, {"text": "Ran."}]},
        {"prompt": "ask", "steps": [{"tool": "question", "input": {"questions": [QUESTION]}}, {"text": "Asked."}]},
        {"prompt": "leave", "steps": [ASKING, {"text": "Listed."}]},
        {"prompt": "job", "steps": [{"task": "leave", "description": "A job", "agent": "general"}, {"text": "Done."}]},
        {"steps": [{"text": "Hello."}]},
    ]
}
DENIED = [{"permission": "bash", "pattern": "*", "action": "deny"}]


async def asked(served: Served, kind: str) -> dict[str, Any]:
    """The first request that waits for an answer."""
    async with asyncio.timeout(5):
        while not (listed := (await served.http.get(f"/{kind}")).json()):  # noqa: ASYNC110 - it is a request
            await asyncio.sleep(0)
    return dict(listed[0])


@pytest.mark.parametrize(("version", "name"), [("1.2.27", "bash"), ("1.3.0", "invalid"), ("1.18.34", "invalid")])
async def test_a_tool_that_the_session_denies(serving: Serving, version: str, name: str) -> None:
    """It fails, or is not even offered any more, so that the call becomes one of another tool."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session(permission=DENIED)
        await served.prompt(session, "run")
        part = (await served.messages(session))[1]["parts"][1]
    assert part["tool"] == name
    assert (part["state"]["status"] == "error") == (name == "bash")
    if name == "invalid":
        assert part["state"]["input"]["tool"] == "bash"
        assert "bash" not in part["state"]["output"].partition("Available tools")[2]


async def test_a_tool_that_the_prompt_switches_off(serving: Serving) -> None:
    """It is not offered for this prompt."""
    async with serving(SCRIPT) as served:
        session = await served.session()
        await served.prompt(session, "run", tools={"bash": False})
        part = (await served.messages(session))[1]["parts"][1]
    assert (part["tool"], part["state"]["title"]) == ("invalid", "Invalid Tool")


@pytest.mark.parametrize(("version", "kept"), [("1.1.53", True), ("1.14.34", False)])
async def test_what_a_question_tells(serving: Serving, version: str, kept: bool) -> None:
    """All that the model said, or what the tool knows of it."""
    async with serving(SCRIPT, version=version) as served:
        await served.http.post(f"/session/{await served.session()}/prompt_async", json=prompt_body("ask"))
        (question,) = (await asked(served, "question"))["questions"]
    assert question == {key: value for key, value in QUESTION.items() if kept or key != "custom"}


@pytest.mark.parametrize(("version", "status"), [("1.17.0", "completed"), ("1.18.34", "error")])
async def test_a_task_whose_subagent_was_refused(serving: Serving, version: str, status: str) -> None:
    """It ends without a word, which later counts as a failure."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        running = asyncio.create_task(served.prompt(session, "job"))
        request = await asked(served, "permission")
        await served.http.post(f"/permission/{request['id']}/reply", json={"reply": "reject"})
        await running
        state = (await served.messages(session))[1]["parts"][1]["state"]
    assert state["status"] == status
    if status == "error":
        assert state["error"].startswith(f"Subagent failed (task_id: {request['sessionID']}): The user rejected")
        assert state["metadata"]["sessionId"] == request["sessionID"]


@pytest.mark.parametrize(("version", "error"), [("1.14.34", "Tool execution aborted"), ("1.18.34", "Task cancelled")])
async def test_an_abort_ends_the_subagent_that_asks(serving: Serving, version: str, error: str) -> None:
    """With all that waits for an answer."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        await served.http.post(f"/session/{session}/prompt_async", json=prompt_body("job"))
        request = await asked(served, "permission")
        await served.http.post(f"/session/{session}/abort")
        parent, child = [await served.messages(each) for each in (session, request["sessionID"])]
        statuses = (await served.http.get("/session/status")).json()
    assert statuses == {}
    assert parent[1]["parts"][1]["state"]["error"] == error
    assert [each[1]["info"]["error"]["name"] for each in (parent, child)] == ["MessageAbortedError"] * 2


async def test_an_abort_leaves_a_subagent_that_asks_open(serving: Serving) -> None:
    """To 1.3.2 it waits for the answer, and so does the task."""
    async with serving(SCRIPT) as served:
        session = await served.session()
        await served.http.post(f"/session/{session}/prompt_async", json=prompt_body("job"))
        request = await asked(served, "permission")
        await served.http.post(f"/session/{session}/abort")
        during = (await served.messages(session))[1]
        statuses = (await served.http.get("/session/status")).json()
    assert statuses == {}
    assert "completed" not in during["info"]["time"]
    assert request["sessionID"] != session


@pytest.mark.parametrize(("version", "gone"), [("1.1.53", False), ("1.2.1", True)])
async def test_a_part_is_deleted_by_another_messages_name(serving: Serving, version: str, gone: bool) -> None:
    """Where parts are found anywhere in the session."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        await served.prompt(session, "hello")
        user, answer = await served.messages(session)
        part = answer["parts"][1]["id"]
        await served.http.delete(f"/session/{session}/message/{user['info']['id']}/part/{part}")
        left = [each["id"] for each in (await served.messages(session))[1]["parts"]]
    assert (part not in left) == gone


@pytest.mark.parametrize(("version", "copied"), [("1.14.34", 0), ("1.18.34", 2)])
async def test_a_fork_at_an_older_message_that_is_not_there(serving: Serving, version: str, copied: int) -> None:
    """Nothing is older, or nothing is that message."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        await served.prompt(session, "hello")
        body = {"messageID": "msg_00000000000000000000000000"}
        fork = (await served.http.post(f"/session/{session}/fork", json=body)).json()
        messages = await served.messages(fork["id"])
    assert len(messages) == copied


async def test_what_messages_cost_moves_with_them(serving: Serving) -> None:
    """A fork is told as it was made and then costs what it copied; what a prompt after a revert drops is taken back."""
    async with serving(SCRIPT, version="1.18.34") as served:
        session = await served.session()
        for _ in range(2):
            await served.prompt(session, "hello")
        fork = (await served.http.post(f"/session/{session}/fork", json={})).json()
        copied = (await served.http.get(f"/session/{fork['id']}")).json()
        second = (await served.messages(session))[2]["info"]["id"]
        await served.http.post(f"/session/{session}/revert", json={"messageID": second})
        await served.prompt(session, "hello")
        after = (await served.http.get(f"/session/{session}")).json()
    assert (fork["cost"], copied["cost"]) == (0, 0.0012)
    assert after["cost"] == pytest.approx(0.0012)
    assert after["tokens"]["output"] == 40


async def test_what_costs_nothing_any_more_costs_a_whole_number(serving: Serving) -> None:
    """As JavaScript writes it: 0, not 0.0."""
    async with serving(SCRIPT, version="1.18.34") as served:
        session = await served.session()
        await served.prompt(session, "hello")
        first = (await served.messages(session))[0]["info"]["id"]
        await served.http.post(f"/session/{session}/revert", json={"messageID": first})
        await served.prompt(session, "hello", noReply=True)
        told = (await served.http.get(f"/session/{session}")).text
    assert '"cost":0,' in told
