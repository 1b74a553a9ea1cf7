"""The document's five actions: its exact JSON in and out, and every fault named."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from opencode_sandbox import AsyncSandboxClient, InvalidAction, SandboxClient, SandboxConfig, SessionNotFound
from opencode_sandbox.actions import ACTIONS

CONFIG = SandboxConfig("https://host.example", "pw")
SESSION = {
    "slug": "eager-harbor",
    "id": "ses_1",
    "version": "1.1.41",
    "directory": "/data/workspace",
    "title": "x",
    "new": [1.0],
}
MESSAGES = [
    {"parts": [{"text": "hi", "type": "text"}], "info": {"role": "user", "id": "msg_1", "time": {"created": 1}}}
]


def server(request: httpx.Request) -> httpx.Response:
    """Answer as a server with one session does."""
    match request.method, request.url.path:
        case ("GET", "/session"):
            return httpx.Response(200, json=[SESSION])
        case ("POST", "/session") | ("GET", "/session/ses_1"):
            return httpx.Response(200, json=SESSION)
        case ("GET", "/session/ses_1/message"):
            return httpx.Response(200, json=MESSAGES)
        case ("POST", "/session/ses_1/prompt_async"):
            return httpx.Response(204)
    return httpx.Response(404, json={"name": "NotFoundError", "data": {"message": "Session not found"}})


def run(action: Any) -> dict[str, Any]:
    """Run an action on that server."""
    with SandboxClient(CONFIG, transport=httpx.MockTransport(server)) as client:
        return client.run_action(action)


RESPONSES: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "opencodeCreateSession": ({}, {"session": SESSION}),
    "opencodeSendPrompt": ({"sessionId": "ses_1", "prompt": "go"}, {"success": True, "result": ""}),
    "opencodeGetMessages": ({"sessionId": "ses_1"}, {"messages": MESSAGES}),
    "opencodeGetSession": ({"sessionId": "ses_1"}, {"session": SESSION}),
    "opencodeListSessions": ({}, {"sessions": [SESSION]}),
}


@pytest.mark.parametrize("name", RESPONSES)
async def test_responses_are_the_documents(name: str) -> None:
    """Each action gives the document's object around the server's own JSON, on both clients."""
    arguments, response = RESPONSES[name]
    action = {"action": name, "arguments": arguments}
    answered = run(action)
    assert answered == response
    assert [list(value) for value in answered.values() if isinstance(value, dict)] in ([], [list(SESSION)])
    async with AsyncSandboxClient(CONFIG, transport=httpx.MockTransport(server)) as client:
        assert await client.run_action(action) == response


def test_every_action_is_tested() -> None:
    """The responses above name every action there is."""
    assert set(RESPONSES) == set(ACTIONS)


@pytest.mark.parametrize("name", ["opencodeGetMessages", "opencodeGetSession", "opencodeSendPrompt"])
def test_missing_session(name: str) -> None:
    """A session that does not exist is an error of the action, never silence."""
    arguments = {**RESPONSES[name][0], "sessionId": "ses_gone"}
    with pytest.raises(SessionNotFound):
        run({"action": name, "arguments": arguments})


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("x", "an action is an object"),
        (None, "an action is an object"),
        ([], "an action is an object"),
        ({}, '"action" is missing'),
        ({"action": 3}, '"action" is missing or not a string'),
        ({"action": "opencodeSendPromt"}, "did you mean opencodeSendPrompt?"),
        ({"action": "zzz"}, "opencodeListSessions"),
        ({"action": "opencodeListSessions", "args": {}}, "'args' is not known"),
        ({"action": "opencodeListSessions", "arguments": []}, '"arguments" of opencodeListSessions is not an object'),
        ({"action": "opencodeListSessions", "arguments": {"limit": 1}}, "'limit' is not known"),
        ({"action": "opencodeGetSession"}, '"sessionId" is missing'),
        ({"action": "opencodeGetSession", "arguments": {"sessionID": "ses_1"}}, "'sessionID' is not known"),
        ({"action": "opencodeGetSession", "arguments": {"sessionId": ""}}, "session id is empty"),
        ({"action": "opencodeGetSession", "arguments": {"sessionId": 3}}, "of type int"),
        ({"action": "opencodeGetSession", "arguments": {"sessionId": None}}, "session id is missing"),
        ({"action": "opencodeGetSession", "arguments": {"sessionId": "abc"}}, "begins with ses_"),
        ({"action": "opencodeSendPrompt", "arguments": {"sessionId": "ses_1"}}, '"prompt" is missing'),
        ({"action": "opencodeSendPrompt", "arguments": {"sessionId": "ses_1", "prompt": ""}}, "prompt is empty"),
        ({"action": "opencodeSendPrompt", "arguments": {"sessionId": "ses_1", "prompt": ["x"]}}, "of type list"),
    ],
)
def test_faults_are_named(action: Any, said: str) -> None:
    """Every fault of an action is named, with what to write instead."""
    with pytest.raises(InvalidAction) as caught:
        run(action)
    assert said in str(caught.value)
