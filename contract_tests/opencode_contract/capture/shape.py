"""The shape of JSON: which kinds of value, which fields, which of them always.

One notion for two sources. An OpenAPI schema becomes a shape (``document``), and so does a value that was seen
(``shape_of``), so that one comparison serves both. A shape is a union: of scalar kinds, of lists, of objects. Objects
that tell what they are by a tag (a part by its ``type``, a message by its ``role``, an error by its ``name``) are kept
apart by it; those without one are merged, a field being *always* there if it is in each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Final, Literal, TypeAlias

from opencode_contract.evidence import Json

Kind: TypeAlias = Literal["null", "boolean", "integer", "number", "text"]

_ID_KEY = re.compile(r"(ses|msg|prt|per|que)(#\d+|_.*)")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,60}")
_ALWAYS_WORDS: Final = frozenset({"type", "role", "finish", "status", "_tag", "reply", "action", "mode", "kind"})
"""Fields whose texts are words of an enumeration, wherever they stand."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value may be."""

    kinds: list[Kind] = field(default_factory=list)
    """Scalars, sorted."""
    words: list[str] | None = None
    """The texts that it may be, where they are known to be few."""
    limits: list[str] = field(default_factory=list)
    """What else a schema requires of it: a pattern, a bound."""
    anything: bool = False
    """Whether a schema lets it be any JSON."""
    items: Shape | None = None
    """If it may be a list: what that holds."""
    objects: dict[str, Members] = field(default_factory=dict)
    """If it may be an object: its members, by tag; the empty tag stands for all that have none."""
    refs: list[str] = field(default_factory=list)
    """Names of schemas that it may be as well."""

    @property
    def unknown(self) -> bool:
        """Whether nothing is known of it: the items of an empty list."""
        return not (self.kinds or self.anything or self.objects or self.refs) and self.items is None

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        words: list[str] = [kind for kind in self.kinds if kind != "text" or self.words is None]
        words += [f'"{word}"' for word in (self.words or ())[:8]]
        words += ["anything"] * self.anything + ["list"] * (self.items is not None)
        words += ["object"] * bool(self.objects) + self.refs
        return " or ".join(words) or "unknown"


@dataclass(frozen=True, slots=True)
class Member:
    """A field of an object."""

    shape: Shape
    always: bool = True


@dataclass(frozen=True, slots=True)
class Members:
    """The fields of an object."""

    fields: dict[str, Member] = field(default_factory=dict)
    others: Shape | None = None
    """What further fields hold, where the object is a map."""
    closed: bool = False
    """Whether a schema forbids further fields."""


_MAPS: Final = frozenset(
    {
        *("input", "schema", "default", "options", "headers", "environment", "tools"),
        *("models", "variants", "command", "agent", "mcp", "lsp", "formatter"),
    }
)
"""Fields that hold maps: their keys are somebody's choice."""


def shape_of(value: Json, name: str = "") -> Shape:
    """The shape of a value that was seen, which stands in the field ``name``."""
    match value:
        case None:
            return Shape(kinds=["null"])
        case bool():
            return Shape(kinds=["boolean"])
        case int() | float():
            return Shape(kinds=["number"])
        case str():
            enumerated = name in _ALWAYS_WORDS and _WORD.fullmatch(value)
            return Shape(kinds=["text"], words=[value] if enumerated else None)
        case list():
            return Shape(items=merged(shape_of(each) for each in value))
        case dict():
            return _object(value, name)


def merged(shapes: Iterable[Shape]) -> Shape:
    """What is one of these shapes."""
    return reduce(_merged, shapes, Shape())


def tag_of(words: Mapping[str, str], names: Iterable[str]) -> str:
    """What tells an object from others: ``words`` are its fields that hold one word, ``names`` all its fields."""
    known = set(names)
    for key in ("type", "role", "_tag"):
        if key in words:
            return words[key]
    if "name" in words and "data" in known:
        return words["name"]
    if "status" in words and "input" in known:
        return words["status"]
    return ""


def _object(value: Mapping[str, Json], name: str) -> Shape:
    if name in _MAPS or (value and all(_ID_KEY.fullmatch(key) for key in value)):
        return Shape(objects={"": Members(others=merged(map(shape_of, value.values())))})
    words = {key: each for key, each in value.items() if isinstance(each, str) and _WORD.fullmatch(each)}
    fields = {key: Member(shape=shape_of(each, key)) for key, each in value.items()}
    return Shape(objects={tag_of(words, value): Members(fields=fields)})


def _merged(one: Shape, other: Shape) -> Shape:
    if one.unknown or one == other:
        return other
    if other.unknown:
        return one
    return Shape(
        kinds=sorted({*one.kinds, *other.kinds}),
        words=_either_words(one, other),
        limits=sorted({*one.limits} & {*other.limits}),
        anything=one.anything or other.anything,
        items=_either(one.items, other.items),
        objects=_either_objects(one.objects, other.objects),
        refs=sorted({*one.refs, *other.refs}),
    )


def _either(one: Shape | None, other: Shape | None) -> Shape | None:
    if one is None or other is None:
        return one or other
    return _merged(one, other)


def _either_words(one: Shape, other: Shape) -> list[str] | None:
    told = [each.words for each in (one, other) if "text" in each.kinds]
    if any(words is None for words in told):
        return None
    return sorted({word for words in told if words is not None for word in words}) if told else None


def _either_objects(one: dict[str, Members], other: dict[str, Members]) -> dict[str, Members]:
    tags = [*one, *(tag for tag in other if tag not in one)]
    return {tag: one_of(each[tag] for each in (one, other) if tag in each) for tag in tags}


def one_of(members: Iterable[Members]) -> Members:
    """What is one of these objects."""
    return reduce(_either_members, members)


def _either_members(one: Members, other: Members) -> Members:
    names = [*one.fields, *(name for name in other.fields if name not in one.fields)]
    fields: dict[str, Member] = {}
    for name in names:
        here, there = one.fields.get(name), other.fields.get(name)
        found = [each for each in (here, there) if each is not None]
        always = here is not None and there is not None and here.always and there.always
        fields[name] = Member(always=always, shape=merged(each.shape for each in found))
    return Members(fields=fields, others=_either(one.others, other.others), closed=one.closed and other.closed)
