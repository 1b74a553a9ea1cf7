"""Prompts that ask for an answer in a form."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from conftest import Serving

FORM = {"type": "json_schema", "schema": {"type": "object"}}
SCRIPT = {
    "replies": [
        {"prompt": "form", "steps": [{"tool": "StructuredOutput", "input": {"answer": 42}}, {"text": "Well."}]},
        {"prompt": "later", "steps": [{"tool": "bash", "input": {"command": "ls"}}, {"text": "No form."}]},
        {"prompt": "refused", "error": {"kind": "provider", "message": "no"}},
        {"steps": [{"text": "No form."}]},
    ]
}


@pytest.mark.parametrize("version", ["1.1.65", "1.14.41", "1.18.34"])
async def test_the_form_is_handed_over_by_a_tool(serving: Serving, version: str) -> None:
    """And that is the end of the run."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        answer = (await served.prompt(session, "form", format=FORM)).json()
        assert len(served.server.journal) == 2
    assert answer["info"]["structured"] == {"answer": 42}
    assert answer["info"]["finish"] == "tool-calls"
    state = answer["parts"][1]["state"]
    assert (state["output"], state["title"]) == ("Structured output captured successfully.", "Structured Output")
    assert state["metadata"] == {"valid": True}


@pytest.mark.parametrize(
    ("version", "shown"),
    [
        ("1.3.2", [False, False, False, True]),
        ("1.14.41", [False, False, True, True]),
        ("1.15.13", [False, False, False, True]),
        ("1.17.0", [False, False, True, True]),
    ],
)
async def test_the_streams_show_the_form_sooner_or_later(serving: Serving, version: str, shown: list[bool]) -> None:
    """With the event that completes the message, or with the one after it."""
    async with serving(SCRIPT, version=version) as served, served.http.stream("GET", "/event") as stream:
        session = await served.session()
        await served.prompt(session, "form", format=FORM)
        heard: list[bool] = []
        async for line in stream.aiter_lines():
            told = json.loads(line.removeprefix("data: ") or "{}")
            info = told.get("properties", {}).get("info", {})
            if told.get("type") == "message.updated" and info["role"] == "assistant":
                heard.append("structured" in info)
            if told.get("type") == "session.idle":
                break
    assert heard == shown


@pytest.mark.parametrize(("prompt", "error"), [("plain", "StructuredOutputError"), ("refused", "APIError")])
async def test_an_answer_without_the_form_is_an_error(serving: Serving, prompt: str, error: str) -> None:
    """Unless it failed anyway."""
    async with serving(SCRIPT, version="1.18.34") as served:
        answer = (await served.prompt(await served.session(), prompt, format=FORM)).json()
    assert answer["info"]["error"]["name"] == error


async def test_other_tools_may_come_before(serving: Serving) -> None:
    """The last message lacks the form, not the one before."""
    async with serving(SCRIPT, version="1.3.2") as served:
        session = await served.session()
        await served.prompt(session, "later", format=FORM)
        user, first, last = await served.messages(session)
    assert user["info"]["format"] == {**FORM, "retryCount": 2}
    assert "error" not in first["info"]
    assert last["info"]["error"]["data"] == {"message": "Model did not produce structured output", "retries": 0}


@pytest.mark.parametrize("version", ["1.1.53", "1.18.34"])
async def test_without_being_asked_for_there_is_no_such_tool(serving: Serving, version: str) -> None:
    """1.1.53 cannot be asked."""
    given = {"format": FORM} if version == "1.1.53" else {}
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        await served.prompt(session, "form", **given)
        user, first, last = await served.messages(session)
    assert "format" not in user["info"]
    assert first["parts"][1]["tool"] == "invalid"
    assert first["parts"][1]["state"]["input"]["tool"] == "StructuredOutput"
    assert last["parts"][1]["text"] == "Well."


@pytest.mark.parametrize(("wanted", "name"), [(FORM, "OutputFormatJsonSchema"), ({"type": "text"}, "OutputFormatText")])
async def test_from_1_15_0_on_such_a_prompt_cannot_be_read(serving: Serving, wanted: dict[str, Any], name: str) -> None:
    """The list and the message fail, from 1.17.0 on forks as well, but not a page with older messages behind it."""
    expected = {
        "1.14.41": [200] * 6,
        "1.15.0": [400, 400, 200, 400, 400, 200],
        "1.17.0": [400, 400, 200, 400, 400, 500],
    }
    found: list[httpx.Response] = []
    for version, wished in expected.items():
        async with serving(SCRIPT, version=version) as served:
            path = f"/session/{await served.session()}"
            await served.http.post(f"{path}/message", json={"parts": []})
            body = {"parts": [], "noReply": True, "format": wanted}
            prompt = (await served.http.post(f"{path}/message", json=body)).json()["info"]["id"]
            asked = ("", f"/{prompt}", "?limit=1", "?limit=3", "?limit=0")
            found = [await served.http.get(f"{path}/message{which}") for which in asked]
            found.append(await served.http.post(f"{path}/fork", json={}))
        assert [answer.status_code for answer in found] == wished
    fault = found[0].json()["data"]
    assert fault["message"].startswith(f'Expected {name}, got {{"type":"{wanted["type"]}"')
    assert fault["message"].endswith('\n  at [2]["info"]["format"]')
    assert found[1].json()["data"]["message"].endswith('\n  at ["info"]["format"]')


@pytest.mark.parametrize(("version", "summed_up"), [("1.15.13", True), ("1.17.0", False)])
async def test_what_the_server_cannot_read_itself_is_not_summed_up(
    serving: Serving, version: str, summed_up: bool
) -> None:
    """A page that begins with the prompt shows it all the same."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        await served.http.post(f"/session/{session}/message", json={"parts": [], "noReply": True})
        await served.prompt(session, "form", format=FORM)
        page = (await served.http.get(f"/session/{session}/message?limit=2")).json()
    assert ("summary" in page[0]["info"]) == summed_up
