"""Checks of what comes in, which find fault in the words of the server's own validator (zod 4).

A check takes a value and its path and yields issues. The real validator reports all of them, keys in the order in
which the schema names them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from opencode_fake.scripts.model import JsonObject, JsonValue

Path: TypeAlias = "list[JsonValue]"
Check: TypeAlias = Callable[[object, Path], Iterator[JsonObject]]


class Absent:
    """What stands where a key is missing."""


ABSENT = Absent()


def kind_of(value: object) -> str:
    """The type of a value, as the validator names it."""
    match value:
        case Absent():
            return "undefined"
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def wrong_type(expected: str, value: object, path: Path) -> JsonObject:
    """The issue of a value of the wrong type."""
    return {
        "expected": expected,
        "code": "invalid_type",
        "path": path,
        "message": f"Invalid input: expected {expected}, received {kind_of(value)}",
    }


def of_type(expected: str) -> Check:
    """Any value of this type."""

    def check(value: object, path: Path) -> Iterator[JsonObject]:
        if kind_of(value) != expected:
            yield wrong_type(expected, value, path)

    return check


string, number, boolean = of_type("string"), of_type("number"), of_type("boolean")


def starts_with(prefix: str) -> Check:
    """An id of this kind."""

    def check(value: object, path: Path) -> Iterator[JsonObject]:
        if not isinstance(value, str):
            yield wrong_type("string", value, path)
        elif not value.startswith(prefix):
            yield {
                "origin": "string",
                "code": "invalid_format",
                "format": "starts_with",
                "prefix": prefix,
                "path": path,
                "message": f'Invalid string: must start with "{prefix}"',
            }

    return check


def one_of(*values: str) -> Check:
    """One of a few strings."""

    def check(value: object, path: Path) -> Iterator[JsonObject]:
        if value not in values:
            listed = "|".join(f'"{each}"' for each in values)
            yield {
                "code": "invalid_value",
                "values": list(values),
                "path": path,
                "message": f"Invalid option: expected one of {listed}",
            }

    return check


def optional(inner: Check) -> Check:
    """Absent, or what ``inner`` takes; null is not absent."""

    def check(value: object, path: Path) -> Iterator[JsonObject]:
        if not isinstance(value, Absent):
            yield from inner(value, path)

    return check


def array(item: Check) -> Check:
    """A list of such items."""

    def check(value: object, path: Path) -> Iterator[JsonObject]:
        if not isinstance(value, list):
            yield wrong_type("array", value, path)
            return
        for index, each in enumerate(value):
            yield from item(each, [*path, index])

    return check


def record(item: Check) -> Check:
    """An object with any keys and such values."""

    def check(value: object, path: Path) -> Iterator[JsonObject]:
        if not isinstance(value, dict):
            yield wrong_type("record", value, path)
            return
        for key, each in value.items():
            yield from item(each, [*path, key])

    return check


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with these keys; other keys are dropped."""

    keys: Mapping[str, Check]

    def __call__(self, value: object, path: Path) -> Iterator[JsonObject]:
        """Checks each key."""
        if not isinstance(value, dict):
            yield wrong_type("object", value, path)
            return
        for key, check in self.keys.items():
            yield from check(value.get(key, ABSENT), [*path, key])


def tagged(key: str, shapes: Mapping[str, Shape]) -> Check:
    """An object whose ``key`` says which of the shapes it has."""

    def check(value: object, path: Path) -> Iterator[JsonObject]:
        if not isinstance(value, dict):
            yield wrong_type("object", value, path)
            return
        tag = value.get(key)
        shape = shapes.get(tag) if isinstance(tag, str) else None
        if shape is None:
            yield {
                "code": "invalid_union",
                "errors": [],
                "note": "No matching discriminator",
                "discriminator": key,
                "path": [*path, key],
                "message": "Invalid input",
            }
            return
        yield from shape(value, path)

    return check


_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_RADIX = re.compile(r"0([xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")


def coerce_number(text: str) -> float:
    """The number that JavaScript makes of a string; NaN where it makes none."""
    stripped = text.strip()
    if not stripped:
        return 0.0
    if _RADIX.fullmatch(stripped):
        return float(int(stripped, 0))
    if _NUMBER.fullmatch(stripped):
        return float(stripped)
    return {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}.get(stripped, math.nan)


def coerced_number(value: object, path: Path) -> Iterator[JsonObject]:
    """A query parameter that is read as a number."""
    if isinstance(value, str) and math.isnan(coerce_number(value)):
        yield {
            "expected": "number",
            "code": "invalid_type",
            "received": "NaN",
            "path": path,
            "message": "Invalid input: expected number, received NaN",
        }
