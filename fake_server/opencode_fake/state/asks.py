"""What tools ask the user: the requests that wait for an answer, and the leave that was given for good."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from opencode_fake.scripts.model import JsonObject
from opencode_fake.scripts.permissions import Demand, Rule

Reply: TypeAlias = Literal["once", "always", "reject"]


@dataclass(eq=False, slots=True)
class PermissionRequest:
    """A tool needs leave."""

    id: str
    session_id: str
    directory: str
    demand: Demand
    wire: JsonObject
    """The request as the endpoints and events show it."""
    reply: Reply | None = None
    feedback: str | None = None
    """What a user who rejects wants instead."""

    @property
    def settled(self) -> bool:
        """Whether the tool can go on."""
        return self.reply is not None


@dataclass(eq=False, slots=True)
class QuestionRequest:
    """A tool has questions."""

    id: str
    session_id: str
    directory: str
    wire: JsonObject
    """The request as the endpoints and events show it."""
    answers: list[list[str]] | None = None
    dismissed: bool = False

    @property
    def settled(self) -> bool:
        """Whether the tool can go on."""
        return self.dismissed or self.answers is not None


@dataclass(slots=True)
class Asks:
    """All requests of one server. They and the leave given belong to a directory and end with the process."""

    permissions: dict[str, PermissionRequest] = field(default_factory=dict)
    questions: dict[str, QuestionRequest] = field(default_factory=dict)
    granted: defaultdict[str, list[Rule]] = field(default_factory=lambda: defaultdict(list))
    """What was answered with "always", by directory."""
