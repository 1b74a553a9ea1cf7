"""Where two pieces of JSON differ, and which of that a user would miss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from opencode_contract.evidence import Json

DERIVED = (
    "session.summary",
    "session.version",
    "session.time.updated",
    "session.slug",
    "session.cost",
    "session.tokens",
    "message.summary",
)
"""What the server works out or keeps for itself: who misses it is a client that reads it, not the user."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that is not what it was."""

    field: str
    """Without numbers: the same field of two messages has one name."""
    before: Json
    after: Json
    """Of what is absent None: OpenCode makes no difference between the two."""

    @property
    def is_derived(self) -> bool:
        """Whether it can be done without."""
        return any(self.field == each or self.field.startswith((f"{each}.", f"{each}[")) for each in DERIVED)


def changes(field: str, before: Json, after: Json) -> Iterator[FieldChange]:
    """The fields that differ, outermost first where a whole object came or went."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from changes(f"{field}.{key}", before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for one, other in zip(before, after, strict=True):
            yield from changes(f"{field}[]", one, other)
    elif not _same(before, after):
        yield FieldChange(field, before, after)


def named(parts: Json) -> Mapping[str, Json]:
    """The parts of a message by their ids, in order."""
    listed = parts if isinstance(parts, list) else []
    return {str(each.get("id", number)): each for number, each in enumerate(listed) if isinstance(each, dict)}


def _same(before: Json, after: Json) -> bool:
    # 0 and 0.0 are one number in JSON, but true is none.
    return before == after and isinstance(before, bool) == isinstance(after, bool)
