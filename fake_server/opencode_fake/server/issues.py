"""What can be wrong with a value, and how the two validators that the server has used say it.

To 1.14.41 it is zod, which lists every fault as an object; from 1.15.0 Effect, which names the first one in a sentence.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TypeAlias

from opencode_fake.run.effects import dumps
from opencode_fake.scripts.model import JsonObject, JsonValue

Path: TypeAlias = "list[JsonValue]"


class Absent:
    """What stands where a key is missing."""


ABSENT = Absent()


def kind_of(value: object) -> str:
    """The type of a value, as the validators name it."""
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


_FLAG = ("true", "false")


def _choice(options: tuple[str, ...], value: object, nothing: str) -> str:
    """The strings that can be chosen; that there need not be one is said to who sends none at all."""
    return " | ".join(dumps(each) for each in options) + ("" if isinstance(value, str) else nothing)


def _javascript(number: float) -> str:
    """A number that is none as JavaScript writes it."""
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def _shown(value: object) -> str:
    return "undefined" if isinstance(value, Absent) else dumps(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue(ABC):
    """One fault."""

    value: object
    path: Path
    optional: bool = False
    """The value need not be there; Effect then takes null for nothing in a body."""
    absent: str = "null"
    """What Effect calls a value that is not there."""

    @abstractmethod
    def zod(self) -> JsonObject:
        """The fault in zod's words."""

    @abstractmethod
    def _effect(self) -> str:
        """The fault in Effect's words, without the place."""

    @property
    def nothing(self) -> str:
        """What Effect adds to a type that need not be there."""
        return f" | {self.absent}" if self.optional else ""

    def effect(self) -> str:
        """The fault in Effect's words."""
        fault = self._effect()
        place = "".join(f"[{dumps(key)}]" for key in self.path)
        return f"{fault}\n  at {place}" if place else fault


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongType(Issue):
    """A value of another type."""

    expected: str
    name: str | None = None
    """What Effect calls the type, where that is not ``expected``."""

    def zod(self) -> JsonObject:
        """The fault in zod's words."""
        return {
            "expected": self.expected,
            "code": "invalid_type",
            "path": self.path,
            "message": f"Invalid input: expected {self.expected}, received {kind_of(self.value)}",
        }

    def _effect(self) -> str:
        if isinstance(self.value, Absent) and self.path:
            return "Missing key"
        return f"Expected {self.name or self.expected}{self.nothing}, got {_shown(self.value)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongStart(Issue):
    """An id of another kind."""

    prefix: str

    def zod(self) -> JsonObject:
        """The fault in zod's words."""
        return {
            "origin": "string",
            "code": "invalid_format",
            "format": "starts_with",
            "prefix": self.prefix,
            "path": self.path,
            "message": f'Invalid string: must start with "{self.prefix}"',
        }

    def _effect(self) -> str:
        return f'Expected a string starting with "{self.prefix}", got {_shown(self.value)}'


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongOption(Issue):
    """None of a few strings."""

    options: tuple[str, ...]

    def zod(self) -> JsonObject:
        """The fault in zod's words."""
        listed = "|".join(f'"{each}"' for each in self.options)
        expected = f"option: expected one of {listed}" if len(self.options) > 1 else f"input: expected {listed}"
        return {
            "code": "invalid_value",
            "values": list(self.options),
            "path": self.path,
            "message": f"Invalid {expected}",
        }

    def _effect(self) -> str:
        if isinstance(self.value, Absent):
            return "Missing key"
        return f"Expected {_choice(self.options, self.value, self.nothing)}, got {_shown(self.value)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoBoolean(Issue):
    """A query parameter that is neither true nor false."""

    def zod(self) -> JsonObject:
        """The fault in zod's words."""
        boolean = WrongType(expected="boolean", value=self.value, path=[]).zod()
        option = WrongOption(options=_FLAG, value=self.value, path=[]).zod()
        return {
            "code": "invalid_union",
            "errors": [[boolean], [option]],
            "path": self.path,
            "message": "Invalid input",
        }

    def _effect(self) -> str:
        return f"Expected {_choice(_FLAG, self.value, self.nothing)}, got {_shown(self.value)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoShape(Issue):
    """An object that is none of a few shapes, which a key tells apart."""

    key: str
    tags: tuple[str, ...]
    name: str | None
    """What Effect calls all of them together."""

    def zod(self) -> JsonObject:
        """The fault in zod's words."""
        if not isinstance(self.value, dict):
            return WrongType(expected="object", value=self.value, path=self.path).zod()
        return {
            "code": "invalid_union",
            "errors": [],
            "note": "No matching discriminator",
            "discriminator": self.key,
            "path": [*self.path, self.key],
            "message": "Invalid input",
        }

    def _effect(self) -> str:
        shapes = self.name or " | ".join(f'{{ readonly "{self.key}": "{tag}", ... }}' for tag in self.tags)
        return f"Expected {shapes}{'' if isinstance(self.value, dict) else self.nothing}, got {_shown(self.value)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotANumber(Issue):
    """A query parameter that should be a number and is none, or one without end."""

    read: float
    """What became of it."""

    def zod(self) -> JsonObject:
        """The fault in zod's words."""
        endless = math.isinf(self.read)
        return {
            "expected": "number",
            "code": "invalid_type",
            "received": "Infinity" if endless else "NaN",
            "path": self.path,
            "message": f"Invalid input: expected number, received {'number' if endless else 'NaN'}",
        }

    def _effect(self) -> str:
        if isinstance(self.value, list):
            return f"Expected string{self.nothing}, got {_shown(self.value)}"
        return f"Expected an integer, got {_javascript(self.read)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotWhole(Issue):
    """A number with a fraction."""

    def zod(self) -> JsonObject:
        """The fault in zod's words."""
        return {
            "expected": "int",
            "format": "safeint",
            "code": "invalid_type",
            "path": self.path,
            "message": "Invalid input: expected int, received number",
        }

    def _effect(self) -> str:
        return f"Expected an integer, got {self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative(Issue):
    """A number below zero."""

    def zod(self) -> JsonObject:
        """The fault in zod's words."""
        return {
            "origin": "number",
            "code": "too_small",
            "minimum": 0,
            "inclusive": True,
            "path": self.path,
            "message": "Too small: expected number to be >=0",
        }

    def _effect(self) -> str:
        return f"Expected a value greater than or equal to 0, got {self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Custom(Issue):
    """A fault that the server words itself."""

    message: str

    def zod(self) -> JsonObject:
        """The fault in zod's words."""
        return {"code": "custom", "path": self.path, "message": self.message}

    def _effect(self) -> str:
        return self.message
