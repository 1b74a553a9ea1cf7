"""Differences in what two servers have answered to the same request, where the shapes are the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from opencode_contract.capture.shape import shape_of, tag_of
from opencode_contract.compare.difference import Difference, Place, thing

_VOLATILE = re.compile(r"(ses|msg|prt|per|que|evt|call|ulid|sha|tool)#\d*|<[a-z ]+>")
_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Values:
    """Compares values of two sides; each side's own version in a text is no difference."""

    before: str
    after: str

    def differences(self, before: JsonValue, after: JsonValue, place: Place, name: str = "") -> Iterator[Difference]:
        """What the value after has otherwise."""
        match before, after:
            case dict(), dict():
                yield from self._objects(before, after, place)
            case list(), list():
                yield from self._lists(before, after, place)
            case str(), str():
                yield from self._texts(before, after, place, name)
            case bool() | int() | float(), bool() | int() | float() if before != after:
                yield Difference("answer.value.changed", place, str(before), str(after))
            case _:
                return

    def _objects(
        self, before: Mapping[str, JsonValue], after: Mapping[str, JsonValue], place: Place
    ) -> Iterator[Difference]:
        one, other = _tag(before), _tag(after)
        if one != other:
            yield Difference(
                "answer.word.changed",
                place.below("status" if "input" in before else "type"),
                one or "none",
                other or "none",
            )
            return
        found = thing(one, before) and thing(one, after)
        inner = Place(found) if found else place.inside(f"[{one}]" if one else "")
        for name in before.keys() & after.keys():
            yield from self.differences(before[name], after[name], inner.below(name), name)

    def _lists(self, before: Sequence[JsonValue], after: Sequence[JsonValue], place: Place) -> Iterator[Difference]:
        if len(before) != len(after):
            rule = "answer.fewer" if len(after) < len(before) else "answer.more"
            yield Difference(rule, place, str(len(before)), str(len(after)))
            return
        one, other = list(map(_named, before)), list(map(_named, after))
        if one != other and sorted(one) == sorted(other):
            yield Difference("answer.order", place, ", ".join(one), ", ".join(other))
            return
        for first, second in zip(before, after, strict=True):
            yield from self.differences(first, second, place.inside("[]"))

    def _texts(self, before: str, after: str, place: Place, name: str) -> Iterator[Difference]:
        if self._steady(before, self.before) == self._steady(after, self.after):
            return
        words = shape_of(before, name).words is not None and shape_of(after, name).words is not None
        rule = "answer.word.changed" if words else "answer.text.changed"
        yield Difference(rule, place, before[:_CHARACTERS], after[:_CHARACTERS])

    def _steady(self, text: str, version: str) -> str:
        return _VOLATILE.sub("#", text.replace(version, "<version>"))


def _tag(value: Mapping[str, JsonValue]) -> str:
    words = {key: each for key, each in value.items() if isinstance(each, str)}
    return tag_of({key: each for key, each in words.items() if re.fullmatch(r"[\w.\-]+", each)}, value)


def _named(item: JsonValue) -> str:
    """What tells an item of a list from others."""
    if not isinstance(item, dict):
        return str(item)
    for key in ("title", "content", "name", "file", "path"):
        if isinstance(item.get(key), str):
            return str(item[key])
    return ""
