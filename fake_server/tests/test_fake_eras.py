"""Bad and unusual requests, answered as each tried version answers them (measured on real servers)."""

from __future__ import annotations

import json
from typing import NamedTuple, TypeAlias

import httpx
import pytest
from conftest import Served, Serving

from opencode_fake.versions import Version

TRIED = (
    "1.1.34 1.1.53 1.1.56 1.1.58 1.1.65 1.2.1 1.2.6 1.2.15 1.2.27 1.3.0 1.3.2 1.14.34 1.14.41 1.15.0 1.15.13 1.17.0 "
    "1.17.19 1.18.3 1.18.15 1.18.34"
).split()
STORAGE = "Resource not found: /home/user/.local/share/opencode/storage"
PROJECT = "4e929c001a74e14c1d4a935bdb647e80c3e56fce"
TEXT = '{"type":"text","text":"x"}'

Answer: TypeAlias = tuple[int, object]


class Case(NamedTuple):
    """A request, and its answers by the first version that gave them. ``{ses}`` stands for a session that exists."""

    request: str
    body: str | None
    answers: dict[str, Answer]


def missing(text: str) -> Answer:
    """Something is not there."""
    return 404, {"name": "NotFoundError", "data": {"message": text}}


def broken(text: str) -> Answer:
    """Something went wrong inside."""
    return 500, {"name": "UnknownError", "data": {"message": text}}


def bad(text: str, kind: str = "Payload") -> Answer:
    """A fault in the words of the newer validator."""
    return 400, {"name": "BadRequest", "data": {"message": text, "kind": kind}}


def start(prefix: str, *path: object) -> dict[str, object]:
    """An id of another kind, in the words of the older validator."""
    return {
        "origin": "string",
        "code": "invalid_format",
        "format": "starts_with",
        "prefix": prefix,
        "path": list(path),
        "message": f'Invalid string: must start with "{prefix}"',
    }


def zod(data: object, *issues: dict[str, object]) -> Answer:
    """A refusal by the older validator."""
    return 400, {"data": data, "error": list(issues), "success": False}


def inside(*issues: dict[str, object], named: bool = False) -> Answer:
    """The same, found by the code behind the route."""
    return broken(("ZodError: " if named else "") + json.dumps(issues, indent=2))


def kind(expected: str, received: str, *path: object) -> dict[str, object]:
    """A value of another type, in the words of the older validator."""
    message = f"Invalid input: expected {expected}, received {received}"
    return {"expected": expected, "code": "invalid_type", "path": list(path), "message": message}


TAG: Answer = (400, {"_tag": "BadRequest"})
NO_SESSION = missing("Session not found: ses_x")
HIDDEN = {
    "1.15.0": broken("Unexpected server error. Check server logs for details."),
    "1.15.13": (500, "ref"),
}
XYZ = zod({"sessionID": "xyz"}, start("ses", "sessionID"))
NO_JSON: Answer = (400, "Malformed JSON in request body")
PAGE: Answer = (200, "page")
PROXY: Answer = (500, "proxy")
NOTHING: Answer = (200, "")

CASES = (
    # A session that is not there.
    Case(
        "GET /session/ses_x", None, {"1.1.34": missing(f"{STORAGE}/session/{PROJECT}/ses_x.json"), "1.2.1": NO_SESSION}
    ),
    Case(
        "PATCH /session/ses_x",
        "{}",
        {"1.1.34": missing(f"{STORAGE}/session/{PROJECT}/ses_x.json"), "1.2.1": NO_SESSION},
    ),
    Case("DELETE /session/ses_x", None, {"1.1.34": (200, True), "1.14.34": NO_SESSION}),
    Case("GET /session/ses_x/children", None, {"1.1.34": (200, []), "1.15.0": NO_SESSION}),
    Case("GET /session/ses_x/diff", None, {"1.1.34": (200, [])}),
    Case("GET /session/ses_x/message", None, {"1.1.34": (200, []), "1.2.27": NO_SESSION}),
    Case(
        "GET /session/ses_x/message/msg_x",
        None,
        {
            "1.1.34": missing(f"{STORAGE}/message/ses_x/msg_x.json"),
            "1.2.1": broken("Error: Message not found: msg_x"),
            "1.2.27": missing("Message not found: msg_x"),
        },
    ),
    Case("POST /session/ses_x/abort", None, {"1.1.34": (200, True)}),
    Case("POST /session/ses_x/message", f'{{"parts":[{TEXT}]}}', {"1.1.34": NOTHING, "1.15.0": NO_SESSION}),
    Case("POST /session/ses_x/prompt_async", f'{{"parts":[{TEXT}]}}', {"1.1.34": (204, ""), "1.15.0": NO_SESSION}),
    Case(
        "PATCH /session/ses_x/message/msg_x/part/prt_x",
        '{"id":"prt_x","sessionID":"ses_x","messageID":"msg_x","type":"text","text":"t"}',
        {
            "1.1.34": (200, {"id": "prt_x", "sessionID": "ses_x", "messageID": "msg_x", "type": "text", "text": "t"}),
            "1.2.1": broken("SQLiteError: FOREIGN KEY constraint failed"),
            "1.14.34": (200, {"id": "prt_x", "sessionID": "ses_x", "messageID": "msg_x", "type": "text", "text": "t"}),
            "1.15.0": NO_SESSION,
        },
    ),
    # A command and an agent that are not there.
    Case(
        "POST /session/{ses}/command",
        '{"command":"nosuch","arguments":""}',
        {
            "1.1.34": broken("TypeError: undefined is not an object (evaluating 'command3.agent')"),
            "1.3.0": broken('Command not found: "nosuch"'),
            "1.3.2": broken('Command not found: "nosuch". Available commands: init, review'),
            **HIDDEN,
        },
    ),
    Case(
        "POST /session/{ses}/shell",
        '{"agent":"nosuch","command":"echo hi"}',
        {
            "1.1.34": broken("TypeError: undefined is not an object (evaluating 'agent.model')"),
            "1.3.2": broken('Agent not found: "nosuch". Available agents: build, explore, general, plan'),
            **HIDDEN,
        },
    ),
    # An id that can be none.
    Case("GET /session/xyz", None, {"1.1.34": XYZ, **HIDDEN}),
    Case("DELETE /session/xyz", None, {"1.1.34": XYZ, **HIDDEN}),
    Case("GET /session/xyz/children", None, {"1.1.34": XYZ, **HIDDEN}),
    Case(
        "PATCH /session/xyz",
        "{}",
        {
            "1.1.34": missing(f"{STORAGE}/session/{PROJECT}/xyz.json"),
            "1.2.1": inside(start("ses")),
            "1.2.15": inside(start("ses"), named=True),
            "1.2.27": XYZ,
            **HIDDEN,
        },
    ),
    Case(
        "GET /session/xyz/message",
        None,
        {
            "1.1.34": inside(start("ses", "sessionID")),
            "1.2.15": inside(start("ses", "sessionID"), named=True),
            "1.2.27": XYZ,
            **HIDDEN,
        },
    ),
    Case("POST /session/xyz/abort", None, {"1.1.34": (200, True), "1.2.27": XYZ, **HIDDEN}),
    Case("POST /session/xyz/message", f'{{"parts":[{TEXT}]}}', {"1.1.34": NOTHING, "1.2.27": XYZ, **HIDDEN}),
    Case("POST /session/xyz/prompt_async", f'{{"parts":[{TEXT}]}}', {"1.1.34": (204, ""), "1.2.27": XYZ, **HIDDEN}),
    Case(
        "GET /session/xyz/message/xyz",
        None,
        {
            "1.1.34": inside(start("ses", "sessionID"), start("msg", "messageID")),
            "1.2.15": inside(start("ses", "sessionID"), start("msg", "messageID"), named=True),
            "1.2.27": zod(
                {"sessionID": "xyz", "messageID": "xyz"}, start("ses", "sessionID"), start("msg", "messageID")
            ),
            **HIDDEN,
        },
    ),
    Case(
        "POST /session/xyz/permissions/xyz",
        '{"response":"once"}',
        {
            "1.1.34": inside(start("per", "requestID")),
            "1.2.15": inside(start("per", "requestID"), named=True),
            "1.2.27": zod(
                {"sessionID": "xyz", "permissionID": "xyz"}, start("ses", "sessionID"), start("per", "permissionID")
            ),
            **HIDDEN,
        },
    ),
    Case(
        "GET /session/{ses}/diff?messageID=xyz",
        None,
        {
            "1.1.34": zod({"messageID": "xyz"}, start("msg", "messageID")),
            "1.15.0": bad('Expected a string starting with "msg", got "xyz"\n  at ["messageID"]', "Query"),
        },
    ),
    # Bodies that do not fit.
    Case(
        "POST /session", '{"title":3}', {"1.1.34": zod({"title": 3}, kind("string", "number", "title")), "1.15.0": TAG}
    ),
    Case(
        "POST /session",
        '{"title":null}',
        {"1.1.34": zod({"title": None}, kind("string", "null", "title")), "1.15.0": TAG},
    ),
    Case("POST /session", "[]", {"1.1.34": zod([], kind("object", "array")), "1.15.0": TAG}),
    Case("POST /session", "{", {"1.1.34": NO_JSON, "1.15.0": TAG}),
    Case("POST /session", "", {"1.1.34": NO_JSON, "1.15.0": (200, "session")}),
    Case(
        "POST /session",
        '{"workspaceID":"x"}',
        {"1.1.34": (200, "session"), "1.2.27": zod({"workspaceID": "x"}, start("wrk", "workspaceID")), "1.15.0": TAG},
    ),
    Case(
        "PATCH /session/{ses}",
        '{"title":1}',
        {
            "1.1.34": zod({"title": 1}, kind("string", "number", "title")),
            "1.15.0": bad('Expected string | null, got 1\n  at ["title"]'),
        },
    ),
    Case(
        "PATCH /session/{ses}",
        '{"time":{"archived":null}}',
        {
            "1.1.34": zod({"time": {"archived": None}}, kind("number", "null", "time", "archived")),
            "1.15.0": (200, "session"),
        },
    ),
    Case(
        "PATCH /session/{ses}",
        '{"permission":3}',
        {
            "1.1.34": (200, "session"),
            "1.14.34": zod({"permission": 3}, kind("array", "number", "permission")),
            "1.15.0": bad('Expected PermissionRuleset | null, got 3\n  at ["permission"]'),
        },
    ),
    Case("PATCH /session/{ses}", "{", {"1.1.34": NO_JSON, **HIDDEN}),
    Case("PATCH /session/{ses}", "", {"1.1.34": NO_JSON, "1.15.0": bad("Expected object, got undefined")}),
    Case(
        "POST /session/{ses}/message",
        "{}",
        {
            "1.1.34": zod({}, kind("array", "undefined", "parts")),
            "1.15.0": bad('Missing key\n  at ["parts"]'),
        },
    ),
    Case(
        "POST /session/{ses}/message",
        '{"parts":[{"type":"text","text":1},{"type":"file"}],"agent":3}',
        {
            "1.1.34": zod(
                {"parts": [{"type": "text", "text": 1}, {"type": "file"}], "agent": 3},
                kind("string", "number", "agent"),
                kind("string", "number", "parts", 0, "text"),
                kind("string", "undefined", "parts", 1, "mime"),
                kind("string", "undefined", "parts", 1, "url"),
            ),
            "1.15.0": bad('Expected string | null, got 3\n  at ["agent"]'),
        },
    ),
    Case(
        "POST /session/{ses}/message",
        '{"parts":[{}]}',
        {
            "1.1.34": zod(
                {"parts": [{}]},
                {
                    "code": "invalid_union",
                    "errors": [],
                    "note": "No matching discriminator",
                    "discriminator": "type",
                    "path": ["parts", 0, "type"],
                    "message": "Invalid input",
                },
            ),
            "1.15.0": bad(
                'Expected { readonly "type": "text", ... } | { readonly "type": "file", ... } | '
                '{ readonly "type": "agent", ... } | { readonly "type": "subtask", ... }, got {}\n  at ["parts"][0]'
            ),
        },
    ),
    Case(
        "POST /session/{ses}/message",
        '{"parts":[{"type":"text","text":"x","id":"xyz"}],"noReply":true}',
        {
            "1.1.34": (200, "message"),
            "1.2.27": zod(
                {"parts": [{"type": "text", "text": "x", "id": "xyz"}], "noReply": True}, start("prt", "parts", 0, "id")
            ),
            "1.15.0": bad('Expected a string starting with "prt", got "xyz"\n  at ["parts"][0]["id"]'),
        },
    ),
    Case(
        "POST /session/{ses}/message",
        f'{{"parts":[{TEXT}],"format":3,"noReply":true}}',
        {
            "1.1.34": (200, "message"),
            "1.1.65": zod(
                {"parts": [json.loads(TEXT)], "format": 3, "noReply": True}, kind("object", "number", "format")
            ),
            "1.15.0": bad('Expected OutputFormat | null, got 3\n  at ["format"]'),
        },
    ),
    Case(
        "POST /session/{ses}/message",
        f'{{"parts":[{TEXT}],"agent":"nosuch"}}',
        {"1.1.34": NOTHING, **HIDDEN},
    ),
    # Queries.
    Case(
        "GET /session?limit=abc",
        None,
        {
            "1.1.34": zod(
                {"limit": "abc"},
                {
                    "expected": "number",
                    "code": "invalid_type",
                    "received": "NaN",
                    "path": ["limit"],
                    "message": "Invalid input: expected number, received NaN",
                },
            ),
            "1.15.0": (200, "list"),
        },
    ),
    Case(
        "GET /session?limit=1.5",
        None,
        {"1.1.34": (200, "list"), "1.2.6": broken("SQLiteError: datatype mismatch"), **HIDDEN},
    ),
    Case(
        "GET /session?limit=1e19",
        None,
        {"1.1.34": (200, "list"), "1.2.6": broken("SQLiteError: datatype mismatch"), **HIDDEN},
    ),
    Case("GET /session?limit=0", None, {"1.1.34": (200, "list"), "1.2.6": (200, [])}),
    Case("GET /session?limit=-1", None, {"1.1.34": (200, "list")}),
    Case("GET /session?path=sub", None, {"1.1.34": (200, "list"), "1.14.34": (200, [])}),
    Case(
        "GET /session?roots=1",
        None,
        {
            "1.1.34": (200, "list"),
            "1.14.34": zod(
                {"roots": "1"},
                {
                    "code": "invalid_union",
                    "errors": [
                        [kind("boolean", "string")],
                        [
                            {
                                "code": "invalid_value",
                                "values": ["true", "false"],
                                "path": [],
                                "message": 'Invalid option: expected one of "true"|"false"',
                            }
                        ],
                    ],
                    "path": ["roots"],
                    "message": "Invalid input",
                },
            ),
            "1.15.0": bad('Expected "true" | "false", got "1"\n  at ["roots"]', "Query"),
        },
    ),
    Case(
        "GET /session/{ses}/message?limit=-1",
        None,
        {
            "1.1.34": (200, []),
            "1.2.27": zod(
                {"limit": "-1"},
                {
                    "origin": "number",
                    "code": "too_small",
                    "minimum": 0,
                    "inclusive": True,
                    "path": ["limit"],
                    "message": "Too small: expected number to be >=0",
                },
            ),
            "1.15.0": bad('Expected a value greater than or equal to 0, got -1\n  at ["limit"]', "Query"),
        },
    ),
    Case(
        "GET /session/{ses}/message?before=xyz",
        None,
        {
            "1.1.34": (200, []),
            "1.2.27": zod(
                {"before": "xyz"},
                {"code": "custom", "path": ["before"], "message": "Invalid cursor"},
                {"code": "custom", "path": ["before"], "message": "before requires limit"},
            ),
            "1.15.0": TAG,
        },
    ),
    # Paths and methods.
    Case("GET /nope", None, {"1.1.34": PROXY, "1.14.34": PAGE}),
    Case("PUT /session/{ses}", None, {"1.1.34": PROXY, "1.14.34": PAGE}),
    Case("GET /session/{ses}/", None, {"1.1.34": PROXY, "1.14.34": PAGE, "1.15.0": (200, "session")}),
    Case("GET /Session", None, {"1.1.34": PROXY, "1.14.34": PAGE, "1.15.0": (200, "list")}),
    Case("GET //session", None, {"1.1.34": PROXY, "1.14.34": PAGE, "1.15.0": (200, "list")}),
    Case("HEAD /session", None, {"1.1.34": (200, "application/json"), "1.15.0": (200, "text/html")}),
)


@pytest.mark.parametrize("version", TRIED)
async def test_every_tried_version_answers_as_measured(version: str, serving: Serving) -> None:
    """Status and body of each case, in one server of that version."""
    async with serving(version=version, password=None, base_path="") as served:
        await served.session()
        answered = {f"{each.request} {each.body}": await answer(served, each) for each in CASES}
    assert answered == {f"{each.request} {each.body}": expected(each, version) for each in CASES}


def expected(case: Case, version: str) -> Answer:
    """The last answer that is not newer than the version."""
    return [found for since, found in case.answers.items() if Version(since) <= Version(version)][-1]


async def answer(served: Served, case: Case) -> Answer:
    """The status and the body, or a word for a body that says nothing of the case."""
    session = await served.session() if "{ses}" in case.request else ""
    method, path = case.request.format(ses=session).split(" ")
    headers = {} if case.body is None else {"Content-Type": "application/json"}
    url = served.server.url + path
    response = await served.http.request(method, url, content=case.body, headers=headers)
    return response.status_code, shown(response)


def shown(response: httpx.Response) -> object:
    """What the table can say of a body."""
    if response.request.method == "HEAD":
        return response.headers["Content-Type"]
    if response.headers.get("Content-Type") == "text/html":
        return "page"
    if response.headers.get("Content-Type") != "application/json" or not response.content:
        return response.text
    body = response.json()
    match body:
        case {"data": {"ref": str()}}:
            return "ref"
        case {"data": {"message": str(text)}} if "url" in text:
            return "proxy"
        case {"slug": _}:
            return "session"
        case {"info": _}:
            return "message"
        case [{"slug": _}, *_]:
            return "list"
        case _:
            return body
