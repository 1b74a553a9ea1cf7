"""Prompts that ask for an answer in a form."""

from __future__ import annotations

from typing import Any

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
    """The list, the message and forks fail, but not a page with older messages behind it; 1.14.41 reads all of them."""
    for version in ("1.14.41", "1.15.0"):
        async with serving(SCRIPT, version=version) as served:
            path = f"/session/{await served.session()}"
            await served.http.post(f"{path}/message", json={"parts": []})
            body = {"parts": [], "noReply": True, "format": wanted}
            prompt = (await served.http.post(f"{path}/message", json=body)).json()["info"]["id"]
            asked = ("", f"/{prompt}", "?limit=1", "?limit=3", "?limit=0")
            found = [await served.http.get(f"{path}/message{which}") for which in asked]
            found.append(await served.http.post(f"{path}/fork", json={}))
        statuses = [answer.status_code for answer in found]
        assert statuses == ([200] * 6 if version == "1.14.41" else [400, 400, 200, 400, 400, 500])
    fault = found[0].json()["data"]
    assert fault["message"].startswith(f'Expected {name}, got {{"type":"{wanted["type"]}"')
    assert fault["message"].endswith('\n  at [2]["info"]["format"]')
    assert found[1].json()["data"]["message"].endswith('\n  at ["info"]["format"]')
