"""A piece of JSON that knows where it comes from: what is wrong with it is told in one sentence, with the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NoReturn, TypeVar

from opencode_contract.errors import RequirementFailed
from opencode_contract.evidence.json_type import Json
from opencode_contract.evidence.ownership import HIDDEN, Ownership

_T = TypeVar("_T")
_KINDS: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    type(None): "null",
}


def require(holds: bool, message: str, evidence: object = "") -> None:
    """Raises RequirementFailed with ``message`` unless ``holds``."""
    if not holds:
        raise RequirementFailed(message, str(evidence))


@dataclass(frozen=True, slots=True)
class Value:
    """A JSON value, what to call it, and the exchange that it was seen in."""

    json: Json = field(repr=False)
    name: str
    evidence: object = ""
    own: Ownership | None = field(default=None, repr=False)
    """Whose contents may be shown; None shows everything."""
    hidden: bool = False
    """Whether it belongs to a session of others: it is judged, and not shown."""

    @property
    def shown(self) -> str:
        """The value as a message may tell it."""
        if self.hidden:
            return HIDDEN
        return repr(self.json if self.own is None else self.own.masked(self.json))

    def __getitem__(self, path: str) -> Value:
        """The value under ``path``, keys joined by dots; a missing one is a failure."""
        value = self
        for key in path.split("."):
            found = value.get(key)
            if found is None:
                value.fail(f"{value.name} has no {key!r}")
            value = found
        return value

    def get(self, key: str) -> Value | None:
        """The value under ``key``, or None where there is none."""
        members = self.object()
        return self._inner(members[key], f"{self.name}.{key}") if key in members else None

    def __contains__(self, key: str) -> bool:
        """Whether there is a value under ``key``."""
        return key in self.object()

    def __iter__(self) -> Iterator[Value]:
        """The items of a list."""
        for index, item in enumerate(self.list()):
            yield self._inner(item, f"{self.name}[{index}]")

    def __str__(self) -> str:
        """The evidence for it."""
        return str(self.evidence)

    @property
    def count(self) -> int:
        """The number of items of a list."""
        return len(self.list())

    def last(self) -> Value:
        """The last item of a list that has one."""
        items = list(self)
        if not items:
            self.fail(f"{self.name} is empty")
        return items[-1]

    def called(self, name: str) -> Value:
        """The same value under another name."""
        return replace(self, name=name)

    def object(self) -> dict[str, Json]:
        """The value as an object."""
        return self._as(dict)

    def list(self) -> list[Json]:
        """The value as a list."""
        return self._as(list)

    def text(self) -> str:
        """The value as text."""
        return self._as(str)

    def integer(self) -> int:
        """The value as a whole number."""
        if isinstance(self.json, bool):
            self._wrong_kind("a whole number")
        return self._as(int)

    def number(self) -> float:
        """The value as a number."""
        if isinstance(self.json, bool) or not isinstance(self.json, int | float):
            self._wrong_kind("a number")
        return float(self.json)

    def equals(self, expected: Json) -> None:
        """Fails unless the value is ``expected``."""
        if self.json != expected or isinstance(self.json, bool) != isinstance(expected, bool):
            self.fail(f"{self.name} should be {expected!r} and is {self.shown}")

    def near(self, expected: float) -> None:
        """Fails unless the value is the number ``expected``, rounding aside."""
        if abs(self.number() - expected) > 1e-9:
            self.fail(f"{self.name} should be {expected!r} and is {self.shown}")

    def matches(self, pattern: str, description: str) -> None:
        """Fails unless the value is text that ``pattern`` matches as a whole."""
        if not re.fullmatch(pattern, self.text()):
            self.fail(f"{self.name} should be {description} and is {self.shown}")

    def lacks(self, key: str) -> None:
        """Fails if there is a value under ``key``."""
        if key in self:
            self.fail(f"{self.name} should have no {key!r} and has {self[key].shown}")

    def require(self, holds: bool, message: str) -> None:
        """Fails with ``message`` unless ``holds``."""
        if not holds:
            self.fail(message)

    def fail(self, message: str) -> NoReturn:
        """Raises RequirementFailed with the evidence."""
        raise RequirementFailed(message, str(self.evidence))

    def _inner(self, json: Json, name: str) -> Value:
        hidden = self.hidden or (self.own is not None and self.own.is_foreign(json))
        return Value(json, name, self.evidence, self.own, hidden)

    def _as(self, kind: type[_T]) -> _T:
        if not isinstance(self.json, kind):
            self._wrong_kind(_KINDS[kind])
        return self.json

    def _wrong_kind(self, wanted: str) -> NoReturn:
        self.fail(f"{self.name} should be {wanted} and is {_KINDS[type(self.json)]}: {self.shown}")
