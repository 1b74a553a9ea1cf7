"""From answers to models and errors, in the forms of all versions."""

from __future__ import annotations

import json

import httpx
import pytest
from pydantic import TypeAdapter

from opencode_sandbox import (
    NotOpenCode,
    RedirectRefused,
    RequestRejected,
    ServerFailed,
    Session,
    SessionNotFound,
    UnexpectedResponse,
    WrongPassword,
)
from opencode_sandbox.responses import json_of, parse

ZOD = {"data": {}, "success": False, "error": [{"path": ["parts", 0, "text"], "message": "expected string"}]}
PROXIED = {
    "name": "UnknownError",
    "data": {"message": "Error: Unable to connect. Is the computer able to access the url?"},
}
TYPO = {"name": "UnknownError", "data": {"message": "Error: Was there a typo in the url or port?"}}
BUSY = {"_tag": "SessionBusyError", "sessionID": "ses_1", "message": "Session is busy: ses_1"}
MISSING = {"name": "NotFoundError", "data": {"message": "Resource not found: session/ses_1.json"}}


def answered(status: int, body: object, **headers: str) -> httpx.Response:
    """Return a response: text as it is, anything else as JSON."""
    if isinstance(body, str):
        return httpx.Response(status, text=body, headers=headers)
    return httpx.Response(status, json=body, headers=headers)


def test_good_json() -> None:
    """A good answer is its JSON, also with a charset in its type."""
    assert json_of(answered(200, {"id": "ses_1"})) == {"id": "ses_1"}
    charset = httpx.Response(200, content=b"[]", headers={"content-type": "application/json; charset=utf-8"})
    assert json_of(charset) == []


@pytest.mark.parametrize(
    ("response", "kind", "said"),
    [
        (answered(401, "Unauthorized"), WrongPassword, "OPENCODE_SERVER_PASSWORD"),
        (answered(401, ""), WrongPassword, "OPENCODE_SERVER_PASSWORD"),
        (answered(404, MISSING), SessionNotFound, "ses_1"),
        (answered(404, "<html>nginx</html>"), NotOpenCode, "prefix"),
        (answered(403, "<html>"), NotOpenCode, "prefix"),
        (answered(400, ZOD), RequestRejected, "parts.0.text: expected string"),
        (answered(400, {"_tag": "BadRequest"}), RequestRejected, "BadRequest"),
        (
            answered(400, {"name": "BadRequest", "data": {"message": "Expected string"}}),
            RequestRejected,
            "Expected string",
        ),
        (answered(400, "Malformed JSON in request body"), RequestRejected, "Malformed JSON"),
        (answered(415, "Unsupported content-type: text/plain"), RequestRejected, "Unsupported content-type"),
        (answered(409, BUSY), RequestRejected, "Session is busy"),
        (answered(500, PROXIED), NotOpenCode, "prefix"),
        (answered(500, TYPO), NotOpenCode, "prefix"),
        (answered(500, {"name": "UnknownError", "data": {"message": "Error: x\n    at y"}}), ServerFailed, "Error: x;"),
        (answered(502, "<html>"), ServerFailed, "HTTP 502"),
        (answered(200, "<html>"), NotOpenCode, "text/plain"),
        (answered(200, ""), NotOpenCode, "prefix"),
        (
            httpx.Response(200, content=b"{", headers={"content-type": "application/json"}),
            NotOpenCode,
            "cannot be read",
        ),
        (answered(302, "", location="https://me:pw@login.example/a?b"), RedirectRefused, "https://login.example/a "),
        (answered(304, ""), RedirectRefused, "304"),
    ],
)
def test_bad_answers(response: httpx.Response, kind: type[UnexpectedResponse], said: str) -> None:
    """Every bad answer becomes the error that says what to do."""
    with pytest.raises(kind) as caught:
        json_of(response, "ses_1")
    assert type(caught.value) is kind
    assert said in str(caught.value)
    assert caught.value.status == response.status_code
    assert "pw@" not in str(caught.value)


@pytest.mark.parametrize(("status", "kind"), [(200, NotOpenCode), (400, NotOpenCode), (500, ServerFailed)])
def test_json_that_is_nested_too_deeply(status: int, kind: type[UnexpectedResponse]) -> None:
    """JSON that no parser can follow is an unreadable answer."""
    response = httpx.Response(status, content=b"[" * 100_000, headers={"content-type": "application/json"})
    with pytest.raises(kind):
        json_of(response)


def test_a_404_without_a_session_is_not_about_one() -> None:
    """A 404 to a request that names no session is a rejected request."""
    with pytest.raises(RequestRejected):
        json_of(answered(404, MISSING))


@pytest.mark.parametrize("body", [[], {}, {"id": 3}, "x", None, {"healthy": True, "version": "1"}])
def test_json_of_another_shape(body: object) -> None:
    """JSON that is no session is not OpenCode's, and the error names the place without repeating the content."""
    with pytest.raises(NotOpenCode, match="not what OpenCode sends here"):
        parse(TypeAdapter(Session), json.loads(json.dumps(body)))
