"""A server's own description of its interface (``GET /doc``), reduced to what matters to a client: no prose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from opencode_contract.capture.shape import Kind, Member, Members, Shape, merged, tag_of
from opencode_contract.evidence import Json

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_KINDS: Mapping[str, Kind] = {
    "null": "null",
    "boolean": "boolean",
    "integer": "integer",
    "number": "number",
    "string": "text",
}
_LIMITS = ("pattern", "minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "minItems", "maxItems")
# What generators write for "an integer that a program can hold".
_NO_LIMITS = frozenset({"minimum -9007199254740991", "maximum 9007199254740991"})


class Body(BaseModel):
    """What a request carries."""

    required: bool
    shape: Shape


class Operation(BaseModel):
    """A method of a path."""

    parameters: dict[str, Member] = {}
    """By place and name, such as ``query limit``."""
    body: Body | None = None
    answers: dict[str, Shape | None] = {}
    """By status; None where it has no body."""


class Document(BaseModel):
    """All operations, and the schemas that they refer to."""

    routes: dict[str, Operation] = {}
    """By route, such as ``GET /session/{id}``."""
    schemas: dict[str, Shape] = {}


def canonical(route: str) -> str:
    """A route whatever the parameters of its path are called."""
    return re.sub(r"\{[^}]*\}", "{id}", route)


def document_of(openapi: Mapping[str, Json]) -> Document:
    """What an OpenAPI document says."""
    routes = {
        canonical(f"{method.upper()} {path}"): _operation(_mapping(told))
        for path, operations in _mapping(openapi.get("paths")).items()
        for method, told in _mapping(operations).items()
        if method in _METHODS
    }
    components = _mapping(_mapping(openapi.get("components")).get("schemas"))
    return Document(
        routes=dict(sorted(routes.items())),
        schemas={name: shape_of_schema(_mapping(schema)) for name, schema in sorted(components.items())},
    )


def _operation(told: Mapping[str, Json]) -> Operation:
    parameters = {
        f"{each.get('in')} {each.get('name')}": Member(
            always=each.get("required") is True, shape=shape_of_schema(_mapping(each.get("schema")))
        )
        for each in map(_mapping, _list(told.get("parameters")))
        if each.get("in") != "path"
    }
    request = _mapping(told.get("requestBody"))
    content = _content(request)
    body = None if content is None else Body(required=request.get("required") is True, shape=content)
    answers = {status: _content(_mapping(answer)) for status, answer in _mapping(told.get("responses")).items()}
    return Operation(parameters=parameters, body=body, answers=answers)


def _content(holder: Mapping[str, Json]) -> Shape | None:
    shapes = [
        shape_of_schema(_mapping(_mapping(each).get("schema"))) for each in _mapping(holder.get("content")).values()
    ]
    return merged(shapes) if shapes else None


def shape_of_schema(schema: Mapping[str, Json]) -> Shape:
    """The shape that a JSON schema describes."""
    return merged(_alternatives(schema))


def _alternatives(schema: Mapping[str, Json]) -> Iterator[Shape]:
    reference = schema.get("$ref")
    if isinstance(reference, str):
        yield Shape(refs=[reference.rpartition("/")[2]])
        return
    unions = [*_list(schema.get("anyOf")), *_list(schema.get("oneOf"))]
    if unions:
        yield from (shape_of_schema(_mapping(each)) for each in unions)
        return
    if "allOf" in schema:
        yield _all_of([shape_of_schema(_mapping(each)) for each in _list(schema["allOf"])])
        return
    yield _plain(schema)


def _all_of(shapes: list[Shape]) -> Shape:
    """An object that has the members of all; what else is required of it is left out."""
    objects = [members for shape in shapes for members in shape.objects.values()]
    references = sorted({name for shape in shapes for name in shape.refs})
    if not objects:
        told = [shape for shape in shapes if shape.kinds or shape.items is not None]
        return told[0] if told else Shape(refs=references[:1], anything=not references)
    fields = {name: member for members in objects for name, member in members.fields.items()}
    return Shape(objects={_tag(fields): Members(fields=fields)})


def _plain(schema: Mapping[str, Json]) -> Shape:
    words = [each for each in _list(schema.get("enum")) if isinstance(each, str)]
    constant = schema.get("const")
    words = [constant] if isinstance(constant, str) else sorted(words)
    told = schema.get("type")
    types = [told] if isinstance(told, str) else [each for each in _list(told) if isinstance(each, str)]
    if not types:
        types = _implied(schema, words)
    if schema.get("nullable") is True:
        types.append("null")
    kinds: list[Kind] = sorted({_KINDS[each] for each in types if each in _KINDS})
    return Shape(
        kinds=kinds,
        words=(words or None) if "text" in kinds else None,
        limits=_limits(schema),
        anything=not types,
        items=shape_of_schema(_mapping(schema.get("items"))) if "array" in types else None,
        objects=_objects(schema) if "object" in types else {},
    )


def _implied(schema: Mapping[str, Json], words: list[str]) -> list[str]:
    if words:
        return ["string"]
    if isinstance(schema.get("const"), bool):
        return ["boolean"]
    return ["object"] if "properties" in schema else []


def _limits(schema: Mapping[str, Json]) -> list[str]:
    found = [f"{name} {schema[name]}" for name in _LIMITS if name in schema]
    return [each.removesuffix(".*") for each in found if each not in _NO_LIMITS]


def _objects(schema: Mapping[str, Json]) -> dict[str, Members]:
    required = set(map(str, _list(schema.get("required"))))
    fields = {
        name: Member(always=name in required, shape=shape_of_schema(_mapping(each)))
        for name, each in sorted(_mapping(schema.get("properties")).items())
    }
    further = schema.get("additionalProperties")
    others = shape_of_schema(further) if isinstance(further, dict) and (further or not fields) else None
    return {_tag(fields): Members(fields=fields, others=others, closed=further is False)}


def _tag(fields: Mapping[str, Member]) -> str:
    words = {
        name: member.shape.words[0]
        for name, member in fields.items()
        if member.shape.words is not None and len(member.shape.words) == 1 and member.always
    }
    return tag_of(words, fields)


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
