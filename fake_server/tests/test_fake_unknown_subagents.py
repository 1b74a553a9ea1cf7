"""Subtask parts that name an agent that does not exist."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Served, Serving

SCRIPT = {"default": {"steps": [{"text": "Anything."}]}}
SUBTASK = {"type": "subtask", "agent": "nosuch", "description": "A job", "prompt": "do it"}


async def ask(served: Served) -> tuple[int, str, list[dict[str, Any]]]:
    """Sends a prompt with such a part: status and body of the answer, and the assistant's messages."""
    session_id = await served.session()
    answer = await served.http.post(f"/session/{session_id}/message", json={"parts": [SUBTASK]})
    messages = await served.messages(session_id)
    return answer.status_code, answer.text, [each for each in messages if each["info"]["role"] == "assistant"]


@pytest.mark.parametrize("version", ["1.1.53", "1.3.0"])
async def test_the_call_fails_and_the_reply_goes_on(serving: Serving, version: str) -> None:
    """Older versions find it out when the subagent is to begin."""
    async with serving(SCRIPT, version=version) as served:
        status, text, (task, reply) = await ask(served)
    assert status == 200
    assert json.loads(text)["info"]["id"] == reply["info"]["id"]
    assert task["info"]["finish"] == "tool-calls"
    state = task["parts"][0]["state"]
    assert state["status"] == "error"
    assert state["error"] == "Tool execution failed: Unknown agent type: nosuch is not a valid agent type"


@pytest.mark.parametrize(("version", "status"), [("1.3.2", 200), ("1.14.41", 200), ("1.18.34", 500)])
async def test_the_run_ends_where_agents_are_looked_up_first(serving: Serving, version: str, status: int) -> None:
    """Later versions leave the call running, say session.error, and answer without a message."""
    async with serving(SCRIPT, version=version) as served, served.http.stream("GET", "/event") as stream:
        answered, text, (task,) = await ask(served)
        said, message = [], ""
        async for line in stream.aiter_lines():
            event = json.loads(line.removeprefix("data: ") or "{}")
            said.append(event.get("type"))
            if event.get("type") == "session.error":
                message = event["properties"]["error"]["data"]["message"]
            if event.get("type") == "session.idle":
                break
    assert (answered, text == "") == (status, status == 200)
    assert message.startswith('Agent not found: "nosuch".')
    assert said.index("session.error") < said.index("session.idle")
    assert "completed" not in task["info"]["time"]
    assert task["parts"][0]["state"]["status"] == "running"
