"""A difference before it is judged: a rule, a place, and what either side has there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from opencode_contract.capture.shape import Members
from opencode_contract.compare.model import Evidence


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: in a thing that is the same wherever it is shown, or else in a route."""

    subject: str
    """``session``, ``message assistant``, ``part tool``, ``event session.idle``, or a route."""
    path: str = ""

    def below(self, name: str) -> Place:
        """The place of a field."""
        return Place(self.subject, f"{self.path}.{name}" if self.path else name)

    def inside(self, mark: str) -> Place:
        """The place of what a list (``[]``) or a map (``{}``) holds, or of an object with a tag."""
        return Place(self.subject, f"{self.path}{mark}")

    @property
    def holder(self) -> Place:
        """The object that a field stands in."""
        return Place(self.subject, self.path.rpartition(".")[0])

    def __str__(self) -> str:
        return f"{self.subject}: {self.path}" if self.path else self.subject


@dataclass(frozen=True, slots=True)
class Difference:
    """What one place has otherwise."""

    rule: str
    place: Place
    before: str
    after: str
    shown: str = ""
    """The route or the event where it shows."""
    evidence: Evidence | None = field(default=None, compare=False)


_THINGS: tuple[tuple[str, frozenset[str]], ...] = (
    ("session", frozenset({"slug", "projectID", "directory"})),
    ("message", frozenset({"role", "sessionID"})),
    ("part", frozenset({"type", "messageID", "sessionID"})),
    ("error", frozenset({"name", "data"})),
    ("event", frozenset({"type", "properties"})),
    ("permission", frozenset({"permission", "patterns", "sessionID"})),
    ("question", frozenset({"questions", "sessionID"})),
    ("diff", frozenset({"file", "additions", "deletions"})),
    ("todo", frozenset({"content", "status", "priority"})),
)
"""What tells a thing, whatever shows it."""


def thing(tag: str, *sides: Members | Iterable[str]) -> str:
    """The thing that objects are, by the fields that they have on either side; empty for any other object."""
    for name, needed in _THINGS:
        if any(needed <= set(each.fields if isinstance(each, Members) else each) for each in sides):
            return f"{name} {tag}".rstrip()
    return ""
