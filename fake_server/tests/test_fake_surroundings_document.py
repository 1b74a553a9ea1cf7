"""The real server's description of its interface is a second witness to what the fake answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import jsonschema_rs
import pytest
from conftest import Served, Serving

from opencode_fake.server.routing import Route
from opencode_fake.surroundings.document import pruned, shape, stored

VERSIONS = ["1.1.53", "1.18.34"]
SCRIPT = {
    "replies": [
        {
            "prompt": "work",
            "title": "Working",
            "steps": [
                {"reasoning": "Let me think."},
                {"text": "I work."},
                {"tool": "bash", "input": {"command": "ls"}, "output": "a\n"},
                {"write": "note.txt", "content": "one\n"},
                {"edit": "note.txt", "old": "one", "new": "two"},
                {"edit": "note.txt", "old": "nothing", "new": "two"},
                {"text": "Done."},
            ],
        },
        {"prompt": "fail", "error": {"kind": "provider", "status": 401, "message": "bad key"}},
    ]
}
DEVIATIONS = {
    "1.1.53": {
        'GET /config/providers: "url" is a required property',
        'GET /provider: "attachment" is a required property',
        'GET /provider: "reasoning" is a required property',
        'GET /provider: "temperature" is a required property',
        'GET /provider: "tool_call" is a required property',
        'GET /provider: "active" is not one of "alpha", "beta" or "deprecated"',
    },
    "1.18.34": set[str](),
}
"""Where the real server of the version does not keep its own description: it answers just the same."""
UNDESCRIBED = {"GET /doc"}
"""Routes that the real server answers and does not describe."""


@asynccontextmanager
async def described(serving: Serving, version: str) -> AsyncIterator[tuple[Served, dict[str, Any]]]:
    """A server and what it says of its interface."""
    async with serving(SCRIPT, version=version) as served:
        yield served, (await served.http.get("/doc")).json()


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_document_has_exactly_the_routes_that_are_served(serving: Serving, version: str) -> None:
    """Each served route is described, none that is not served."""
    async with described(serving, version) as (served, document):
        routes = {f"{route.method} {shape(route.path)}" for route in served.server._app.routes}
    told = {f"{method.upper()} {shape(path)}" for path, methods in document["paths"].items() for method in methods}
    assert told == routes - UNDESCRIBED
    assert document["openapi"].startswith("3.1")


@pytest.mark.parametrize("version", VERSIONS)
async def test_operations_have_the_names_that_sdks_are_made_from(serving: Serving, version: str) -> None:
    """No two operations share one."""
    async with described(serving, version) as (_, document):
        names = [method["operationId"] for methods in document["paths"].values() for method in methods.values()]
    assert {"session.create", "session.prompt", "config.providers", "app.agents"} <= {*names}
    assert len(names) == len({*names})


def test_a_pruned_document_keeps_what_its_routes_lead_to() -> None:
    """References do not dangle, and nothing is left that nobody refers to."""

    async def nobody(*_: object) -> Any:
        raise NotImplementedError

    routes = [Route("GET", "/session", nobody), Route("GET", "/nope", nobody)]
    document: dict[str, Any] = pruned(stored("1.1.53"), routes)
    assert document["paths"].keys() == {"/session"}
    schemas = document["components"]["schemas"]
    assert "Session" in schemas
    assert "Message" not in schemas


async def drive(served: Served) -> dict[str, list[httpx.Response]]:
    """Asks for everything that needs no permission; the responses by method and path of their route."""
    seen: dict[str, list[httpx.Response]] = {}
    session_id = await served.session()

    async def ask(method: str, template: str, *, query: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        path = template.replace("{sessionID}", session_id)
        answer = await served.http.request(method, path, params=query, **more)
        seen.setdefault(f"{method} {template}", []).append(answer)
        return answer

    parts = {"parts": [{"type": "text", "text": "work"}]}
    await ask("POST", "/session", json={"title": "t"})
    await ask("POST", "/session", json={"parentID": session_id})
    reply = (await ask("POST", "/session/{sessionID}/message", json=parts)).json()
    await ask("POST", "/session/{sessionID}/message", json={"parts": [{"type": "text", "text": "fail"}]})
    await ask("GET", "/session/{sessionID}/message")
    one = await served.http.get(f"/session/{session_id}/message/{reply['info']['id']}")
    seen["GET /session/{sessionID}/message/{messageID}"] = [one]
    queries = {
        "/file": {"path": "."},
        "/file/content": {"path": "note.txt"},
        "/find": {"pattern": "two"},
        "/find/file": {"query": "note"},
        "/find/symbol": {"query": "x"},
    }
    for route in served.server._app.routes:
        streams = route.path in ("/event", "/global/event", "/doc")
        named = route.path.replace("{sessionID}", "").replace("{projectID}", "")
        if route.method == "GET" and not streams and "{" not in named:
            await ask("GET", route.path, query=queries.get(route.path))
    await ask("PATCH", "/session/{sessionID}", json={"title": "new"})
    await ask("POST", "/log", json={"service": "s", "level": "info", "message": "m"})
    await ask("POST", "/session/{sessionID}/abort")
    await ask("DELETE", "/session/{sessionID}")
    await ask("GET", "/session/{sessionID}")
    return seen


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Checks values against a schema of the document."""
    return jsonschema_rs.validator_for({**schema, "components": document["components"]})


@pytest.mark.parametrize("version", VERSIONS)
async def test_answers_fit_the_description(serving: Serving, version: str) -> None:
    """Each answer with a status that the real server describes fits its schema."""
    faults = []
    async with described(serving, version) as (served, document):
        seen = await drive(served)
        for named, answers in seen.items():
            method, path = named.split(" ")
            for answer in answers:
                responses = document["paths"][path][method.lower()]["responses"]
                content = responses[str(answer.status_code)].get("content", {})
                if "application/json" in content:
                    check = validator(document, content["application/json"]["schema"])
                    faults += [f"{named}: {fault.message}" for fault in check.iter_errors(answer.json())]
    assert {*faults} == DEVIATIONS[version]
    assert len(seen) > 30


@pytest.mark.parametrize("version", VERSIONS)
async def test_events_fit_the_description(serving: Serving, version: str) -> None:
    """Each event of a reply and of a failure fits the schema of events."""
    async with described(serving, version) as (served, document):
        content = document["paths"]["/event"]["get"]["responses"]["200"]["content"]["text/event-stream"]
        check = validator(document, content["schema"])
        faults, kinds = [], set()
        async with served.http.stream("GET", "/event") as stream:
            lines = stream.aiter_lines()
            session_id = await served.session()
            await served.prompt(session_id, "work")
            await served.prompt(session_id, "fail")
            await served.http.delete(f"/session/{session_id}")
            async for line in lines:
                if line.startswith("data: "):
                    event = json.loads(line.removeprefix("data: "))
                    kinds.add(event["type"])
                    faults += [f"{event['type']}: {fault.message}" for fault in check.iter_errors(event)]
                    if event["type"] == "session.deleted":
                        break
    assert faults == []
    assert {"session.created", "session.error", "message.part.updated", "session.idle"} <= kinds
