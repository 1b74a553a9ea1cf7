"""From an answer to a model, or to an error that says what to do."""

from __future__ import annotations

import json
from typing import TypeVar

import httpx
from pydantic import JsonValue, TypeAdapter, ValidationError

from opencode_sandbox.errors import (
    NotOpenCode,
    RedirectRefused,
    RequestRejected,
    ServerFailed,
    SessionNotFound,
    UnexpectedResponse,
    WrongPassword,
)
from opencode_sandbox.urls import without_credentials

T = TypeVar("T")

PREFIX_HINT = (
    "check the path prefix of the server URL: a deployment often has one (such as /opencode), a server of your own has "
    "none; `opencode-sandbox test-connection` tries the likely ones"
)


def json_of(response: httpx.Response, session_id: str | None = None) -> JsonValue:
    """Return the JSON of a good answer; ``session_id`` is the session that a 404 would be about."""
    check_status(response, session_id)
    return decoded(response)


def parse(adapter: TypeAdapter[T], value: JsonValue, status: int = 200) -> T:
    """Read JSON as a model; another shape than the server's is an error that names the first fault."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        count = error.error_count()
    where = ".".join(str(step) for step in fault["loc"]) or "the whole answer"
    raise NotOpenCode(
        f"the answer is JSON, but not what OpenCode sends here "
        f"({where}: {fault['msg']}; {count} faults); {PREFIX_HINT}",
        status,
    )


def check_status(response: httpx.Response, session_id: str | None = None) -> None:
    """Raise unless the server did what it was asked."""
    status = response.status_code
    if response.is_success:
        return
    if response.has_redirect_location or response.is_redirect:
        raise _redirected(response)
    if status == httpx.codes.UNAUTHORIZED:
        raise WrongPassword(
            "the server refused the user name or password (401); check OPENCODE_SERVER_PASSWORD, or "
            "opencode_server_password in the configuration",
            status,
        )
    said = _said(response)
    if said is None and status < httpx.codes.INTERNAL_SERVER_ERROR:
        raise _not_opencode(response)
    if status == httpx.codes.NOT_FOUND and session_id is not None:
        raise SessionNotFound(session_id)
    raise _failure(status, said)


def decoded(response: httpx.Response) -> JsonValue:
    """Return the JSON of an answer; anything else means that no OpenCode endpoint answered."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise _not_opencode(response)
    try:
        value: JsonValue = json.loads(response.content)
    except (ValueError, RecursionError):
        raise NotOpenCode(
            f"the answer says it is JSON, but cannot be read as such ({response.status_code}); {PREFIX_HINT}",
            response.status_code,
        ) from None
    return value


def _not_opencode(response: httpx.Response) -> NotOpenCode:
    kind = response.headers.get("content-type") or "no content type"
    return NotOpenCode(
        f"the answer is {kind}, where OpenCode sends application/json (HTTP {response.status_code}); {PREFIX_HINT}",
        response.status_code,
    )


def _redirected(response: httpx.Response) -> RedirectRefused:
    target = without_credentials(response.headers.get("location", ""))
    return RedirectRefused(
        f"the server redirects to {target} (HTTP {response.status_code}), and the password is not sent on; "
        "if that is the server you mean, write its URL in the configuration",
        response.status_code,
        target,
    )


def _failure(status: int, said: str | None) -> UnexpectedResponse:
    if status < httpx.codes.INTERNAL_SERVER_ERROR:
        return RequestRejected(f"the server rejected the request (HTTP {status}): {said}", status)
    if said is not None and _is_failed_proxying(said):
        return NotOpenCode(f"the server does not know this path (HTTP {status}: {said}); {PREFIX_HINT}", status)
    reason = said or "no reason given"
    return ServerFailed(f"the server failed (HTTP {status}): {reason}; try again, or look into its log", status)


def _is_failed_proxying(said: str) -> bool:
    """Whether this is how a server without its web pages fails on an unknown path: it passes it on and gets nowhere."""
    return "Unable to connect" in said or "typo in the url" in said


def _said(response: httpx.Response) -> str | None:
    """Return what an error of OpenCode says, in whichever of its forms; None when it is not one."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return _malformed(response)
    if not isinstance(body, dict):
        return None
    data = body.get("data")
    for message in (data.get("message") if isinstance(data, dict) else None, body.get("message")):
        if isinstance(message, str):
            return message.splitlines()[0] if message else "no message"
    if body.get("success") is False:
        return f"invalid: {_first_fault(body.get('error'))}"
    tag = body.get("_tag") or body.get("name")
    return tag if isinstance(tag, str) else None


def _malformed(response: httpx.Response) -> str | None:
    text = response.text if len(response.content) < 200 else ""
    return text if text.startswith(("Malformed JSON", "Unsupported content-type")) else None


def _first_fault(faults: object) -> str:
    first = faults[0] if isinstance(faults, list) and faults else None
    if not isinstance(first, dict):
        return "the request"
    path = first.get("path")
    where = ".".join(str(step) for step in path) if isinstance(path, list) else ""
    return f"{where}: {first.get('message', 'refused')}"
