"""A conversation that is too long for the model: what each version makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Serving

from opencode_fake.run.errors import is_overflow
from opencode_fake.run.loop import MOST_OVERFLOWS
from opencode_fake.scripts.compaction import SUMMARY
from opencode_fake.scripts.model import Failure
from opencode_fake.versions import behaviours

TOO_LONG = {"kind": "provider", "status": 400, "message": "prompt is too long: 9 tokens > 5 maximum"}
SCRIPT = {
    "replies": [
        {"prompt": "hello", "steps": [{"text": "Hello."}]},
        {"name": "overflow", "sequence": [{"error": TOO_LONG}, {"steps": [{"text": "Short enough."}]}]},
    ]
}
IMAGE = {"type": "file", "mime": "image/png", "filename": "a.png", "url": "data:image/png;base64,AAAA"}


def _outline(messages: list[dict[str, Any]]) -> list[str]:
    """The messages, each by what speaks and its first telling part."""
    return [f"{message['info'].get('mode', 'user')}: {_telling(message)}" for message in messages]


def _telling(message: dict[str, Any]) -> str:
    texts = [part["text"][:20] for part in message["parts"] if part["type"] == "text"]
    others = [part["type"] for part in message["parts"] if part["type"] in ("compaction", "file")]
    return " + ".join([*texts, *others])


@pytest.mark.parametrize(("version", "name"), [("1.1.53", "APIError"), ("1.1.56", "ContextOverflowError")])
async def test_older_versions_end_with_the_error(serving: Serving, version: str, name: str) -> None:
    """Until 1.2.20 nothing is summarised."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        answer = await served.prompt(session, "go on")
        messages = await served.messages(session)
    assert (answer.json()["info"]["error"]["name"], len(messages)) == (name, 2)


@pytest.mark.parametrize("version", ["1.2.20", "1.18.34"])
async def test_the_first_prompt_is_summarised_and_the_model_told_to_go_on(serving: Serving, version: str) -> None:
    """What was refused stays as a message without an error and without an end."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        answer = await served.prompt(session, "go on")
        messages = await served.messages(session)
    assert answer.json()["parts"][1]["text"] == "Short enough."
    assert _outline(messages) == [
        "user: go on",
        "build: ",
        "user: compaction",
        f"compaction: {SUMMARY[:20]}",
        "user: The previous request",
        "build: Short enough.",
    ]
    assert not {"error", "finish"} & messages[1]["info"].keys()
    assert [messages[2]["parts"][0][key] for key in ("auto", "overflow")] == [True, True]
    assert ("metadata" in messages[4]["parts"][0]) == (version == "1.18.34")


async def test_a_later_prompt_is_asked_again_without_its_images(serving: Serving) -> None:
    """The summary is of what came before it."""
    async with serving(SCRIPT, version="1.18.34") as served:
        session = await served.session()
        await served.prompt(session, "hello")
        body = {"system": "Be brief.", "parts": [{"type": "text", "text": "go on"}, IMAGE]}
        await served.http.post(f"/session/{session}/message", json=body)
        messages = await served.messages(session)
    assert _outline(messages)[2:] == [
        "user: go on + file",
        "build: ",
        "user: compaction",
        f"compaction: {SUMMARY[:20]}",
        "user: go on + [Attached image/png:",
        "build: Short enough.",
    ]
    assert messages[6]["info"]["system"] == "Be brief."


async def test_a_prompt_that_stays_too_long_is_not_asked_again(serving: Serving) -> None:
    """After a summary the second overflow is that of a first prompt: the server tells the model to go on."""
    script = {"replies": [{"sequence": [{"error": TOO_LONG}, {"error": TOO_LONG}, {"steps": [{"text": "Now."}]}]}]}
    async with serving(script, version="1.18.34") as served:
        session = await served.session()
        await served.prompt(session, "go on")
        messages = await served.messages(session)
    told = [message["parts"][0]["text"][:12] for message in messages if _telling(message).startswith("The previous")]
    assert (told, _outline(messages)[-1]) == (["The previous", "The previous"], "build: Now.")


async def test_a_reply_that_is_always_too_long_can_be_aborted(serving: Serving) -> None:
    """The server would go on for ever; the fake stands still after a while, busy."""
    async with serving({"replies": [{"error": TOO_LONG}]}, version="1.18.34") as served:
        session = await served.session()
        body = {"parts": [{"type": "text", "text": "go on"}]}
        await served.http.post(f"/session/{session}/prompt_async", json=body)
        while len(await served.messages(session)) < 4 * MOST_OVERFLOWS:
            pass
        busy = (await served.http.get("/session/status")).json()
        await served.http.post(f"/session/{session}/abort")
        idle = (await served.http.get("/session/status")).json()
    assert (busy, idle) == ({session: {"type": "busy"}}, {})


async def test_an_overflow_is_told_and_the_session_stays_busy(serving: Serving) -> None:
    """The error is an event, but no end of the run: the session is idle once."""
    told: list[str] = []
    async with serving(SCRIPT, version="1.18.34") as served, served.http.stream("GET", "/event") as stream:
        session = await served.session()
        await served.prompt(session, "go on")
        async for line in stream.aiter_lines():
            event = json.loads(line.removeprefix("data: ") or "{}")
            if event.get("type") in ("session.error", "session.compacted", "session.idle"):
                told.append(event["type"])
            if event.get("type") == "session.idle":
                break
    assert told == ["session.error", "session.compacted", "session.idle"]


@pytest.mark.parametrize(
    ("version", "status", "message", "overflow"),
    [
        ("1.1.53", 400, "prompt is too long", False),
        ("1.1.56", 400, "This exceeds the context window", True),
        ("1.18.34", 400, "no good", False),
        ("1.2.15", 413, "no good", False),
        ("1.2.20", 413, "no good", True),
    ],
)
def test_what_counts_as_an_overflow(version: str, status: int, message: str, overflow: bool) -> None:
    """The provider's words, and later its status as well."""
    failure = Failure(kind="provider", status=status, message=message)
    assert is_overflow(failure, behaviours(version)) == overflow
