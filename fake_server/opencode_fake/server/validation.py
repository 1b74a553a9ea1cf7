"""Checks of what comes in: a check names the faults of a value, in the schema's order, and what is kept of it."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

from opencode_fake.scripts.model import JsonObject
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


class Check(ABC):
    """What a value has to be."""

    @abstractmethod
    def __call__(self, value: object, path: Path) -> Iterator[Issue]:
        """The faults of a value that stands at ``path``."""

    def kept(self, value: object) -> object:
        """What remains of a value without fault: keys that nobody knows are dropped."""
        return value


@dataclass(frozen=True, slots=True)
class Kind(Check):
    """Any value of this type."""

    name: str

    def __call__(self, value: object, path: Path) -> Iterator[Issue]:
        """Checks the type."""
        if kind_of(value) != self.name:
            yield WrongType(expected=self.name, value=value, path=path)


STRING, NUMBER, BOOLEAN = Kind("string"), Kind("number"), Kind("boolean")


@dataclass(frozen=True, slots=True)
class Prefixed(Check):
    """An id of this kind."""

    prefix: str

    def __call__(self, value: object, path: Path) -> Iterator[Issue]:
        """Checks the type and how it starts."""
        if not isinstance(value, str):
            yield WrongType(expected="string", value=value, path=path)
        elif not value.startswith(self.prefix):
            yield WrongStart(prefix=self.prefix, value=value, path=path)


class OneOf(Check):
    """One of a few strings."""

    def __init__(self, *options: str) -> None:
        self._options = options

    def __call__(self, value: object, path: Path) -> Iterator[Issue]:
        """Checks that it is among them."""
        if value not in self._options:
            yield WrongOption(options=self._options, value=value, path=path)


@dataclass(frozen=True, slots=True)
class Maybe(Check):
    """Absent, or what ``inner`` takes."""

    inner: Check

    def __call__(self, value: object, path: Path) -> Iterator[Issue]:
        """Checks what is there."""
        if not isinstance(value, Absent):
            for issue in self.inner(value, path):
                yield replace(issue, optional=True) if issue.path == path else issue

    def kept(self, value: object) -> object:
        """What the inner check keeps."""
        return self.inner.kept(value)


@dataclass(frozen=True, slots=True)
class ListOf(Check):
    """A list of such items."""

    item: Check
    name: str | None = None
    """What Effect calls it."""

    def __call__(self, value: object, path: Path) -> Iterator[Issue]:
        """Checks each item."""
        if not isinstance(value, list):
            yield WrongType(expected="array", name=self.name, value=value, path=path)
            return
        for index, each in enumerate(value):
            yield from self.item(each, [*path, index])

    def kept(self, value: object) -> object:
        """All items, each as far as it is known."""
        return [self.item.kept(each) for each in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class MapOf(Check):
    """An object with any keys and such values, or with any values."""

    item: Check | None = None

    def __call__(self, value: object, path: Path) -> Iterator[Issue]:
        """Checks each value."""
        if not isinstance(value, dict):
            yield WrongType(expected="record", name="object", value=value, path=path)
            return
        if self.item is not None:
            for key, each in value.items():
                yield from self.item(each, [*path, key])


RECORD = MapOf()


@dataclass(frozen=True, slots=True)
class Shape(Check):
    """An object with these keys; other keys are dropped."""

    keys: Mapping[str, Check]
    name: str | None = None
    """What Effect calls it."""

    def __call__(self, value: object, path: Path) -> Iterator[Issue]:
        """Checks each key."""
        if not isinstance(value, dict):
            yield WrongType(expected="object", name=self.name, value=value, path=path)
            return
        for key, check in self.keys.items():
            yield from check(value.get(key, ABSENT), [*path, key])

    def kept(self, value: object) -> object:
        """The known keys. Null, where a key need not be there and null is no fault, is as if it were not."""
        if not isinstance(value, dict):
            return value
        return {
            key: check.kept(value[key])
            for key, check in self.keys.items()
            if key in value and not (value[key] is None and isinstance(check, Maybe))
        }

    def extended(self, **keys: Check) -> Shape:
        """The same with further keys."""
        return replace(self, keys={**self.keys, **keys})


@dataclass(frozen=True, slots=True)
class Tagged(Check):
    """An object whose ``key`` says which of the shapes it has."""

    key: str
    shapes: Mapping[str, Shape]
    name: str | None = None
    """What Effect calls all of them together."""

    def __call__(self, value: object, path: Path) -> Iterator[Issue]:
        """Checks the shape that the value says it has."""
        shape = self._shape(value)
        if shape is None:
            yield NoShape(key=self.key, tags=tuple(self.shapes), name=self.name, value=value, path=path)
            return
        yield from shape(value, path)

    def kept(self, value: object) -> object:
        """The tag and what its shape knows."""
        shape = self._shape(value)
        if shape is None or not isinstance(value, dict):
            return value
        return {self.key: value[self.key], **cast("JsonObject", shape.kept(value))}

    def _shape(self, value: object) -> Shape | None:
        tag = value.get(self.key) if isinstance(value, dict) else None
        return self.shapes.get(tag) if isinstance(tag, str) else None


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


class CoercedNumber(Check):
    """A query parameter that is read as a number."""

    def __call__(self, value: object, path: Path) -> Iterator[Issue]:
        """Checks that it can be."""
        read = coerce_number(value) if isinstance(value, str) else math.nan
        if not math.isfinite(read):
            yield NotANumber(read=read, value=value, path=path)


class Count(Check):
    """A query parameter that is read as a whole number from 0."""

    def __call__(self, value: object, path: Path) -> Iterator[Issue]:
        """Checks that it can be, and what it is then."""
        read = coerce_number(value) if isinstance(value, str) else math.nan
        if not math.isfinite(read):
            yield NotANumber(read=read, value=value, path=path)
        elif read != read // 1:
            yield NotWhole(value=value, path=path)
        elif read < 0:
            yield Negative(value=value, path=path)


class Flag(Check):
    """A query parameter that is true or false."""

    def __call__(self, value: object, path: Path) -> Iterator[Issue]:
        """Checks that it is."""
        if value not in ("true", "false"):
            yield NoBoolean(value=value, path=path)
