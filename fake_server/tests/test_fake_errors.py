"""Bad input, answered letter by letter as 1.1.53 answers it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import NamedTuple

import httpx
import pytest
from conftest import Served, Serving

PROJECT = "4e929c001a74e14c1d4a935bdb647e80c3e56fce"
"""The fake's project id of /data/workspace."""
STORAGE = "/home/user/.local/share/opencode/storage"
JSON = {"Content-Type": "application/json"}


class Case(NamedTuple):
    """A request and the answer that was measured. ``{ses}`` stands for a session that exists."""

    name: str
    method: str
    path: str
    body: str | None
    status: int
    answer: str
    headers: dict[str, str] = JSON


def zod(data: str, *issues: str) -> str:
    """A refusal by the validator."""
    return f'{{"data":{data},"error":[{",".join(issues)}],"success":false}}'


def issue(expected: str, path: str, received: str) -> str:
    """An issue of a wrong type."""
    message = f"Invalid input: expected {expected}, received {received}"
    return f'{{"expected":"{expected}","code":"invalid_type","path":{path},"message":"{message}"}}'


def prefix(start: str, path: str) -> str:
    """An issue of an id of the wrong kind."""
    return (
        f'{{"origin":"string","code":"invalid_format","format":"starts_with","prefix":"{start}","path":{path},'
        f'"message":"Invalid string: must start with \\"{start}\\""}}'
    )


def inside(start: str, key: str) -> str:
    """The same, found by the code behind the route."""
    issues = json.dumps([json.loads(prefix(start, f'["{key}"]'))], indent=2)
    return json.dumps({"name": "UnknownError", "data": {"message": issues}}, separators=(",", ":"))


def missing(path: str) -> str:
    """A file that is not there."""
    return f'{{"name":"NotFoundError","data":{{"message":"Resource not found: {STORAGE}/{path}.json"}}}}'


MALFORMED = "Malformed JSON in request body"
NAN = '{"expected":"number","code":"invalid_type","received":"NaN","path":["%s"],"message":"Invalid input: expected number, received NaN"}'
NO_SESSION = missing(f"session/{PROJECT}/ses_doesnotexist")
PARTS = '{"parts":[{"type":"text","text":"x"}]}'

CASES = (
    Case("title-int", "POST", "/session", '{"title":3}', 400, zod('{"title":3}', issue("string", '["title"]', "number"))),
    Case("title-null", "POST", "/session", '{"title":null}', 400, zod('{"title":null}', issue("string", '["title"]', "null"))),
    Case("parent-bad", "POST", "/session", '{"parentID":"xyz"}', 400, zod('{"parentID":"xyz"}', prefix("ses", '["parentID"]'))),
    Case("array", "POST", "/session", "[]", 400, zod("[]", issue("object", "[]", "array"))),
    Case("string", "POST", "/session", '"x"', 400, zod('"x"', issue("object", "[]", "string"))),
    Case("null", "POST", "/session", "null", 400, zod("null", issue("object", "[]", "null"))),
    Case("permission", "POST", "/session", '{"permission":"x"}', 400, zod('{"permission":"x"}', issue("array", '["permission"]', "string"))),
    Case("malformed", "POST", "/session", "{", 400, MALFORMED),
    Case("nan", "POST", "/session", '{"title":NaN}', 400, MALFORMED),
    Case("empty-json", "POST", "/session", "", 400, MALFORMED),
    Case("limit", "GET", "/session?limit=abc", None, 400, zod('{"limit":"abc"}', NAN % "limit")),
    Case("start", "GET", "/session?start=abc", None, 400, zod('{"start":"abc"}', NAN % "start")),
    Case("get-missing", "GET", "/session/ses_doesnotexist", None, 404, NO_SESSION),
    Case("get-prefix", "GET", "/session/xyz", None, 400, zod('{"sessionID":"xyz"}', prefix("ses", '["sessionID"]'))),
    Case("patch-missing", "PATCH", "/session/ses_doesnotexist", '{"title":"x"}', 404, NO_SESSION),
    Case("patch-prefix", "PATCH", "/session/xyz", "{}", 404, missing(f"session/{PROJECT}/xyz")),
    Case("patch-int", "PATCH", "/session/{ses}", '{"title":1}', 400, zod('{"title":1}', issue("string", '["title"]', "number"))),
    Case("patch-time", "PATCH", "/session/{ses}", '{"time":3}', 400, zod('{"time":3}', issue("object", '["time"]', "number"))),
    Case("patch-archived", "PATCH", "/session/{ses}", '{"time":{"archived":null}}', 400, zod('{"time":{"archived":null}}', issue("number", '["time","archived"]', "null"))),
    Case("patch-malformed", "PATCH", "/session/{ses}", "{", 400, MALFORMED),
    Case("delete-missing", "DELETE", "/session/ses_doesnotexist", None, 200, "true"),
    Case("delete-prefix", "DELETE", "/session/xyz", None, 400, zod('{"sessionID":"xyz"}', prefix("ses", '["sessionID"]'))),
    Case("children-missing", "GET", "/session/ses_doesnotexist/children", None, 200, "[]"),
    Case("children-prefix", "GET", "/session/xyz/children", None, 400, zod('{"sessionID":"xyz"}', prefix("ses", '["sessionID"]'))),
    Case("diff-missing", "GET", "/session/ses_doesnotexist/diff", None, 200, "[]"),
    Case("diff-message", "GET", "/session/{ses}/diff?messageID=xyz", None, 400, zod('{"messageID":"xyz"}', prefix("msg", '["messageID"]'))),
    Case("abort-missing", "POST", "/session/ses_doesnotexist/abort", None, 200, "true"),
    Case("abort-prefix", "POST", "/session/xyz/abort", None, 200, "true"),
    Case("messages-missing", "GET", "/session/ses_doesnotexist/message", None, 200, "[]"),
    Case("messages-prefix", "GET", "/session/xyz/message", None, 500, inside("ses", "sessionID")),
    Case("messages-limit", "GET", "/session/{ses}/message?limit=abc", None, 400, zod('{"limit":"abc"}', NAN % "limit")),
    Case("message-missing", "GET", "/session/ses_doesnotexist/message/msg_x", None, 404, missing("message/ses_doesnotexist/msg_x")),
    Case("message-prefix", "GET", "/session/{ses}/message/xyz", None, 500, inside("msg", "messageID")),
    Case("prompt-missing", "POST", "/session/ses_doesnotexist/message", PARTS, 200, ""),
    Case("prompt-prefix", "POST", "/session/xyz/message", PARTS, 200, ""),
    Case("prompt-agent", "POST", "/session/{ses}/message", '{"agent":"nosuch","parts":[]}', 200, ""),
    Case("prompt-model", "POST", "/session/{ses}/message", '{"model":{"providerID":"scripted","modelID":"nosuch"},"parts":[]}', 200, ""),
    Case("prompt-empty", "POST", "/session/{ses}/message", "{}", 400, zod("{}", issue("array", '["parts"]', "undefined"))),
    Case("prompt-null", "POST", "/session/{ses}/message", '{"parts":null}', 400, zod('{"parts":null}', issue("array", '["parts"]', "null"))),
    Case("prompt-kind", "POST", "/session/{ses}/message", '{"parts":[{"type":"nope"}]}', 400,
         zod('{"parts":[{"type":"nope"}]}', '{"code":"invalid_union","errors":[],"note":"No matching discriminator","discriminator":"type","path":["parts",0,"type"],"message":"Invalid input"}')),
    Case("prompt-text", "POST", "/session/{ses}/message", '{"parts":[{"type":"text","text":1}]}', 400, zod('{"parts":[{"type":"text","text":1}]}', issue("string", '["parts",0,"text"]', "number"))),
    Case("prompt-id", "POST", "/session/{ses}/message", '{"messageID":"xyz","parts":[]}', 400, zod('{"messageID":"xyz","parts":[]}', prefix("msg", '["messageID"]'))),
    Case("prompt-model-text", "POST", "/session/{ses}/message", '{"parts":[],"model":"a/b"}', 400, zod('{"parts":[],"model":"a/b"}', issue("object", '["model"]', "string"))),
    Case("prompt-model-half", "POST", "/session/{ses}/message", '{"parts":[],"model":{"modelID":"x"}}', 400, zod('{"parts":[],"model":{"modelID":"x"}}', issue("string", '["model","providerID"]', "undefined"))),
    Case("prompt-agent-int", "POST", "/session/{ses}/message", '{"parts":[],"agent":3}', 400, zod('{"parts":[],"agent":3}', issue("string", '["agent"]', "number"))),
    Case("prompt-malformed", "POST", "/session/{ses}/message", "{", 400, MALFORMED),
    Case("prompt-text-plain", "POST", "/session/{ses}/message", PARTS, 400, zod("{}", issue("array", '["parts"]', "undefined")), {"Content-Type": "text/plain"}),
    Case("async-missing", "POST", "/session/ses_doesnotexist/prompt_async", PARTS, 204, ""),
    Case("async-prefix", "POST", "/session/xyz/prompt_async", PARTS, 204, ""),
    Case("async-empty", "POST", "/session/{ses}/prompt_async", "{}", 400, zod("{}", issue("array", '["parts"]', "undefined"))),
    Case("async-malformed", "POST", "/session/{ses}/prompt_async", "{", 400, MALFORMED),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_bad_input_is_answered_as_measured(serving: Serving, case: Case) -> None:
    """Status, content type and every letter of the body."""
    async with serving() as served:
        session = await served.session()
        answer = await send(served, case, session)
    assert (answer.status_code, answer.text) == (case.status, case.answer)
    octets = case.answer == MALFORMED
    assert answer.headers["Content-Type"] == ("application/octet-stream" if octets else "application/json")


async def send(served: Served, case: Case, session: str) -> httpx.Response:
    """Sends a case's request."""
    content = None if case.body is None else case.body.encode()
    path = case.path.replace("{ses}", session)
    return await served.http.request(
        case.method, path, content=content, headers=case.headers if content is not None else {}
    )


UNKNOWN = (
    ("GET", "/nope"), ("POST", "/nope"), ("PUT", "/session/{ses}"), ("POST", "/session/{ses}"), ("DELETE", "/session"),
    ("GET", "/session/{ses}/abort"), ("GET", "/session/"), ("GET", "/session/{ses}/"), ("GET", "//session"),
    ("GET", "/Session"), ("GET", "/v1/session"), ("GET", "/"), ("GET", "/api/session"), ("GET", "/session/{ses}/nope"),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path"), UNKNOWN)
async def test_an_unknown_path_or_method_is_a_failure_of_the_server(serving: Serving, method: str, path: str) -> None:
    """Up to 1.3.2 it is passed on to a web page that cannot be reached: 500, never 404 or 405."""
    async with serving(base_path="") as served:
        session = await served.session()
        answer = await served.http.request(method, served.server.url + path.replace("{ses}", session))
    assert answer.status_code == 500
    body = answer.json()
    assert body["name"] == "UnknownError"
    assert body["data"]["message"] in {
        "Error: Unable to connect. Is the computer able to access the url?",
        "Error: Was there a typo in the url or port?",
    }


async def test_a_body_that_does_not_say_it_is_json_is_not_read(serving: Serving) -> None:
    """A session is made all the same, with the default title (measured on 1.1.53)."""
    async with serving() as served:
        for headers in ({"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"}, {}):
            answer = await served.http.post("/session", content=b'{"title":"tp"}', headers=headers)
            assert answer.json()["title"].startswith("New session - ")
        charset = {"Content-Type": "application/json; charset=utf-8"}
        answer = await served.http.post("/session", content=b'{"title":"cs"}', headers=charset)
        assert answer.json()["title"] == "cs"


async def test_a_title_may_hold_any_text(serving: Serving) -> None:
    """Also a lone surrogate, which only JSON can write down."""
    async with serving() as served:
        answer = await served.http.post(
            "/session", content=b'{"title":"\\ud800 \xc3\xa9 \xf0\x9f\x90\x88"}', headers=JSON
        )
        assert answer.json()["title"] == "\ud800 é 🐈"
        assert (await served.http.get("/session")).json()[0]["title"] == "\ud800 é 🐈"


async def test_a_body_beyond_128_mib_is_too_large(serving: Serving) -> None:
    """413 and no body; the bound is lowered here to keep the test small."""
    async with serving() as served:
        world = served.server._app.world
        world.behaviours = replace(world.behaviours, largest_body=1000)
        answer = await served.http.post("/session", json={"title": "x" * 2000})
    assert (answer.status_code, answer.content) == (413, b"")
