"""A session is deleted while it runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Served, Serving, prompt_body

from opencode_fake import ManualClock

SCRIPT = {"replies": [{"steps": [{"delay": 5}, {"text": "Late."}]}]}


async def _delete_while_it_runs(served: Served, events: list[dict[str, Any]]) -> tuple[str, Any]:
    """The id of the deleted session, and the answer to its prompt; ``events`` are those that follow."""
    session = await served.session()
    async with served.http.stream("GET", "/event") as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        running = asyncio.create_task(served.http.post(f"/session/{session}/message", json=prompt_body("go")))
        async for line in lines:
            if "step-start" in line:
                break
        assert (await served.http.delete(f"/session/{session}")).json() is True
        clock = served.server.clock
        assert isinstance(clock, ManualClock)
        await clock.advance(5)
        answered = await running
        await served.session(title="the end")
        async for line in lines:
            if "the end" in line:
                break
            if line.startswith("data:"):
                events.append(json.loads(line.removeprefix("data:")))
            if "session.deleted" in line:
                events.clear()
    return session, answered


def _told(events: list[dict[str, Any]]) -> Iterator[str]:
    for event in events:
        part = event["properties"].get("part", {})
        yield part.get("type") or event["type"]


@pytest.mark.parametrize(
    ("version", "status", "told"),
    [
        ("1.1.53", 200, ["text", "text", "step-finish", "message.updated", "message.updated", "session.status"]),
        ("1.3.2", 200, ["session.error", "session.status", "session.idle"]),
        ("1.14.41", 200, ["text", "message.part.delta", "text", "step-finish", "message.updated", "message.updated"]),
        ("1.18.34", 500, ["session.error", "session.status", "session.idle"]),
    ],
)
async def test_the_run_of_a_deleted_session(serving: Serving, version: str, status: int, told: list[str]) -> None:
    """Goes on up to 1.1.65 and from 1.14.34 to 1.15.13, or fails when it next writes; it says nothing to its caller."""
    events: list[dict[str, Any]] = []
    async with serving(SCRIPT, version=version, clock=ManualClock()) as served:
        _, answered = await _delete_while_it_runs(served, events)
    assert answered.status_code == status
    seen = list(_told(events))
    assert seen[: len(told)] == told
    assert seen[-2:] == ["session.status", "session.idle"]


async def test_what_a_run_writes_after_its_session_is_kept_up_to_1_1_65(serving: Serving) -> None:
    """Its late message can be listed and read; the prompt is gone."""
    async with serving(SCRIPT, version="1.1.53", clock=ManualClock()) as served:
        session, answered = await _delete_while_it_runs(served, [])
        (message,) = await served.messages(session)
        alone = (await served.http.get(f"/session/{session}/message/{message['info']['id']}")).json()
        missing = await served.http.get(f"/session/{session}")
    assert answered.content == b""
    assert [part["type"] for part in message["parts"]] == ["text", "step-finish"]
    assert alone == message
    assert missing.status_code == 404


@pytest.mark.parametrize(
    ("version", "error"),
    [
        ("1.2.27", "SQLiteError: FOREIGN KEY constraint failed"),
        ("1.3.2", "FOREIGN KEY constraint failed"),
        ("1.18.34", 'Failed query: insert into "part" ("id", "message_id", '),
    ],
)
async def test_the_database_names_what_is_missing(serving: Serving, version: str, error: str) -> None:
    """In words of its own, which change."""
    events: list[dict[str, Any]] = []
    async with serving(SCRIPT, version=version, clock=ManualClock()) as served:
        await _delete_while_it_runs(served, events)
    (told,) = [event["properties"]["error"] for event in events if event["type"] == "session.error"]
    assert told["name"] == "UnknownError"
    assert told["data"]["message"].startswith(error)


ASKING = {"replies": [{"steps": [{"question": "Which?", "options": ["Red"]}, {"text": "Late."}]}]}


async def _answer_late(served: Served) -> str:
    """The id of a session that was aborted and deleted while a question of it was open, which is rejected then."""
    session = await served.session()
    await served.http.post(f"/session/{session}/prompt_async", json=prompt_body("go"))
    await served.server.told("question.asked")
    (asked,) = (await served.http.get("/question")).json()
    await served.http.post(f"/session/{session}/abort")
    await served.http.delete(f"/session/{session}")
    assert (await served.http.post(f"/question/{asked['id']}/reject")).json() is True
    return session


async def test_a_late_answer_ends_the_run_of_a_deleted_session_that_was_aborted(serving: Serving) -> None:
    """Up to 1.1.65 its message is kept; the tool call under way is gone with the session (measured on 1.1.53)."""
    async with serving(ASKING, version="1.1.53") as served:
        session = await _answer_late(served)
        await served.server.told("message.updated", having={"info": {"error": {"name": "MessageAbortedError"}}})
        (message,) = await served.messages(session)
    assert message["info"]["role"] == "assistant"
    assert message["parts"] == []


async def test_an_asynchronous_prompt_of_a_deleted_session_fails_twice_on_1_3_2(serving: Serving) -> None:
    """What its run could not write is told once more, when everything else is over."""
    async with serving(ASKING, version="1.3.2") as served:
        await _answer_late(served)
        again = {"error": {"name": "UnknownError", "data": {"message": "FOREIGN KEY constraint failed"}}}
        await served.server.told("session.error", having=again)
        assert [each.type for each in served.server.events][-3:] == ["session.status", "session.idle", "session.error"]
