"""The message routes."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, cast

from opencode_fake.run import structured, subtask
from opencode_fake.run.effects import event
from opencode_fake.run.errors import unknown_agent, unknown_error, unknown_model
from opencode_fake.run.models import is_known
from opencode_fake.run.prompt import UnknownAgent, accept
from opencode_fake.scripts.model import JsonObject
from opencode_fake.server import checks, errors, schemas, sessions
from opencode_fake.server.cursor import before, headers
from opencode_fake.server.errors import Refused
from opencode_fake.server.exchange import Incoming, Outgoing, answer
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import UserInfo

if TYPE_CHECKING:
    from opencode_fake.server.app import App


async def prompt(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session/{sessionID}/message``: answers when the run has ended, with the last message it made.

    Where no message came of it - a session, an agent or a model that does not exist -, older versions answer 200 and no
    body, newer ones with an error.
    """
    checks.unchecked(incoming, schemas.SESSION)
    given = checks.body(incoming, app.schemas.prompt)
    session = sessions.known(app, incoming)
    if session is None:
        return _no_session(app, incoming)
    try:
        message = _accept(app, session, given)
    except UnknownAgent as unknown:
        _tell_unknown_agent(app, session, unknown)
        return _nothing(app, str(unknown))
    if given.get("noReply"):
        at_once = app.world.behaviours.empty_prompt_has_length and not given["parts"]
        return answer(message.wire(), chunked=not at_once)
    # A caller that goes away does not end the run.
    await asyncio.shield(app.driver.start(session, _run_directory(app, incoming, session)))
    last = None if session.deleted else session.last_assistant()
    if last is None or last["parentID"] < message.info["id"] or subtask.fell_through(session):
        return _nothing(app, "no message")
    return answer(session.messages[last["id"]].wire(), chunked=True)


async def prompt_async(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session/{sessionID}/prompt_async``: 204 at once, whatever becomes of the prompt."""
    checks.unchecked(incoming, schemas.SESSION)
    given = checks.body(incoming, app.schemas.prompt)
    session = _session(app, incoming)
    if session is not None:
        app.later(_begin(app, session, given, _run_directory(app, incoming, session)))
    return Outgoing(204)


def _no_session(app: App, incoming: Incoming) -> Outgoing:
    """The answer to a prompt for a session that is missing."""
    if app.world.behaviours.failed_prompt_is_an_error:
        raise Refused(sessions.not_found(app, incoming))
    return Outgoing()


def _nothing(app: App, reason: str) -> Outgoing:
    """The answer to a prompt that no message came of."""
    if app.world.behaviours.failed_prompt_is_an_error:
        raise Refused(errors.unknown(reason))
    return Outgoing()


async def _begin(app: App, session: Session, given: JsonObject, directory: str) -> None:
    if app.pickup:
        await app.clock.sleep(app.pickup)
    try:
        message = _accept(app, session, given)
    except UnknownAgent as unknown:
        _tell_unknown_agent(app, session, unknown)
        _tell_failure(app, session, "UnknownError", "UnknownError")
        return
    if not given.get("noReply"):
        await app.driver.start(session, directory)
        behaviours = app.world.behaviours
        if session.deleted and behaviours.late_writes == "refused" and behaviours.failure_told_again == "name":
            _tell_failure(app, session, behaviours.late_write_error, "")
        model = cast("UserInfo", message.info)["model"]
        if not is_known(model):
            named = behaviours.unknown_model_is_named
            said = f"{unknown_model(model)['data']['message']}" if named else ""
            _tell_failure(app, session, "ProviderModelNotFoundError", said)


def _run_directory(app: App, incoming: Incoming, session: Session) -> str:
    """Where a run happens."""
    return session.info["directory"] if app.world.behaviours.runs_in_own_directory else incoming.directory


async def listed(app: App, incoming: Incoming) -> Outgoing:
    """``GET /session/{sessionID}/message``: all messages, or the last ``limit``; oldest first."""
    checks.inside(incoming, schemas.SESSION)
    checks.query(incoming, app.schemas.messages)
    cursor = before(incoming) if app.world.behaviours.messages_paged else None
    session = _remaining(app, incoming)
    if session is None and not app.world.behaviours.missing_session_has_no_messages:
        raise Refused(sessions.not_found(app, incoming))
    messages = session.ordered() if session is not None else []
    limit = checks.limit(incoming)
    if not limit:
        _check_formats(app, messages)
        return answer([message.wire() for message in messages])
    if cursor is not None:
        messages = [message for message in messages if message.info["id"] < cursor]
    page = messages[len(messages) - math.ceil(min(max(limit, 0), len(messages))) :]
    if app.world.behaviours.messages_paged and len(page) < len(messages):
        return answer([message.wire() for message in page], headers=headers(incoming, int(limit), page[0]))
    _check_formats(app, page)
    return answer([message.wire() for message in page])


async def get(app: App, incoming: Incoming) -> Outgoing:
    """``GET /session/{sessionID}/message/{messageID}``."""
    checks.inside(incoming, schemas.SESSION, schemas.MESSAGE)
    message = _message(app, incoming)
    if message is None:
        raise Refused(errors.message_not_found(incoming.parameters["sessionID"], incoming.parameters["messageID"]))
    _check_formats(app, [message], place='["info"]["format"]')
    return answer(message.wire())


def _check_formats(app: App, messages: list[Message], *, place: str = '[{}]["info"]["format"]') -> None:
    """Refuses to show prompts that ask for a form; pages with older messages behind them are not checked."""
    if not app.world.behaviours.formats_are_unreadable:
        return
    for number, message in enumerate(messages):
        wanted = message.info.get("format")
        if isinstance(wanted, dict):
            raise Refused(errors.unreadable(place.format(number), structured.NAMES[str(wanted["type"])], wanted))


def _remaining(app: App, incoming: Incoming) -> Session | None:
    store, session_id = app.world.store, incoming.parameters["sessionID"]
    return store.remains(session_id) if app.world.behaviours.late_writes == "kept" else store.find(session_id)


def _message(app: App, incoming: Incoming) -> Message | None:
    message_id, session = incoming.parameters["messageID"], _remaining(app, incoming)
    if app.world.behaviours.messages_found_anywhere:
        return app.world.store.message(message_id)
    return session.messages.get(message_id) if session is not None else None


def _session(app: App, incoming: Incoming) -> Session | None:
    """The session that a prompt is for: None where it is missing and the version does not mind."""
    session = sessions.known(app, incoming)
    if session is None and app.world.behaviours.missing_session_refused:
        raise Refused(sessions.not_found(app, incoming))
    return session


def _tell_unknown_agent(app: App, session: Session, unknown: UnknownAgent) -> None:
    if app.world.behaviours.unknown_agent_is_an_event:
        happened = event("session.error", sessionID=session.id, error=unknown_agent(str(unknown), app.world.behaviours))
        app.publish(happened, session.info["directory"])


def _accept(app: App, session: Session, given: JsonObject) -> Message:
    message, events = accept(app.world, session, given)
    for happened in events:
        app.publish(happened, session.info["directory"])
    return message


def _tell_failure(app: App, session: Session, name: str, message: str) -> None:
    """What became of an asynchronous prompt is told once more, by the code that nobody waited for."""
    match app.world.behaviours.failure_told_again:
        case "name":
            text = name
        case "trace":
            text = f"{name}: {message}\n    at <anonymous>"
        case "no":
            return
    app.publish(event("session.error", sessionID=session.id, error=unknown_error(text)), session.info["directory"])
