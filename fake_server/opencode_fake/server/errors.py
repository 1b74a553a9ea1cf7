"""What a request can be refused for, as each version words it.

A problem is a function from a version's behaviours to the answer: the code that finds it need not know versions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

from opencode_fake.run.effects import dumps
from opencode_fake.run.errors import agent_not_found
from opencode_fake.scripts.model import JsonObject
from opencode_fake.server.exchange import BYTES, Outgoing, answer
from opencode_fake.server.issues import Issue
from opencode_fake.state.world import DATA_DIRECTORY
from opencode_fake.versions import Behaviours

Problem: TypeAlias = Callable[[Behaviours], Outgoing]
Kind: TypeAlias = Literal["Payload", "Query", "Params"]
"""The part of a request that is at fault."""

_UNREACHABLE = (
    "Error: Unable to connect. Is the computer able to access the url?",
    "Error: Was there a typo in the url or port?",
)
_LONGEST_NAME = 255
"""Bytes that the name of a file may have."""
_PAGE = b"<!doctype html>\n<title>OpenCode</title>\n<p>The web interface of OpenCode would be here.\n"
_UNEXPECTED = "Unexpected server error. Check server logs for details."


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def unauthorized() -> Problem:
    """No password, or a wrong one."""
    headers = {"WWW-Authenticate": 'Basic realm="Secure Area"'}

    def worded(behaviours: Behaviours) -> Outgoing:
        if behaviours.unauthorized_is_empty:
            return Outgoing(401, b"", "", headers)
        return Outgoing(401, b"Unauthorized", BYTES, headers)

    return worded


def malformed() -> Problem:
    """The body is no JSON."""

    def worded(behaviours: Behaviours) -> Outgoing:
        if behaviours.effect_checks:
            return unknown("malformed JSON")(behaviours)
        return Outgoing(400, b"Malformed JSON in request body", BYTES)

    return worded


def unsupported(content_type: str) -> Problem:
    """The body is of a type that no route takes."""
    return lambda _: Outgoing(415, f"Unsupported content-type: {content_type}".encode(), "text/plain")


def bad_request() -> Problem:
    """Something is wrong with the request, and the server does not say what."""
    return lambda _: answer({"_tag": "BadRequest"}, 400)


def invalid(data: object, issues: list[Issue], kind: Kind) -> Problem:
    """The body, the query or the path does not fit."""

    def worded(behaviours: Behaviours) -> Outgoing:
        if behaviours.effect_checks:
            fault = replace(issues[0], absent="undefined" if kind == "Query" else "null").effect()
            return answer({"name": "BadRequest", "data": {"message": fault, "kind": kind}}, 400)
        return answer({"data": data, "error": [issue.zod() for issue in issues], "success": False}, 400)

    return worded


def unreadable(path: str, kind: str, value: object) -> Problem:
    """The server finds a fault in its own answer."""
    message = f"Expected {kind}, got {dumps(value)}\n  at {path}"
    return lambda _: answer({"name": "BadRequest", "data": {"message": message, "kind": "Body"}}, 400)


def invalid_inside(issues: list[Issue]) -> Problem:
    """An id does not fit, and only the code behind the route noticed."""

    def worded(behaviours: Behaviours) -> Outgoing:
        fault = json.dumps([issue.zod() for issue in issues], indent=2, ensure_ascii=False)
        return unknown(f"ZodError: {fault}" if behaviours.inner_faults_named else fault)(behaviours)

    return worded


def unknown(message: str) -> Problem:
    """Something went wrong inside the server. Newer versions say what only in their log, by a reference."""

    def worded(behaviours: Behaviours) -> Outgoing:
        data: JsonObject = {"message": _UNEXPECTED if behaviours.errors_are_hidden else message}
        if behaviours.errors_have_references:
            # A real reference is another one each time.
            data["ref"] = f"err_{hashlib.sha1(message.encode(), usedforsecurity=False).hexdigest()[:8]}"
        return answer({"name": "UnknownError", "data": data}, 500)

    return worded


def unknown_path(number: int) -> Problem:
    """No such route: the web interface, or the error of a proxy that cannot reach it (worded in two ways)."""

    def worded(behaviours: Behaviours) -> Outgoing:
        if behaviours.unknown_path_is_web_page:
            return Outgoing(200, _PAGE, "text/html", {"Content-Security-Policy": behaviours.page_policy})
        return unknown(_UNREACHABLE[number % len(_UNREACHABLE)])(behaviours)

    return worded


def unmatched() -> Problem:
    """The path cannot be read, so that not even the web interface answers."""
    return lambda _: Outgoing(404, b"", "")


def not_found(message: str) -> Problem:
    """Something is not there."""
    return lambda _: answer({"name": "NotFoundError", "data": {"message": message}}, 404)


def session_not_found(project_id: str, session_id: str) -> Problem:
    """No such session: older versions name the file that is missing in the project's folder."""

    def worded(behaviours: Behaviours) -> Outgoing:
        if behaviours.sessions_found_anywhere:
            return not_found(f"Session not found: {session_id}")(behaviours)
        return _no_file("session", project_id, session_id)(behaviours)

    return worded


def message_not_found(session_id: str, message_id: str) -> Problem:
    """No such message in this session."""

    def worded(behaviours: Behaviours) -> Outgoing:
        match behaviours.missing_message:
            case "no file":
                return _no_file("message", session_id, message_id)(behaviours)
            case "error":
                return unknown(f"Error: Message not found: {message_id}")(behaviours)
            case "not found":
                return not_found(f"Message not found: {message_id}")(behaviours)

    return worded


def request_not_found(kind: Literal["Permission", "Question"], request_id: str) -> Problem:
    """No such permission request or question waits for an answer."""
    message = f"{kind} request not found: {request_id}"
    return lambda _: answer({"_tag": f"{kind}NotFoundError", "requestID": request_id, "message": message}, 404)


def busy(session_id: str) -> Problem:
    """The session runs, and this must wait until it does not."""

    def worded(behaviours: Behaviours) -> Outgoing:
        message = f"Session {session_id} is busy"
        match behaviours.busy_is:
            case "error":
                return unknown(f"Error: {message}")(behaviours)
            case "bad":
                return answer({"name": "UnknownError", "data": {"message": message}}, 400)
            case "untold":
                return bad_request()(behaviours)
            case "conflict":
                told = f"Session is busy: {session_id}"
                return answer({"_tag": "SessionBusyError", "sessionID": session_id, "message": told}, 409)

    return worded


def unknown_command(name: str, known: Sequence[str]) -> Problem:
    """No such command: older versions stumble over it."""

    def worded(behaviours: Behaviours) -> Outgoing:
        if not behaviours.unknown_command_is_named:
            return unknown("TypeError: undefined is not an object (evaluating 'command3.agent')")(behaviours)
        choice = f". Available commands: {', '.join(known)}" if behaviours.unknown_names_list_choice else ""
        return unknown(f'Command not found: "{name}"{choice}')(behaviours)

    return worded


def unknown_agent(name: str) -> Problem:
    """No such agent for a shell command: older versions stumble over it."""

    def worded(behaviours: Behaviours) -> Outgoing:
        if not behaviours.unknown_names_list_choice:
            return unknown("TypeError: undefined is not an object (evaluating 'agent.model')")(behaviours)
        return unknown(agent_not_found(name))(behaviours)

    return worded


def no_such_row() -> Problem:
    """The database is told to keep something that belongs to nothing."""
    return unknown("SQLiteError: FOREIGN KEY constraint failed")


def too_large() -> Problem:
    """The body is larger than the server takes."""
    return lambda _: Outgoing(413, b"", BYTES)


def share_not_found(session_id: str) -> Problem:
    """The session is not shared."""
    return not_found(f"Resource not found: {DATA_DIRECTORY}/storage/session_share/{session_id}.json")


def mismatch(message: str) -> Problem:
    """The body speaks of something else than the path."""
    return lambda behaviours: (bad_request() if behaviours.effect_checks else unknown(message))(behaviours)


def _no_file(kind: str, folder: str, name: str) -> Problem:
    path = f"{DATA_DIRECTORY}/storage/{kind}/{folder}/{name}.json"
    if len(f"{name}.json".encode()) > _LONGEST_NAME:
        return unknown(f"Error: ENAMETOOLONG: name too long, open '{path}'")
    return not_found(f"Resource not found: {path}")
