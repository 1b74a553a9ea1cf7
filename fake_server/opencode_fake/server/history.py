"""The routes of a session's past: forks, reverts, single messages and parts, and the todo list."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from opencode_fake.run import history
from opencode_fake.run.effects import Event
from opencode_fake.run.events import part_removed, part_updated, session_updated
from opencode_fake.server import checks, errors, schemas, sessions
from opencode_fake.server.errors import Refused
from opencode_fake.server.exchange import Incoming, Outgoing, answer
from opencode_fake.server.routing import Route
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import Part

if TYPE_CHECKING:
    from opencode_fake.server.app import App
    from opencode_fake.versions import Behaviours

_MESSAGE = "/session/{sessionID}/message/{messageID}"


async def todo(app: App, incoming: Incoming) -> Outgoing:
    """``GET /session/{sessionID}/todo``."""
    checks.unchecked(incoming, schemas.SESSION)
    session = sessions.known(app, incoming)
    if session is None and incoming.behaviours.missing_session_refused:
        raise Refused(sessions.not_found(app, incoming))
    return answer(session.todos if session is not None else [])


async def fork(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session/{sessionID}/fork``: a copy, up to a message where one is named."""
    checks.parameters(incoming, schemas.SESSION)
    given = checks.own_body(incoming, schemas.FORK)
    original = sessions.known(app, incoming)
    if original is None and incoming.behaviours.forks_are_titled:
        raise Refused(sessions.not_found(app, incoming))
    if original is not None and incoming.behaviours.unreadable_inside_too:
        _check_readable(original)
    before = cast("str | None", given.get("messageID"))
    session, events = history.fork(app.world, original, incoming.directory, before)
    born = copy.deepcopy(session.info)
    _tell(app, session, events)
    return answer(born)


def _check_readable(session: Session) -> None:
    """A fork reads the messages itself, and fails where they cannot be read."""
    if any("format" in message.info for message in session.ordered()):
        raise Refused(errors.unknown("a message that cannot be read"))


async def revert(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session/{sessionID}/revert``: an unknown message changes nothing."""
    checks.unchecked(incoming, schemas.SESSION)
    given = checks.body(incoming, schemas.REVERT)
    checks.inside(incoming, schemas.SESSION)
    session = _idle(app, incoming)
    part_id = cast("str | None", given.get("partID"))
    _tell(app, session, history.revert(app.world, session, str(given["messageID"]), part_id))
    return answer(session.info)


async def unrevert(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session/{sessionID}/unrevert``."""
    checks.inner(incoming, schemas.SESSION)
    session = _idle(app, incoming)
    _tell(app, session, history.unrevert(app.world, session))
    return answer(session.info)


async def remove_message(app: App, incoming: Incoming) -> Outgoing:
    """``DELETE /session/{sessionID}/message/{messageID}``: true, whether or not there is one."""
    checks.inside(incoming, schemas.SESSION, schemas.MESSAGE)
    session = _known_or_refused(app, incoming)
    if app.driver.runs(incoming.parameters["sessionID"]):
        raise Refused(errors.busy(incoming.parameters["sessionID"]))
    if session is not None:
        _tell(app, session, (history.remove_message(session, incoming.parameters["messageID"]),))
    return answer(True)


async def remove_part(app: App, incoming: Incoming) -> Outgoing:
    """``DELETE .../part/{partID}``: true, whether or not there is one."""
    checks.inside(incoming, schemas.SESSION, schemas.MESSAGE, schemas.PART)
    _known_or_refused(app, incoming)
    named = incoming.parameters
    for message in _searched(app, incoming):
        history.remove_part(app.world, message, named["partID"])
    removed = part_removed(named["sessionID"], named["messageID"], named["partID"])
    app.publish(removed, incoming.directory)
    return answer(True)


def _searched(app: App, incoming: Incoming) -> list[Message]:
    """The messages that a part is removed from, if it is in one of them."""
    named, session = incoming.parameters, sessions.known(app, incoming)
    match incoming.behaviours.parts_removed_from:
        case "message":
            found = session.messages.get(named["messageID"]) if session is not None else None
        case "server":
            found = app.world.store.holding(named["partID"])
        case "session":
            return list(session.messages.values()) if session is not None else []
    return [] if found is None else [found]


async def update_part(app: App, incoming: Incoming) -> Outgoing:
    """``PATCH .../part/{partID}``: a part as a whole, be it a new one."""
    checks.unchecked(incoming, schemas.SESSION, schemas.MESSAGE, schemas.PART)
    given = checks.body(incoming, app.schemas.part)
    _known_or_refused(app, incoming)
    named = incoming.parameters
    pairs = [("id", "partID"), ("messageID", "messageID"), ("sessionID", "sessionID")]
    if any(given[key] != named[name] for key, name in pairs):
        said = ", ".join(f"body.{key}='{given[key]}' vs {name}='{named[name]}'" for key, name in pairs)
        raise Refused(errors.mismatch(f"Error: Part mismatch: {said}"))
    part = cast("Part", given)
    message = _keeping(app, incoming)
    if message is not None:
        message.parts[part["id"]] = part
    elif incoming.behaviours.parts_need_message:
        raise Refused(errors.no_such_row())
    app.publish(part_updated(app.world, part), incoming.directory)
    return answer(part)


def _keeping(app: App, incoming: Incoming) -> Message | None:
    """The message that a changed part is in afterwards, whatever session it is of: a database keeps it where it was."""
    store, named = app.world.store, incoming.parameters
    kept = store.holding(named["partID"]) if incoming.behaviours.sessions_found_anywhere else None
    return kept or store.message(named["messageID"])


async def share(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session/{sessionID}/share``: the configuration does not allow it."""
    checks.inner(incoming, schemas.SESSION)
    _known_or_refused(app, incoming)
    raise Refused(errors.unknown("Error: Sharing is disabled in configuration"))


async def unshare(app: App, incoming: Incoming) -> Outgoing:
    """``DELETE /session/{sessionID}/share``: there is never anything shared."""
    checks.parameters(incoming, schemas.SESSION)
    if incoming.behaviours.unshared_is_missing:
        raise Refused(errors.share_not_found(incoming.parameters["sessionID"]))
    session = sessions.find(app, incoming)
    if incoming.behaviours.unsharing_is_an_update:
        app.world.touch(session)
        _tell(app, session, (session_updated(app.world, session),))
    return answer(session.info)


def routes(behaviours: Behaviours) -> tuple[Route, ...]:
    """The routes that a version has."""
    always = (
        Route("GET", "/session/{sessionID}/todo", todo),
        Route("POST", "/session/{sessionID}/fork", fork),
        Route("POST", "/session/{sessionID}/revert", revert),
        Route("POST", "/session/{sessionID}/unrevert", unrevert),
        Route("POST", "/session/{sessionID}/share", share),
        Route("DELETE", "/session/{sessionID}/share", unshare),
        Route("DELETE", _MESSAGE + "/part/{partID}", remove_part),
        Route("PATCH", _MESSAGE + "/part/{partID}", update_part),
    )
    return (*always, Route("DELETE", _MESSAGE, remove_message)) if behaviours.messages_can_go else always


def _idle(app: App, incoming: Incoming) -> Session:
    """The session that the path names. Refused where there is none, and while it runs."""
    if app.driver.runs(incoming.parameters["sessionID"]):
        raise Refused(errors.busy(incoming.parameters["sessionID"]))
    return sessions.find(app, incoming)


def _known_or_refused(app: App, incoming: Incoming) -> Session | None:
    session = sessions.known(app, incoming)
    if session is None and incoming.behaviours.missing_session_refused:
        raise Refused(sessions.not_found(app, incoming))
    return session


def _tell(app: App, session: Session, events: Iterable[Event]) -> None:
    for happened in events:
        app.publish(happened, session.info["directory"])
