"""Differences between what two servers say of their interfaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from opencode_contract.capture.document import Document, Operation
from opencode_contract.capture.shape import Member, Shape
from opencode_contract.compare.difference import Difference, Place
from opencode_contract.compare.model import Evidence
from opencode_contract.compare.shapes import Comparer


def differences(before: Document, after: Document) -> Iterator[Difference]:
    """All differences; none where a server says nothing of itself."""
    if not before.routes or not after.routes:
        return
    for route in [*before.routes, *(route for route in after.routes if route not in before.routes)]:
        one, other = before.routes.get(route), after.routes.get(route)
        if one is None:
            yield _shown(Difference("route.added", Place(route), "absent", "described"), route)
        elif other is None:
            yield _shown(Difference("route.gone", Place(route), "described", "absent"), route)
        else:
            found = [*_requests(one, other, route, before, after), *_answers(one, other, route, before, after)]
            yield from (_shown(each, route) for each in found)


def _requests(one: Operation, other: Operation, route: str, before: Document, after: Document) -> Iterable[Difference]:
    comparer = Comparer("request", before.schemas, after.schemas)
    place = Place(route)
    for name in [*one.parameters, *(name for name in other.parameters if name not in one.parameters)]:
        yield from _parameter(comparer, one.parameters.get(name), other.parameters.get(name), place.below(name))
    if one.body is not None and other.body is not None:
        yield from comparer.differences(one.body.shape, other.body.shape, place.below("body"))
    elif one.body is not None:
        yield Difference("request.field.gone", place.below("body"), "described", "absent")
    elif other.body is not None:
        rule = "request.field.required" if other.body.required else "request.field.added"
        yield Difference(rule, place.below("body"), "absent", "described")


def _parameter(comparer: Comparer, one: Member | None, other: Member | None, place: Place) -> Iterator[Difference]:
    if one is not None and other is not None:
        yield from comparer.member(one, other, place)
    elif one is not None:
        yield Difference("request.field.gone", place, one.shape.title, "absent")
    elif other is not None:
        rule = "request.field.required" if other.always else "request.field.added"
        yield Difference(rule, place, "absent", other.shape.title)


def _answers(one: Operation, other: Operation, route: str, before: Document, after: Document) -> Iterator[Difference]:
    comparer = Comparer("answer", before.schemas, after.schemas)
    here, there = _success(one), _success(other)
    if here is not None and there is not None:
        yield from comparer.differences(here, there, Place(route))


def _success(operation: Operation) -> Shape | None:
    """What a success is answered with. Errors are judged by what was seen: descriptions name few of them."""
    for status, shape in operation.answers.items():
        if status.startswith("2"):
            return shape
    return None


def _shown(difference: Difference, route: str) -> Difference:
    evidence = Evidence(source="schema", place=route, said_before=difference.before, said_after=difference.after)
    return replace(difference, shown=route, evidence=evidence)
