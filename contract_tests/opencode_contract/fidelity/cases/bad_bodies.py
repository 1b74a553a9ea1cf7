"""Every endpoint with bodies that are no JSON, of a wrong type, without keys it needs or with keys it does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator

from opencode_contract.evidence import Json
from opencode_contract.fidelity.cases.model import Case, case
from opencode_contract.fidelity.cases.routes import WITH_BODY, Endpoint
from opencode_contract.fidelity.steps import Send

_JSON = {"Content-Type": "application/json"}
_WHOLE: dict[str, tuple[bytes | None, dict[str, str]]] = {
    "none": (None, {}),
    "empty-object": (b"{}", _JSON),
    "malformed": (b"{", _JSON),
    "empty-json": (b"", _JSON),
    "null": (b"null", _JSON),
    "list": (b"[]", _JSON),
    "string": (b'"x"', _JSON),
    "number": (b"3", _JSON),
    "charset": (b"{}", {"Content-Type": "application/json; charset=utf-8"}),
    "form": (b"title=x&parts=y", {"Content-Type": "application/x-www-form-urlencoded"}),
}
_MESSAGE: dict[str, tuple[Json, ...]] = {
    "messageID": (3, None, "xyz", [], "ses_x"),
    "model": ("a/b", {"providerID": "scripted"}, {"modelID": "script-1"}, None, {"providerID": 1, "modelID": 2}, []),
    "agent": (3, None, {}),
    "noReply": ("yes", 1, None),
    "tools": ({"bash": "no"}, "x", [], None),
    "system": (3, None, ["x"]),
    "variant": (3, None),
    "format": ({"type": "zzz"}, "text", None),
    "parts": (None, "x", {}, 3, [3], [None], [[]], ["x"]),
}
_PARTS: dict[str, Json] = {
    "empty": {},
    "unknown-type": {"type": "nosuch", "text": "x"},
    "type-is-number": {"type": 3, "text": "x"},
    "text-missing": {"type": "text"},
    "text-is-number": {"type": "text", "text": 1},
    "text-is-null": {"type": "text", "text": None},
    "synthetic-is-text": {"type": "text", "text": "x", "synthetic": "yes"},
    "ignored-is-number": {"type": "text", "text": "x", "ignored": 1},
    "metadata-is-text": {"type": "text", "text": "x", "metadata": "y"},
    "time-is-text": {"type": "text", "text": "x", "time": "now"},
    "time-without-start": {"type": "text", "text": "x", "time": {}},
    "id-is-number": {"type": "text", "text": "x", "id": 1},
    "file-without-mime": {"type": "file", "url": "data:text/plain,x"},
    "file-without-url": {"type": "file", "mime": "text/plain"},
    "file-name-is-number": {"type": "file", "mime": "text/plain", "url": "data:text/plain,x", "filename": 1},
    "file-source-is-text": {"type": "file", "mime": "text/plain", "url": "data:text/plain,x", "source": "x"},
    "agent-without-name": {"type": "agent"},
    "agent-source-is-text": {"type": "agent", "name": "general", "source": "x"},
    "subtask-empty": {"type": "subtask"},
    "subtask-without-agent": {"type": "subtask", "prompt": "x", "description": "y"},
}
_RULES: tuple[Json, ...] = (
    "x",
    None,
    {},
    [3],
    [{}],
    [{"permission": "bash"}],
    [{"permission": "bash", "pattern": "*", "action": "maybe"}],
    [{"permission": 1, "pattern": 2, "action": 3}],
)
_CREATE: dict[str, tuple[Json, ...]] = {
    "title": (3, None, [], {}, True),
    "parentID": (3, None, "xyz", "msg_x", ""),
    "permission": _RULES,
    "agent": (3, None),
    "model": ("a/b", None, {"id": "script-1"}, {"providerID": "scripted"}),
    "metadata": ("x", None, []),
    "workspaceID": (3, "xyz"),
}
_PATCH: dict[str, tuple[Json, ...]] = {
    "title": (3, None, [], {}),
    "time": ("now", None, [], {"archived": "x"}, {"archived": None}, {"archived": True}),
    "permission": ("x", None, [3]),
    "metadata": ("x", None),
}
_OTHERS: dict[str, tuple[Json, ...]] = {
    "fork": ({"messageID": 3}, {"messageID": "xyz"}, {"messageID": None}, {"unknown": 1}),
    "summarize": ({"providerID": "scripted"}, {"modelID": "script-1"}, {"providerID": 1, "modelID": 2}),
    "revert": (
        {"messageID": 3},
        {"messageID": "xyz"},
        {"messageID": "msg_doesnotexist", "partID": 3},
        {"partID": "prt_x"},
    ),
    "init": (
        {"providerID": "scripted", "modelID": "script-1"},
        {"messageID": "xyz", "providerID": "a", "modelID": "b"},
    ),
    "command": (
        {"command": "nosuch"},
        {"arguments": "x"},
        {"command": 3, "arguments": 4},
        {"command": None, "arguments": ""},
    ),
    "shell": (
        {"command": "echo hi"},
        {"agent": "build"},
        {"agent": "nosuch", "command": "echo hi"},
        {"agent": 1, "command": 2},
    ),
    "answer-permission": ({"response": "maybe"}, {"response": 3}, {"response": None}, {"reply": "once"}),
    "permission-reply": ({"reply": "maybe"}, {"reply": 3}, {"response": "once"}, {"reply": "reject", "message": 3}),
    "question-reply": (
        {"answers": "yes"},
        {"answers": ["yes"]},
        {"answers": [[1]]},
        {"answers": None},
        {"answers": {}},
    ),
}


def cases() -> Iterator[Case]:
    """All of them."""
    for endpoint in WITH_BODY:
        for word, (content, headers) in _WHOLE.items():
            yield _raw(endpoint, f"body-{word}", content, headers)
        right = json.dumps(endpoint.body).encode()
        yield _raw(endpoint, "body-text-plain", right, {"Content-Type": "text/plain"})
        yield _raw(endpoint, "body-untyped", right, {})
    named = {endpoint.word: endpoint for endpoint in WITH_BODY}
    for word in ("prompt", "prompt-async"):
        yield from _keys(named[word], _MESSAGE, {"parts": [{"type": "text", "text": "play plain"}]})
        for part, body in _PARTS.items():
            yield _json(named[word], f"part-{part}", {"parts": [body]})
    yield from _keys(named["create"], _CREATE, {})
    yield from _keys(named["patch"], _PATCH, {})
    for word, bodies in _OTHERS.items():
        for number, body in enumerate(bodies, 1):
            yield _json(named[word], f"wrong-{number}", body)


def _keys(endpoint: Endpoint, wrong: dict[str, tuple[Json, ...]], right: dict[str, Json]) -> Iterator[Case]:
    for key, values in wrong.items():
        for number, value in enumerate(values, 1):
            yield _json(endpoint, f"{key}-wrong-{number}", {**right, key: value})


def _json(endpoint: Endpoint, word: str, body: Json) -> Case:
    return _raw(endpoint, word, json.dumps(body).encode(), _JSON)


def _raw(endpoint: Endpoint, word: str, content: bytes | None, headers: dict[str, str]) -> Case:
    path = endpoint.path
    for kind in ("msg", "prt", "per", "que"):
        path = path.replace(f"{{{kind}}}", f"{kind}_doesnotexist")
    request = Send(endpoint.method, path, content=content, headers=headers)
    return case(f"{endpoint.word}.{word}", endpoint.route, "bad bodies", request)
