"""Sessions, their status, and the server's health."""

from __future__ import annotations

from opencode_sandbox.models.base import Number, WireModel
from opencode_sandbox.models.usage import Tokens


class Health(WireModel):
    """The answer of ``GET /global/health``."""

    healthy: bool
    version: str


class SessionTime(WireModel):
    """When a session was created, last changed and archived, in the server's milliseconds."""

    created: Number
    updated: Number | None = None
    archived: Number | None = None


class SessionSummary(WireModel):
    """How many lines and files a session has changed."""

    additions: Number = 0
    deletions: Number = 0
    files: Number = 0


class Session(WireModel):
    """One session; ``cost`` and ``tokens`` are only sent by servers from 1.15.0 on."""

    id: str
    title: str = ""
    slug: str = ""
    version: str = ""
    directory: str = ""
    project_id: str | None = None
    parent_id: str | None = None
    time: SessionTime | None = None
    summary: SessionSummary | None = None
    cost: Number | None = None
    tokens: Tokens | None = None


class SessionStatus(WireModel):
    """What a session is doing; an idle one is absent from ``GET /session/status``."""

    type: str
    attempt: Number | None = None
    message: str | None = None
    next: Number | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs."""
        return self.type == "idle"

    @property
    def is_retrying(self) -> bool:
        """Whether the model's provider fails and is being asked again."""
        return self.type == "retry"


IDLE = SessionStatus(type="idle")
"""The status of a session that the status map does not name."""
