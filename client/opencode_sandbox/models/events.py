"""Events of the server's stream."""

from __future__ import annotations

from pydantic import Field

from opencode_sandbox.models.base import JsonObject, WireModel


class Event(WireModel):
    """One event; ``properties`` is the server's own JSON, which differs from version to version."""

    type: str
    properties: JsonObject = Field(default_factory=dict)
    id: str | None = None

    @property
    def session_id(self) -> str | None:
        """The session this event is about, wherever this version of the server writes it."""
        direct = self.properties.get("sessionID")
        if isinstance(direct, str):
            return direct
        for holder, key in (("part", "sessionID"), ("info", "sessionID"), ("info", "id")):
            inner = self.properties.get(holder)
            found = inner.get(key) if isinstance(inner, dict) else None
            if isinstance(found, str):
                return found
        return None
