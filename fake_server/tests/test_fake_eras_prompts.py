"""Prompts that go wrong, as each tried version tells of them (measured on real servers)."""

from __future__ import annotations

import json

import pytest
from conftest import Serving, prompt_body


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.3.2", "ProviderModelNotFoundError"),
        ("1.17.0", "ProviderModelNotFoundError: \n    at "),
        ("1.17.19", "ProviderModelNotFoundError: Model not found: scripted/nosuch.\n    at "),
    ],
)
async def test_a_failed_prompt_is_told_again_in_the_words_of_its_version(
    serving: Serving, version: str, said: str
) -> None:
    """Nobody waits for an asynchronous prompt, so what became of it is told by what caught it."""
    async with serving(version=version, base_path="") as served, served.http.stream("GET", "/event") as stream:
        body = prompt_body("x") | {"model": {"providerID": "scripted", "modelID": "nosuch"}}
        await served.http.post(f"/session/{await served.session()}/prompt_async", json=body)
        errors: list[str] = []
        async for line in stream.aiter_lines():
            told = json.loads(line.removeprefix("data: ") or "{}")
            if told.get("type") == "session.error":
                errors.append(told["properties"]["error"]["data"]["message"])
            if len(errors) == 2:
                break
    assert errors[1].startswith(said)
    assert (errors[1] == said) == (version == "1.3.2")


@pytest.mark.parametrize(("version", "ends"), [("1.18.3", False), ("1.18.15", True)])
async def test_a_prompt_with_a_late_id_is_answered_for_ever_or_once(serving: Serving, version: str, ends: bool) -> None:
    """An id that sorts after every answer is newer than them; later versions see that it was answered."""
    async with serving({"default": {"steps": [{"text": "A."}]}}, version=version, base_path="") as served:
        session_id = await served.session()
        body = prompt_body("x") | {"messageID": "msg_zzz"}
        await served.http.post(f"/session/{session_id}/prompt_async", json=body)
        while not any("completed" in each["info"]["time"] for each in await served.messages(session_id)):
            continue
        statuses = [(await served.http.get("/session/status")).json() for _ in range(20)]
        assert (statuses[-1] == {}) == ends
