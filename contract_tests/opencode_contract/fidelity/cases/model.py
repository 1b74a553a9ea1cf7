"""What a case is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from opencode_contract.fidelity.steps import Step

Group: TypeAlias = Literal[
    "good input", "bad ids", "bad bodies", "query", "method and path", "headers", "runs", "events", "busy"
]


@dataclass(frozen=True, slots=True)
class Case:
    """A few steps, and what they belong to."""

    name: str
    """Unique: topic, then words joined by hyphens, such as ``prompt.text-is-a-number``."""
    route: str
    """The endpoint that it is about, such as ``POST /session/{id}/message``."""
    group: Group
    steps: tuple[Step, ...]
    events: bool = False
    """Whether the events of its sessions are compared, too."""
    alone: bool = False
    """Whether nothing else may go on meanwhile: it changes files, or lists all there is."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Values for placeholders."""


def case(
    name: str, route: str, group: Group, *steps: Step | Iterable[Step], events: bool = False, alone: bool = False
) -> Case:
    """A case; steps that belong together may come as one."""
    flat: list[Step] = []
    for step in steps:
        if isinstance(step, Iterable):
            flat.extend(step)
        else:
            flat.append(step)
    return Case(name, route, group, tuple(flat), events, alone)
