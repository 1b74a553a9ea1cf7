"""What sessions and prompts are called after."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Serving

SCRIPT = {
    "replies": [
        {"prompt": "limited", "uses": 1, "title": "Limited", "steps": [{"text": "a"}]},
        {"prompt": "named", "title": "<think>so</think>\n A name \nand more", "steps": [{"text": "a"}]},
        {"prompt": "thoughts", "title": "<think>nothing</think>", "steps": [{"text": "a"}]},
        {"steps": [{"text": "a"}]},
    ]
}
NAMED = {"type": "text", "text": "named"}


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ({"parts": [NAMED]}, "A name"),
        ({"parts": [{"type": "text", "text": "limited"}]}, "Limited"),
        ({"parts": [{"type": "text", "text": "two\nlines"}]}, "two"),
        ({"parts": [NAMED], "model": {"providerID": "scripted", "modelID": "nosuch"}}, "A name"),
        ({"parts": []}, "New session - "),
        ({"parts": [{**NAMED, "synthetic": True}]}, "New session - "),
        ({"parts": [{"type": "text", "text": "thoughts"}]}, "New session - "),
    ],
)
@pytest.mark.parametrize("version", ["1.1.53", "1.3.2"])
async def test_a_session_is_named_after_its_only_prompt(
    serving: Serving, version: str, body: dict[str, Any], title: str
) -> None:
    """Whatever becomes of it; not after one that holds nothing of the user's."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        await served.http.post(f"/session/{session}/message", json=body)
        found = (await served.http.get(f"/session/{session}")).json()["title"]
    assert found.startswith(title)


async def test_a_prompt_after_one_without_words_names_the_session(serving: Serving) -> None:
    """One after a prompt that nobody answered does not: it is the second."""
    async with serving(SCRIPT) as served:
        silent, answered = await served.session(), await served.session()
        await served.http.post(f"/session/{silent}/message", json={"parts": []})
        await served.prompt(answered, "unanswered", noReply=True)
        titles = []
        for session in (silent, answered):
            await served.prompt(session, "named")
            titles.append((await served.http.get(f"/session/{session}")).json()["title"])
    assert titles[0] == "A name"
    assert titles[1].startswith("New session - ")


async def test_a_prompt_is_named_by_its_first_text(serving: Serving) -> None:
    """To the letter as the model says it, and only if there is a text of the user's own."""
    async with serving(SCRIPT, version="1.1.53") as served:
        session = await served.session()
        for parts in ([{"type": "text", "text": "other"}, NAMED], [NAMED], [{**NAMED, "synthetic": True}]):
            await served.http.post(f"/session/{session}/message", json={"parts": parts})
        found = [each["info"].get("summary", {}) for each in await served.messages(session)][::2]
    assert [summary.get("title") for summary in found] == ["other", "<think>so</think>\n A name \nand more", None]


@pytest.mark.parametrize("version", ["1.1.53", "1.3.2", "1.18.34"])
async def test_a_session_that_begins_with_a_summary_is_named_after_the_question(serving: Serving, version: str) -> None:
    """The one that the server puts to the model for it."""
    model = {"providerID": "scripted", "modelID": "script-1"}
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        await served.http.post(f"/session/{session}/summarize", json=model)
        title = (await served.http.get(f"/session/{session}")).json()["title"]
    assert title == "What did we do so far?"
