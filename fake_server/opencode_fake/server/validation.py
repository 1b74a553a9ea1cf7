"""Checks of what comes in. A check takes a value and its path and yields its faults, keys in the schema's order."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from opencode_fake.server.issues import (
    ABSENT,
    Absent,
    Issue,
    Negative,
    NoBoolean,
    NoShape,
    NotANumber,
    NotWhole,
    Path,
    WrongOption,
    WrongStart,
    WrongType,
    kind_of,
)

Check: TypeAlias = Callable[[object, Path], Iterator[Issue]]


def of_type(expected: str) -> Check:
    """Any value of this type."""

    def check(value: object, path: Path) -> Iterator[Issue]:
        if kind_of(value) != expected:
            yield WrongType(expected=expected, value=value, path=path)

    return check


string, number, boolean = of_type("string"), of_type("number"), of_type("boolean")


def starts_with(prefix: str) -> Check:
    """An id of this kind."""

    def check(value: object, path: Path) -> Iterator[Issue]:
        if not isinstance(value, str):
            yield WrongType(expected="string", value=value, path=path)
        elif not value.startswith(prefix):
            yield WrongStart(prefix=prefix, value=value, path=path)

    return check


def one_of(*values: str) -> Check:
    """One of a few strings."""

    def check(value: object, path: Path) -> Iterator[Issue]:
        if value not in values:
            yield WrongOption(options=values, value=value, path=path)

    return check


def optional(inner: Check) -> Check:
    """Absent, or what ``inner`` takes."""

    def check(value: object, path: Path) -> Iterator[Issue]:
        if not isinstance(value, Absent):
            yield from (replace(issue, optional=True) if issue.path == path else issue for issue in inner(value, path))

    return check


def array(item: Check, *, name: str | None = None) -> Check:
    """A list of such items."""

    def check(value: object, path: Path) -> Iterator[Issue]:
        if not isinstance(value, list):
            yield WrongType(expected="array", name=name, value=value, path=path)
            return
        for index, each in enumerate(value):
            yield from item(each, [*path, index])

    return check


def record(item: Check) -> Check:
    """An object with any keys and such values."""

    def check(value: object, path: Path) -> Iterator[Issue]:
        if not isinstance(value, dict):
            yield WrongType(expected="record", name="object", value=value, path=path)
            return
        for key, each in value.items():
            yield from item(each, [*path, key])

    return check


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with these keys; other keys are dropped."""

    keys: Mapping[str, Check]

    def __call__(self, value: object, path: Path) -> Iterator[Issue]:
        """Checks each key."""
        if not isinstance(value, dict):
            yield WrongType(expected="object", value=value, path=path)
            return
        for key, check in self.keys.items():
            yield from check(value.get(key, ABSENT), [*path, key])

    def extended(self, **keys: Check) -> Shape:
        """The same with further keys."""
        return Shape({**self.keys, **keys})


def tagged(key: str, shapes: Mapping[str, Shape], *, name: str | None = None) -> Check:
    """An object whose ``key`` says which of the shapes it has."""

    def check(value: object, path: Path) -> Iterator[Issue]:
        tag = value.get(key) if isinstance(value, dict) else None
        shape = shapes.get(tag) if isinstance(tag, str) else None
        if shape is None:
            yield NoShape(key=key, tags=tuple(shapes), name=name, value=value, path=path)
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


def coerced_number(value: object, path: Path) -> Iterator[Issue]:
    """A query parameter that is read as a number."""
    if isinstance(value, str) and math.isnan(coerce_number(value)):
        yield NotANumber(value=value, path=path)


def count(value: object, path: Path) -> Iterator[Issue]:
    """A query parameter that is read as a whole number from 0."""
    found = coerce_number(value) if isinstance(value, str) else 0.0
    if math.isnan(found):
        yield NotANumber(value=value, path=path)
    elif found != found // 1:
        yield NotWhole(value=value, path=path)
    elif found < 0:
        yield Negative(value=value, path=path)


def flag(value: object, path: Path) -> Iterator[Issue]:
    """A query parameter that is true or false."""
    if value not in ("true", "false"):
        yield NoBoolean(value=value, path=path)
