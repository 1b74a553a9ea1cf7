"""What a server tells of the sessions in its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from opencode_contract.evidence import Json

JsonObject = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Place:
    """A session to ask for: its id, and the directory that it belongs to."""

    session_id: str
    directory: str


@dataclass(frozen=True, slots=True)
class ToldSession:
    """A session as a server tells it."""

    place: Place
    listed: bool
    info: JsonObject | None
    """None where the server does not give it."""
    messages: tuple[JsonObject, ...] | None
    """Oldest first; None where the server does not give them."""
    evidence: str = ""
    """What it answered instead of what is missing."""

    @property
    def there(self) -> bool:
        """Whether all of it can be read, and found without knowing its id."""
        return self.listed and self.info is not None and self.messages is not None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one server told, at one moment."""

    version: str
    health: str
    """The answer to ``GET /global/health``."""
    healthy: bool
    sessions: Mapping[str, ToldSession]

    @property
    def complete(self) -> int:
        """How many sessions can be read and found."""
        return sum(session.there for session in self.sessions.values())

    @property
    def messages(self) -> int:
        """How many messages it gave."""
        return sum(len(session.messages or ()) for session in self.sessions.values())
