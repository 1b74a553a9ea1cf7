"""What an event stream tells, reduced to its grammar: which events in which order, and what each holds."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from opencode_contract.capture.model import Scenario
from opencode_contract.capture.shape import Shape, merged, shape_of
from opencode_contract.evidence import Json
from opencode_contract.fidelity.background import Log, take_apart


def label(event: Mapping[str, Json]) -> str:
    """An event's type with what tells it apart, such as ``message.part.updated tool running``."""
    words = [str(event.get("type"))]
    content = event.get("properties")
    if isinstance(content, dict):
        words += _words(content.get("info"), "role")
        words += _words(content.get("status"), "type")
        part = content.get("part")
        words += _words(part, "type")
        if isinstance(part, dict):
            words += _words(part.get("state"), "status")
    return " ".join(words)


def scenario(probe: str, events: Json) -> tuple[Scenario, dict[str, Json]]:
    """The grammar of what was heard, which is normalised; and an example of each event."""
    log = take_apart(events)
    heard = [(label(event), event) for event in log.foreground]
    shapes: dict[str, list[Shape]] = {}
    examples: dict[str, Json] = {}
    for name, event in heard:
        shapes.setdefault(name, []).append(shape_of(dict(event)))
        examples.setdefault(name, dict(event))
    return (
        Scenario(
            probe=probe,
            order=[name for name, _ in groupby(name for name, _ in heard)],
            background=_background(log),
            shapes={name: merged(found) for name, found in shapes.items()},
        ),
        examples,
    )


def _background(log: Log) -> list[str]:
    """What may come at any place, and how often it likes: see ``fidelity.background``."""
    found = {subject.partition(" ")[0] for subject in log.told}
    if log.progress:
        found.add("message.part.updated tool running")
    return sorted(found)


def _words(value: Json, key: str) -> list[str]:
    word = value.get(key) if isinstance(value, dict) else None
    return [word] if isinstance(word, str) else []
