"""What a test of the connection can find out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from opencode_sandbox.models import JsonObject


class ConnectionState(Enum):
    """How the connection is; the value is the word used in JSON."""

    OK = "ok"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - the name of a state
    NOBODY_THERE = "nobody_there"
    TLS_TROUBLE = "tls_trouble"
    NOT_OPENCODE = "not_opencode"
    WRONG_PREFIX = "wrong_prefix"
    REDIRECT = "redirect"
    SERVER_FAILING = "server_failing"


@dataclass(frozen=True)
class ConnectionReport:
    """The outcome of a test, with a sentence of advice; ``suggested_url`` is where the server seems to be."""

    state: ConnectionState
    url: str
    advice: str
    version: str | None = None
    suggested_url: str | None = None

    @property
    def ok(self) -> bool:
        """Whether everything is as it should be."""
        return self.state is ConnectionState.OK

    def as_json(self) -> JsonObject:
        """Return the report as JSON."""
        return {
            "ok": self.ok,
            "state": self.state.value,
            "url": self.url,
            "advice": self.advice,
            "version": self.version,
            "suggestedUrl": self.suggested_url,
        }
