"""The description of the server's interface (OpenAPI), for the routes that the fake serves.

The data are the real server's own, without its prose: what it says of itself is a second witness to the fake.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, cast

from opencode_fake.scripts.model import JsonObject, JsonValue
from opencode_fake.server.exchange import Incoming, Outgoing, answer
from opencode_fake.server.routing import Route

if TYPE_CHECKING:
    from opencode_fake.server.app import App

FOLDER = "documents"
_COMPONENTS = "#/components/schemas/"


async def document(app: App, _: Incoming) -> Outgoing:
    """``GET /doc``: exactly the routes that this server has."""
    return answer(pruned(stored(app.world.behaviours.document), app.routes))


def stored(version: str) -> JsonObject:
    """What the real server of this version says of its interface."""
    text = files("opencode_fake.surroundings").joinpath(FOLDER, f"{version}.json").read_text(encoding="utf-8")
    document: JsonObject = json.loads(text)
    return document


def pruned(document: JsonObject, routes: Iterable[Route]) -> JsonObject:
    """The document with these routes only, and with the schemas that they lead to."""
    served = {(route.method.lower(), shape(route.path)) for route in routes}
    paths: JsonObject = {}
    for path, operations in cast("dict[str, JsonObject]", document["paths"]).items():
        known = {method: told for method, told in operations.items() if (method, shape(path)) in served}
        if known:
            paths[path] = known
    schemas = cast("dict[str, JsonObject]", cast("JsonObject", document["components"])["schemas"])
    return {**document, "paths": paths, "components": {"schemas": reached(paths, schemas)}}


def shape(path: str) -> str:
    """The path whatever its parameters are called."""
    return re.sub(r"{[^}]*}", "{}", path)


def reached(start: JsonValue, schemas: dict[str, JsonObject]) -> JsonObject:
    """The schemas that ``start`` refers to, and those that these refer to."""
    known: set[str] = set()
    names = list(_references(start))
    while names:
        name = names.pop()
        if name not in known:
            known.add(name)
            names.extend(_references(schemas[name]))
    return {name: schema for name, schema in schemas.items() if name in known}


def _references(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "$ref" and isinstance(each, str):
                yield each.removeprefix(_COMPONENTS)
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)
