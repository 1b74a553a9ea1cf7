"""The operations in the server's own JSON."""

from __future__ import annotations

from typing import TypeVar

from pydantic import JsonValue, TypeAdapter

from opencode_sandbox import requests
from opencode_sandbox.effects import Flow, send
from opencode_sandbox.models import Health, Message, Session, SessionStatus
from opencode_sandbox.responses import check_status, json_of, parse

T = TypeVar("T")
HEALTH = TypeAdapter(Health)
SESSION = TypeAdapter(Session)
SESSIONS = TypeAdapter(list[Session])
MESSAGES = TypeAdapter(list[Message])
STATUSES = TypeAdapter(dict[str, SessionStatus])


def create_session(title: str | None = None) -> Flow[JsonValue]:
    """Make a session."""
    return json_of((yield from send(requests.create_session(title))))


def get_session(session_id: str) -> Flow[JsonValue]:
    """Read one session."""
    return json_of((yield from send(requests.get_session(session_id))), session_id)


def list_sessions() -> Flow[JsonValue]:
    """Read all sessions."""
    return json_of((yield from send(requests.list_sessions())))


def get_messages(session_id: str) -> Flow[JsonValue]:
    """Read a session's messages; an empty list can mean that there is no such session, so that is looked up."""
    messages = json_of((yield from send(requests.get_messages(session_id))), session_id)
    if messages == []:
        yield from get_session(session_id)
    return messages


def send_prompt(session_id: str, prompt: str, *, check: bool = True) -> Flow[None]:
    """Give a prompt; without ``check`` some servers accept it for a session that does not exist and do nothing."""
    request = requests.send_prompt(session_id, prompt)
    if check:
        parse(SESSION, (yield from get_session(session_id)))
    check_status((yield from send(request)), session_id)


def checked(adapter: TypeAdapter[T], value: JsonValue) -> JsonValue:
    """Return JSON as it is, once it has proved to be what the server sends there."""
    parse(adapter, value)
    return value
