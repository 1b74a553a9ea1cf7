"""Error answers as the server words them (1.1.34 to 1.1.65)."""

from __future__ import annotations

import json

from opencode_fake.scripts.model import JsonObject
from opencode_fake.server.exchange import BYTES, Outgoing, answer
from opencode_fake.state.world import DATA_DIRECTORY

_UNREACHABLE = (
    "Error: Unable to connect. Is the computer able to access the url?",
    "Error: Was there a typo in the url or port?",
)


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, outgoing: Outgoing) -> None:
        super().__init__(outgoing.status)
        self.outgoing = outgoing


def unauthorized() -> Outgoing:
    """No password, or a wrong one."""
    return Outgoing(401, b"Unauthorized", BYTES, {"WWW-Authenticate": 'Basic realm="Secure Area"'})


def malformed() -> Outgoing:
    """The body is no JSON."""
    return Outgoing(400, b"Malformed JSON in request body", BYTES)


def invalid(data: object, issues: list[JsonObject]) -> Outgoing:
    """The body, the query or the path does not fit."""
    return answer({"data": data, "error": issues, "success": False}, 400)


def unknown(message: str) -> Outgoing:
    """Something went wrong inside the server."""
    return answer({"name": "UnknownError", "data": {"message": message}}, 500)


def invalid_inside(issues: list[JsonObject]) -> Outgoing:
    """An id does not fit, and only the code behind the route noticed."""
    return unknown(json.dumps(issues, indent=2, ensure_ascii=False))


def unknown_path(number: int) -> Outgoing:
    """No such route: the server asks a web page of its maker, which it cannot reach (it words that in two ways)."""
    return unknown(_UNREACHABLE[number % len(_UNREACHABLE)])


def session_not_found(project_id: str, session_id: str) -> Outgoing:
    """No such session in this project: the error names the missing file."""
    return _file_not_found("session", project_id, session_id)


def message_not_found(session_id: str, message_id: str) -> Outgoing:
    """No such message in this session."""
    return _file_not_found("message", session_id, message_id)


def too_large() -> Outgoing:
    """The body is larger than the server takes."""
    return Outgoing(413, b"", BYTES)


def _file_not_found(kind: str, folder: str, name: str) -> Outgoing:
    message = f"Resource not found: {DATA_DIRECTORY}/storage/{kind}/{folder}/{name}.json"
    return answer({"name": "NotFoundError", "data": {"message": message}}, 404)
