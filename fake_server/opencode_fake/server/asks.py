"""The routes of what tools ask the user: permissions and questions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from opencode_fake.run import asking
from opencode_fake.run.effects import Event
from opencode_fake.scripts.model import JsonObject
from opencode_fake.server import checks, errors, schemas, sessions
from opencode_fake.server.errors import Refused
from opencode_fake.server.exchange import Incoming, Outgoing, answer
from opencode_fake.server.validation import Shape
from opencode_fake.state.asks import QuestionRequest, Reply

if TYPE_CHECKING:
    from opencode_fake.server.app import App


async def permissions(app: App, incoming: Incoming) -> Outgoing:
    """``GET /permission``: the requests of a directory that wait for an answer, oldest first."""
    requests = app.world.asks.permissions.values()
    return answer([each.wire for each in requests if each.directory == incoming.directory])


async def reply(app: App, incoming: Incoming) -> Outgoing:
    """``POST /permission/{requestID}/reply``."""
    given = _checked(incoming, schemas.PERMISSION_REPLY)
    return _reply(app, incoming, cast("Reply", given["reply"]), cast("str | None", given.get("message")))


async def respond(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session/{sessionID}/permissions/{permissionID}``: the older form, in which the session is no matter."""
    checks.unchecked(incoming, schemas.SESSION, schemas.PERMISSION_ID)
    named = replace(incoming, parameters={"requestID": incoming.parameters["permissionID"]})
    given = _checked(named, schemas.PERMISSION_RESPONSE)
    if incoming.behaviours.missing_session_refused:
        sessions.find(app, incoming)
    return _reply(app, named, cast("Reply", given["response"]), None)


async def questions(app: App, incoming: Incoming) -> Outgoing:
    """``GET /question``: the questions of a directory that wait for an answer, oldest first."""
    requests = app.world.asks.questions.values()
    return answer([each.wire for each in requests if each.directory == incoming.directory])


async def answer_question(app: App, incoming: Incoming) -> Outgoing:
    """``POST /question/{requestID}/reply``: a list of labels or words for each question."""
    checks.unchecked(incoming, schemas.QUESTION)
    given = checks.body(incoming, schemas.QUESTION_REPLY)
    request = _question(app, incoming)
    if request is not None:
        answers = cast("list[list[str]]", given["answers"])
        _tell(app, incoming, (asking.answer_question(app.world, request, answers),))
    return answer(True)


async def reject_question(app: App, incoming: Incoming) -> Outgoing:
    """``POST /question/{requestID}/reject``."""
    checks.unchecked(incoming, schemas.QUESTION)
    request = _question(app, incoming)
    if request is not None:
        _tell(app, incoming, (asking.dismiss_question(app.world, request),))
    return answer(True)


def _checked(incoming: Incoming, shape: Shape) -> JsonObject:
    checks.unchecked(incoming, schemas.PERMISSION)
    given = checks.body(incoming, shape)
    checks.inside(incoming, schemas.PERMISSION)
    return given


def _reply(app: App, incoming: Incoming, given: Reply, feedback: str | None) -> Outgoing:
    request = app.world.asks.permissions.get(incoming.parameters["requestID"])
    if request is not None and request.directory == incoming.directory:
        _tell(app, incoming, asking.reply(app.world, request, given, feedback))
    elif incoming.behaviours.missing_request_refused:
        raise Refused(errors.request_not_found("Permission", incoming.parameters["requestID"]))
    return answer(True)


def _question(app: App, incoming: Incoming) -> QuestionRequest | None:
    request = app.world.asks.questions.get(incoming.parameters["requestID"])
    if request is not None and request.directory == incoming.directory:
        return request
    if incoming.behaviours.missing_request_refused:
        raise Refused(errors.request_not_found("Question", incoming.parameters["requestID"]))
    return None


def _tell(app: App, incoming: Incoming, events: Iterable[Event]) -> None:
    for happened in events:
        app.publish(happened, incoming.directory)
    app.driver.settle()
