"""The requests this client makes, and the checks before one is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from opencode_sandbox.errors import InvalidArgument
from opencode_sandbox.models.base import JsonObject
from opencode_sandbox.urls import path_segment


@dataclass(frozen=True)
class Request:
    """One request; ``path`` follows the server URL, unless ``base`` names another prefix of the same server."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    body: JsonObject | None = None
    base: str | None = None

    @property
    def is_repeatable(self) -> bool:
        """Whether sending it twice is the same as sending it once."""
        return self.method == "GET"


def health(base: str | None = None) -> Request:
    """Ask how the server is, or a server at another prefix."""
    return Request("GET", "/global/health", base=base)


def create_session(title: str | None) -> Request:
    """Make a session; without a title the server finds one."""
    return Request("POST", "/session", {} if title is None else {"title": title})


def list_sessions() -> Request:
    """Ask for the sessions."""
    return Request("GET", "/session")


def session_status() -> Request:
    """Ask which sessions are busy."""
    return Request("GET", "/session/status")


def events() -> Request:
    """Listen to what happens."""
    return Request("GET", "/event")


def get_session(session_id: str) -> Request:
    """Ask for one session."""
    return Request("GET", _session_path(session_id))


def delete_session(session_id: str) -> Request:
    """Delete a session and its children."""
    return Request("DELETE", _session_path(session_id))


def abort(session_id: str) -> Request:
    """Stop what a session is doing."""
    return Request("POST", f"{_session_path(session_id)}/abort")


def get_messages(session_id: str) -> Request:
    """Ask for all messages of a session."""
    return Request("GET", f"{_session_path(session_id)}/message")


def send_prompt(session_id: str, prompt: str) -> Request:
    """Give a prompt without waiting for the reply; the server chooses the message's id."""
    body: JsonObject = {"parts": [{"type": "text", "text": checked_prompt(prompt)}]}
    return Request("POST", f"{_session_path(session_id)}/prompt_async", body)


def checked_session_id(session_id: object) -> str:
    """Refuse what cannot be a session id: servers answer such a one in many odd ways."""
    if not isinstance(session_id, str):
        raise InvalidArgument(f"the session id is {_kind(session_id)}; write the id as a string, such as ses_abc123")
    if not session_id.startswith("ses"):
        shown = repr(session_id) if session_id else "empty"
        raise InvalidArgument(f"the session id is {shown}; write one that begins with ses_, as the server gave it")
    _check_encodable(session_id, "session id")
    return session_id


def checked_prompt(prompt: object) -> str:
    """Refuse a prompt that says nothing."""
    if not isinstance(prompt, str):
        raise InvalidArgument(f"the prompt is {_kind(prompt)}; write it as a string")
    if not prompt.strip():
        raise InvalidArgument("the prompt is empty; write what the agent is to do")
    _check_encodable(prompt, "prompt")
    return prompt


def _session_path(session_id: str) -> str:
    return f"/session/{path_segment(checked_session_id(session_id))}"


def _check_encodable(text: str, what: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidArgument(f"the {what} holds half a character (a lone surrogate); remove it") from None


def _kind(value: object) -> str:
    return "missing" if value is None else f"of type {type(value).__name__}"
