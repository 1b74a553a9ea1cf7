"""What the scripted model reads from the requests of real servers."""

from __future__ import annotations

import json

import pytest

from opencode_fake.scripted_model.request import ModelRequest, UnreadableRequest, parse_request

QUEUED = (
    "<system-reminder>\nThe user sent the following message:\n{}\n\n"
    "Please address this message and continue with your tasks.\n</system-reminder>"
)
TITLE_AGENT = "You are a title generator. You output ONLY a thread title. Nothing else.\n\n<task>"
TOOLS = [{"type": "function", "function": {"name": "bash", "description": "Runs", "parameters": {}}}]


def read(*messages: dict[str, object], headers: dict[str, str] | None = None, **body: object) -> ModelRequest:
    """A request with these messages, in the shape that the server sends."""
    whole = {"model": "script-1", "max_tokens": 8192, "messages": messages, "stream": True, **body}
    return parse_request(json.dumps(whole).encode(), headers or {})


def said(role: str, content: object, **more: object) -> dict[str, object]:
    """A message."""
    return {"role": role, "content": content, **more}


def test_a_prompt_of_a_session() -> None:
    """The last user message, its session, and how far the answer is."""
    call = {"id": "call_1", "type": "function", "function": {"name": "bash", "arguments": "{}"}}
    request = read(
        said("system", "You are opencode"),
        said("user", "first"),
        said("assistant", "Hello."),
        said("user", [{"type": "text", "text": "second"}, {"type": "text", "text": "part"}]),
        said("assistant", None, tool_calls=[call]),
        {"role": "tool", "tool_call_id": "call_1", "content": "out"},
        promptCacheKey="ses_1",
        tools=TOOLS,
    )
    assert (request.purpose, request.session_id, request.prompt) == ("prompt", "ses_1", "second\npart")
    assert (request.user_messages, request.answered, request.tools, request.stream) == (2, 1, ("bash",), True)


def test_what_the_server_adds_to_a_prompt_is_taken_off() -> None:
    """Prompts that came while busy are wrapped by 1.1.53, and reminders are put beside them."""
    wrapped = read(said("user", "a"), said("user", QUEUED.format("two\nlines")), tools=TOOLS)
    assert (wrapped.prompt, wrapped.user_messages) == ("two\nlines", 2)
    reminder = {"type": "text", "text": "<system-reminder>\nPlan mode is active.\n</system-reminder>"}
    assert read(said("user", [{"type": "text", "text": "a"}, reminder]), tools=TOOLS).prompt == "a"


def test_a_request_for_the_title_of_a_session() -> None:
    """The title agent has no tools; a newer server names the session in a header."""
    messages = [
        said("system", TITLE_AGENT),
        said("user", "Generate a title for this conversation:\n"),
        said("user", "hello\nworld"),
    ]
    request = read(*messages)
    assert (request.purpose, request.session_id, request.prompt) == ("title", "", "hello\nworld")
    assert read(*messages, headers={"x-session-id": "ses_2"}).session_id == "ses_2"


def test_a_request_for_the_title_of_a_session_without_words() -> None:
    """From 1.18 or so on an empty prompt is left out, so that only the server's order is there."""
    request = read(said("system", TITLE_AGENT), said("user", "Generate a title for this conversation:\n"))
    assert (request.purpose, request.prompt) == ("title", "")


def test_a_request_for_the_title_of_a_message() -> None:
    """Up to 1.2.1 each prompt is summarised as well."""
    text = "\n              The following is the text to summarize:\n              <text>\n              {}\n"
    text += "              </text>\n            "
    request = read(said("system", TITLE_AGENT), said("user", text.format("hello\nworld")))
    assert (request.purpose, request.prompt) == ("summary", "hello\nworld")


def test_an_agent_without_tools_is_no_title_agent() -> None:
    """Compaction has no tools either; a script may answer it."""
    assert read(said("system", "You summarize"), said("user", "Continue")).purpose == "prompt"


def test_a_conversation_without_a_user() -> None:
    """Nothing was asked."""
    request = read(said("system", "x"))
    assert (request.prompt, request.user_messages, request.answered) == ("", 0, 0)


@pytest.mark.parametrize(
    ("body", "said_of_it"),
    [
        (b"", "the body: Invalid JSON"),
        (b"[]", "the body: "),
        (b"{}", "model: Field required"),
        (b'{"model": "m"}', "messages: Field required"),
        (b'{"model": "m", "messages": [{"content": "x"}]}', "messages.0.role: Field required"),
        (b'{"model": "m", "messages": [{"role": "user", "content": 3}]}', "messages.0.content: "),
    ],
)
def test_what_is_no_request_is_refused(body: bytes, said_of_it: str) -> None:
    """The fault is named."""
    with pytest.raises(UnreadableRequest, match=said_of_it):
        parse_request(body, {})
