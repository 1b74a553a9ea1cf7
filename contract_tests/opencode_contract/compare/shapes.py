"""Differences between two shapes, by direction: an answer may hold more, a request may accept more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from opencode_contract.capture.shape import Member, Members, Shape, merged, one_of
from opencode_contract.compare.difference import Difference, Place, thing

Direction: TypeAlias = Literal["answer", "request"]
Schemas: TypeAlias = Mapping[str, Shape]


def resolved(shape: Shape, schemas: Schemas) -> Shape:
    """A shape with what its references stand for. A schema that refers to itself only stands for nothing."""
    if not shape.refs:
        return shape
    known: set[str] = set()
    found = [replace(shape, refs=[])]
    waiting = list(shape.refs)
    while waiting:
        name = waiting.pop()
        if name not in known and name in schemas:
            known.add(name)
            found.append(replace(schemas[name], refs=[]))
            waiting.extend(schemas[name].refs)
    return merged(found)


@dataclass(slots=True)
class Comparer:
    """Compares shapes of two sides; knows the schemas of both."""

    direction: Direction
    before: Schemas = field(default_factory=dict)
    after: Schemas = field(default_factory=dict)
    observed: bool = False
    """Whether the shapes are of what was seen, not of what a schema describes."""
    same: set[Place] = field(default_factory=set)
    """Fields that were found the same on both sides."""
    entered: set[Place] = field(default_factory=set)
    """Objects that were found on both sides."""
    _under_way: set[tuple[tuple[str, ...], tuple[str, ...], Place]] = field(default_factory=set)

    def differences(self, before: Shape, after: Shape, place: Place) -> Iterator[Difference]:
        """What the shape after has otherwise."""
        key = (tuple(before.refs), tuple(after.refs), Place(place.subject))
        if before.refs and after.refs:
            if key in self._under_way:
                return
            self._under_way.add(key)
        one, other = resolved(before, self.before), resolved(after, self.after)
        if not (one.unknown or other.unknown or one.anything or other.anything):
            yield from self._kinds(one, other, place)
            yield from self._words(one, other, place)
            yield from self._limits(one, other, place)
            if one.items is not None and other.items is not None:
                yield from self.differences(one.items, other.items, place.inside("[]"))
            if one.objects and other.objects:
                yield from self._objects(one.objects, other.objects, place)
        self._under_way.discard(key)

    def member(self, before: Member, after: Member, place: Place) -> Iterator[Difference]:
        """What a field that is on both sides has otherwise."""
        found = list(self._presence(before, after, place))
        found += self.differences(before.shape, after.shape, place)
        if not any(each.place == place for each in found):
            self.same.add(place)
        yield from found

    def _presence(self, before: Member, after: Member, place: Place) -> Iterator[Difference]:
        if before.always == after.always:
            return
        optional, always = (
            ("answer.field.optional", "answer.field.always")
            if self.direction == "answer"
            else ("request.field.optional", "request.field.required")
        )
        words = ("always", "sometimes") if self.observed else ("required", "optional")
        said = {True: words[0], False: words[1]}
        yield Difference(always if after.always else optional, place, said[before.always], said[after.always])

    def _kinds(self, before: Shape, after: Shape, place: Place) -> Iterator[Difference]:
        one, other = _kinds(before), _kinds(after)
        gone, new = one - other, other - one
        if self.direction == "request":
            if gone:
                yield Difference("request.narrowed", place, before.title, after.title)
            elif new:
                yield Difference("request.widened", place, before.title, after.title)
        elif gone and new and not one & other - {"null"}:
            yield Difference("answer.field.type-changed", place, before.title, after.title)
        elif new:
            yield Difference("answer.widened", place, before.title, after.title)
        elif gone:
            yield Difference("answer.narrowed", place, before.title, after.title)

    def _words(self, before: Shape, after: Shape, place: Place) -> Iterator[Difference]:
        if not ("text" in before.kinds and "text" in after.kinds) or before.words == after.words:
            return
        if (before.words is None or after.words is None) and self.observed:
            return
        narrowed, widened = (
            ("enum.answer.narrowed", "enum.answer.widened")
            if self.direction == "answer"
            else ("request.enum.narrowed", "request.enum.widened")
        )
        if before.words is None or after.words is None:
            rule = narrowed if before.words is None else widened
            yield Difference(rule, place, _said(before.words), _said(after.words))
            return
        gone, new = set(before.words) - set(after.words), set(after.words) - set(before.words)
        if gone:
            yield Difference(narrowed, place, _said(gone), "none of these")
        if new:
            yield Difference(widened, place, "none of these", _said(new))

    def _limits(self, before: Shape, after: Shape, place: Place) -> Iterator[Difference]:
        if self.direction == "answer":
            return
        gone, new = set(before.limits) - set(after.limits), set(after.limits) - set(before.limits)
        if new:
            yield Difference("request.restricted", place, _listed(gone), _listed(new))
        elif gone:
            yield Difference("request.relaxed", place, _listed(gone), _listed(new))

    def _objects(
        self, before: Mapping[str, Members], after: Mapping[str, Members], place: Place
    ) -> Iterator[Difference]:
        if (set(before) == {""}) != (set(after) == {""}):
            before, after = {"": one_of(before.values())}, {"": one_of(after.values())}
        for tag in [*before, *(tag for tag in after if tag not in before)]:
            one, other = before.get(tag), after.get(tag)
            if one is not None and other is not None:
                yield from self._members(one, other, _entered(place, tag, one, other))
            else:
                yield from self._variant(tag, one, other, place)

    def _variant(self, tag: str, before: Members | None, after: Members | None, place: Place) -> Iterator[Difference]:
        gone = after is None
        found = thing(tag, *(each for each in (before, after) if each is not None))
        name = tag or "object"
        said = (name, "none") if gone else ("none", name)
        if self.direction == "request":
            rule = "request.narrowed" if gone else "request.widened"
        elif found.startswith("event "):
            yield Difference("event.gone" if gone else "event.added", Place(found), *said)
            return
        else:
            rule = "answer.variant.gone" if gone else "answer.variant.added"
        yield Difference(rule, Place(found) if found else place.inside(f"[{name}]"), *said)

    def _members(self, before: Members, after: Members, place: Place) -> Iterator[Difference]:
        self.entered.add(place)
        for name, member in before.fields.items():
            if name in after.fields:
                yield from self.member(member, after.fields[name], place.below(name))
            elif after.others is None or self.observed:
                yield self._gone(member, place.below(name))
        for name, member in after.fields.items():
            if name not in before.fields and (before.others is None or self.observed):
                yield self._new(member, place.below(name))
        if before.others is not None and after.others is not None:
            yield from self.differences(before.others, after.others, place.inside("{}"))
        if self.direction == "request" and before.closed != after.closed:
            rule = "request.closed" if after.closed else "request.opened"
            yield Difference(rule, place, "", "")

    def _gone(self, member: Member, place: Place) -> Difference:
        if self.direction == "request":
            return Difference("request.field.gone", place, member.shape.title, "absent")
        rule = "answer.field.removed" if member.always or self.observed else "answer.field.optional.removed"
        return Difference(rule, place, member.shape.title, "absent")

    def _new(self, member: Member, place: Place) -> Difference:
        if self.direction == "request":
            rule = "request.field.required" if member.always else "request.field.added"
        else:
            rule = "answer.field.added" if member.always or self.observed else "answer.field.optional.added"
        return Difference(rule, place, "absent", member.shape.title)


def _entered(place: Place, tag: str, before: Members, after: Members) -> Place:
    found = thing(tag, before)
    if found and found == thing(tag, after):
        return Place(found)
    return place.inside(f"[{tag}]") if tag else place


def _kinds(shape: Shape) -> set[str]:
    """Scalars, lists and objects; whole numbers count as numbers."""
    found = {("number" if kind == "integer" else str(kind)) for kind in shape.kinds}
    return found | ({"list"} if shape.items is not None else set()) | ({"object"} if shape.objects else set())


def _said(words: set[str] | list[str] | None) -> str:
    return "any text" if words is None else ", ".join(sorted(words))


def _listed(limits: set[str]) -> str:
    return ", ".join(sorted(limits)) or "no limit"
