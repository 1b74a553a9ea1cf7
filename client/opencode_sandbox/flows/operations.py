"""The operations in typed models."""

from __future__ import annotations

from opencode_sandbox import requests
from opencode_sandbox.effects import Flow, send
from opencode_sandbox.flows import wire
from opencode_sandbox.models import Health, Message, Session, SessionStatus
from opencode_sandbox.responses import json_of, parse


def health() -> Flow[Health]:
    """Ask how the server is."""
    return parse(wire.HEALTH, json_of((yield from send(requests.health()))))


def create_session(title: str | None) -> Flow[Session]:
    """Make a session."""
    return parse(wire.SESSION, (yield from wire.create_session(title)))


def get_session(session_id: str) -> Flow[Session]:
    """Read one session."""
    return parse(wire.SESSION, (yield from wire.get_session(session_id)))


def list_sessions() -> Flow[list[Session]]:
    """Read all sessions."""
    return parse(wire.SESSIONS, (yield from wire.list_sessions()))


def get_messages(session_id: str) -> Flow[list[Message]]:
    """Read a session's messages."""
    return parse(wire.MESSAGES, (yield from wire.get_messages(session_id)))


def session_status() -> Flow[dict[str, SessionStatus]]:
    """Read which sessions are not idle."""
    return parse(wire.STATUSES, json_of((yield from send(requests.session_status()))))


def delete_session(session_id: str) -> Flow[None]:
    """Delete a session; older servers say yes to a missing one too."""
    json_of((yield from send(requests.delete_session(session_id))), session_id)


def abort(session_id: str) -> Flow[None]:
    """Stop what a session is doing; an idle one stays as it is."""
    json_of((yield from send(requests.abort(session_id))), session_id)
