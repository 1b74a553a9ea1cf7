"""Differences between what two event streams told in the same scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from opencode_contract.capture.model import Capture, Scenario
from opencode_contract.capture.shape import merged
from opencode_contract.compare.difference import Difference, Place
from opencode_contract.compare.model import Evidence
from opencode_contract.compare.shapes import Comparer


def differences(before: Capture, after: Capture, comparer: Comparer) -> Iterator[Difference]:
    """All differences."""
    known = {each.probe: each for each in after.scenarios}
    pairs = [(each, known[each.probe]) for each in before.scenarios if each.probe in known]
    here, there = ({name for pair in pairs for name in _all_types(pair[side])} for side in (0, 1))
    for one, other in pairs:
        yield from _types(one, other, here, there)
        yield from _states(one, other)
        yield from _order(one, other)
    yield from _shapes(pairs, before, after, comparer)


def _types(one: Scenario, other: Scenario, before: set[str], after: set[str]) -> Iterator[Difference]:
    """``before`` and ``after`` are the types that come anywhere."""
    here, there = _all_types(one), _all_types(other)
    for name in sorted(here - there):
        rule = "event.scenario.gone" if name in after else "event.gone"
        yield _shown(Difference(rule, Place(f"event {name}"), "comes", "does not come"), one, other)
    for name in sorted(there - here):
        rule = "event.scenario.added" if name in before else "event.added"
        yield _shown(Difference(rule, Place(f"event {name}"), "does not come", "comes"), one, other)


def _states(one: Scenario, other: Scenario) -> Iterator[Difference]:
    here, there = _labels(one), _labels(other)
    common = _all_types(one) & _all_types(other)
    for name in sorted(here - there):
        if _type(name) in common:
            place = Place(f"event {_type(name)}", name.partition(" ")[2])
            yield _shown(Difference("event.state.gone", place, "comes", "does not come"), one, other)
    for name in sorted(there - here):
        if _type(name) in common:
            place = Place(f"event {_type(name)}", name.partition(" ")[2])
            yield _shown(Difference("event.state.added", place, "does not come", "comes"), one, other)


def _order(one: Scenario, other: Scenario) -> Iterator[Difference]:
    """Neighbours on the one side whose first occurrences come the other way round on the other."""
    here, there = list(dict.fromkeys(one.order)), list(dict.fromkeys(other.order))
    both = [name for name in here if name in there]
    for first, second in pairwise(both):
        if there.index(first) > there.index(second):
            place = Place(f"events {first} and {second}")
            yield _shown(Difference("event.order", place, f"{first} first", f"{second} first"), one, other)


def _shapes(
    pairs: list[tuple[Scenario, Scenario]], before: Capture, after: Capture, comparer: Comparer
) -> Iterator[Difference]:
    labels = {name for one, other in pairs for name in one.shapes.keys() & other.shapes.keys()}
    for name in sorted(labels):
        some = [(one, other) for one, other in pairs if name in one.shapes and name in other.shapes]
        here = merged(one.shapes[name] for one, _ in some)
        there = merged(other.shapes[name] for _, other in some)
        evidence = Evidence(
            source="events", place=name, said_before=before.events.get(name), said_after=after.events.get(name)
        )
        for each in comparer.differences(here, there, Place(f"event {_type(name)}")):
            yield replace(each, shown=f"event {_type(name)}", evidence=evidence)


def _shown(difference: Difference, one: Scenario, other: Scenario) -> Difference:
    evidence = Evidence(source="events", place=one.probe, said_before=list(one.order), said_after=list(other.order))
    return replace(difference, shown=one.probe, evidence=evidence)


def _labels(scenario: Scenario) -> set[str]:
    return {*scenario.order, *scenario.background}


def _all_types(scenario: Scenario) -> set[str]:
    return {_type(name) for name in _labels(scenario)}


def _type(label: str) -> str:
    return label.partition(" ")[0]
