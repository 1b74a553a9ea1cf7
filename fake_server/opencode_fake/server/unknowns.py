"""What a command names although it is not there: the answer, and what the session is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from opencode_fake.run.effects import Event, event, go_idle, set_status
from opencode_fake.run.errors import agent_not_found, command_not_found, unknown_error, unknown_model
from opencode_fake.server import errors, sessions
from opencode_fake.server.errors import Refused
from opencode_fake.server.exchange import Incoming
from opencode_fake.state.store import Session
from opencode_fake.state.wire import ErrorInfo, ModelRef

if TYPE_CHECKING:
    from opencode_fake.server.app import App


def command(app: App, incoming: Incoming, name: str, known: Sequence[str]) -> Refused:
    """There is no such command. That is found before the session, which need not be there either."""
    if incoming.behaviours.unknown_names_list_choice:
        error = unknown_error(command_not_found(name, known, incoming.behaviours))
        app.publish(_failed(incoming.parameters["sessionID"], error), incoming.directory)
    return Refused(errors.unknown_command(name, known))


def agent(app: App, session: Session, name: str) -> Refused:
    """There is no such agent for a command."""
    text = agent_not_found(name, app.world.behaviours)
    _tell(app, session, (_failed(session.id, unknown_error(text)),))
    return Refused(errors.unknown(text))


def model(app: App, session: Session, named: ModelRef) -> Refused:
    """There is no such model for a command."""
    _tell(app, session, (_failed(session.id, unknown_model(named)),))
    return Refused(errors.unknown_model(named))


def shell_agent(app: App, session: Session, name: str) -> Refused:
    """There is no such agent for a shell command, by which time the session has begun to run."""
    behaviours = app.world.behaviours
    if behaviours.shell_is_busy:
        _tell(app, session, (set_status(app.world, session.id, {"type": "busy"}),))
    if behaviours.unknown_names_list_choice:
        _tell(app, session, (_failed(session.id, unknown_error(agent_not_found(name, behaviours))),))
    _tell(app, session, go_idle(app.world, session.id))
    return Refused(errors.unknown_agent(name))


def shell_session(app: App, incoming: Incoming) -> Refused:
    """There is no session for a shell command; older versions find that out when it has begun to run."""
    session_id, behaviours = incoming.parameters["sessionID"], app.world.behaviours
    if not behaviours.missing_session_refused:
        begun = (set_status(app.world, session_id, {"type": "busy"}),) if behaviours.shell_is_busy else ()
        for happened in (*begun, *go_idle(app.world, session_id)):
            app.publish(happened, incoming.directory)
    return Refused(sessions.not_found(app, incoming))


def _failed(session_id: str, error: ErrorInfo) -> Event:
    return event("session.error", sessionID=session_id, error=error)


def _tell(app: App, session: Session, events: Iterable[Event]) -> None:
    for happened in events:
        app.publish(happened, session.info["directory"])
