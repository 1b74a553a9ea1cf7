"""The message routes."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from opencode_fake.run.prompt import UnknownAgent, accept
from opencode_fake.scripts.model import JsonObject
from opencode_fake.server import checks, errors, schemas
from opencode_fake.server.errors import Refused
from opencode_fake.server.exchange import Incoming, Outgoing, answer
from opencode_fake.state.store import Message, Session

if TYPE_CHECKING:
    from opencode_fake.server.app import App


async def prompt(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session/{sessionID}/message``: answers when the run has ended, with the last message it made.

    200 and no body where no message came of it: a session, an agent or a model that does not exist.
    """
    given = checks.body(incoming, schemas.PROMPT)
    session = _session(app, incoming)
    if session is None:
        return Outgoing()
    try:
        message = _accept(app, session, given)
    except UnknownAgent:
        return Outgoing()
    if given.get("noReply"):
        return answer(message.wire(), chunked=True)
    # A caller that goes away does not end the run.
    await asyncio.shield(app.driver.start(session))
    last = session.last_assistant()
    if last is None or last["parentID"] < message.info["id"]:
        return Outgoing()
    return answer(session.messages[last["id"]].wire(), chunked=True)


async def prompt_async(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session/{sessionID}/prompt_async``: 204 at once, whatever becomes of the prompt."""
    given = checks.body(incoming, schemas.PROMPT)
    session = _session(app, incoming)
    if session is not None:
        app.later(_begin(app, session, given))
    return Outgoing(204)


async def _begin(app: App, session: Session, given: JsonObject) -> None:
    if app.pickup:
        await app.clock.sleep(app.pickup)
    try:
        _accept(app, session, given)
    except UnknownAgent:
        return
    if not given.get("noReply"):
        app.driver.start(session)


async def listed(app: App, incoming: Incoming) -> Outgoing:
    """``GET /session/{sessionID}/message``: all messages, or the last ``limit``; oldest first."""
    checks.inside(incoming, schemas.SESSION)
    checks.query(incoming, schemas.MESSAGES)
    session = _session(app, incoming)
    messages = session.ordered() if session is not None else []
    limit = checks.limit(incoming)
    if limit:
        messages = messages[len(messages) - math.ceil(min(max(limit, 0), len(messages))) :]
    return answer([message.wire() for message in messages])


async def get(app: App, incoming: Incoming) -> Outgoing:
    """``GET /session/{sessionID}/message/{messageID}``."""
    checks.inside(incoming, schemas.SESSION, schemas.MESSAGE)
    session = _session(app, incoming)
    message_id = incoming.parameters["messageID"]
    if session is None or message_id not in session.messages:
        raise Refused(errors.message_not_found(incoming.parameters["sessionID"], message_id))
    return answer(session.messages[message_id].wire())


def _session(app: App, incoming: Incoming) -> Session | None:
    return app.world.store.get(incoming.parameters["sessionID"], app.world.project(incoming.directory))


def _accept(app: App, session: Session, given: JsonObject) -> Message:
    message, events = accept(app.world, session, given)
    for happened in events:
        app.publish(happened, session.info["directory"])
    return message
