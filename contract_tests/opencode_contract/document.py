"""Asks a real server what it says of its interface, and keeps that without the prose for the fake.

Run it as ``python -m opencode_contract.document VERSION...``, or of executables at hand: ``VERSION=/path/to/opencode``.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import cast

import httpx

import opencode_fake.surroundings
from opencode_contract.clients import stage
from opencode_fake.scripts.model import JsonObject, JsonValue, Script
from opencode_fake.surroundings.document import FOLDER, reached

PROSE = frozenset({"description", "summary", "title", "examples", "x-codeSamples", "tags", "security"})
NAMES = frozenset({"properties", "schemas", "responses"})
"""Keys whose values have names of their own choice for keys."""
LEFT_OUT = ("/tui", "/pty", "/sync", "/auth", "/mcp/", "/api/session", "/api/pty", "/api/event")
"""Paths that the fake does not serve, but for these."""
SERVED = frozenset({"/api/session/{sessionID}"})
TOLD = ("operationId", "parameters", "requestBody", "responses")
"""What is kept of an operation."""


async def told(target: str) -> JsonObject:
    """The document of a real server."""
    async with stage(target, Script()) as on, httpx.AsyncClient(trust_env=False, timeout=60) as http:
        answer = await http.get(f"{on.url}/doc", auth=("opencode", on.password.get_secret_value()))
        answer.raise_for_status()
        document: JsonObject = answer.json()
        return document


def without_prose(value: JsonValue, *, named: bool = False) -> JsonValue:
    """The value without what is there for readers only."""
    if isinstance(value, dict):
        return {
            key: without_prose(each, named=key in NAMES and not named)
            for key, each in value.items()
            if named or key not in PROSE
        }
    if isinstance(value, list):
        return [without_prose(each) for each in value]
    return value


def kept(document: JsonObject) -> JsonObject:
    """What the fake keeps of a document: what each operation takes and answers, and the schemas of that."""
    paths: JsonObject = {
        path: {method: _told(operation) for method, operation in operations.items()}
        for path, operations in cast("dict[str, dict[str, JsonObject]]", document["paths"]).items()
        if path in SERVED or not path.startswith(LEFT_OUT)
    }
    schemas = without_prose(cast("JsonObject", document["components"])["schemas"], named=True)
    found = reached(paths, cast("dict[str, JsonObject]", schemas))
    return {
        "openapi": document["openapi"],
        "info": document["info"],
        "paths": paths,
        "components": {"schemas": found},
    }


def _told(operation: JsonObject) -> JsonObject:
    found = {key: without_prose(operation[key], named=key in NAMES) for key in TOLD if key in operation}
    # The rules of OpenAPI want a description of each response, be it an empty one.
    answers = cast("dict[str, JsonObject]", found["responses"])
    return {**found, "responses": {status: {"description": "", **answer} for status, answer in answers.items()}}


def main() -> None:
    """Writes the documents of the versions named on the command line beside the fake that serves them."""
    folder = Path(opencode_fake.surroundings.__file__).parent / FOLDER
    folder.mkdir(exist_ok=True)
    for named in sys.argv[1:]:
        version, _, path = named.partition("=")
        document = kept(asyncio.run(told(f"local:{path or version}")))
        (folder / f"{version}.json").write_text(_one_line_each(document), encoding="utf-8")


def _one_line_each(document: JsonObject) -> str:
    """JSON with a line for each path and schema, so that a change shows as such."""
    short = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for each in (document["paths"], cast("JsonObject", document["components"])["schemas"]):
        for key in cast("JsonObject", each):
            quoted = json.dumps(key, ensure_ascii=False)
            short = short.replace(f"{quoted}:{{", f"\n{quoted}:{{", 1)
    return f"{short}\n"


if __name__ == "__main__":
    main()
