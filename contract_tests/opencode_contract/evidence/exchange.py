"""One request and its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NoReturn

import httpx

from opencode_contract.errors import RequirementFailed
from opencode_contract.evidence.values import Value

SHOWN_CHARACTERS = 3000


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer, without credentials."""

    method: str
    path: str
    sent: str
    status: int
    headers: httpx.Headers
    received: str

    def __str__(self) -> str:
        """What a person needs to see of it."""
        lines = [f"{self.method} {self.path}"]
        if self.sent:
            lines.append(_cut(self.sent))
        kind = self.headers.get("content-type")
        lines.append(f"-> {self.status}{f' {kind}' if kind else ''}")
        if self.received:
            lines.append(_cut(self.received))
        return "\n".join(lines)

    def expect(self, *statuses: int) -> Exchange:
        """Itself, if its status is one of ``statuses``."""
        if self.status not in statuses:
            wanted = " or ".join(map(str, statuses))
            self.fail(f"{self.method} {self.path} should answer {wanted} and answers {self.status}")
        return self

    def json(self, name: str) -> Value:
        """The answer's JSON, to be called ``name``."""
        try:
            return Value(json.loads(self.received), name, self)
        except json.JSONDecodeError:
            self.fail(f"{self.method} {self.path} should answer JSON")

    def fail(self, message: str) -> NoReturn:
        """Raises RequirementFailed with this exchange as the evidence."""
        raise RequirementFailed(message, str(self))


def _cut(text: str) -> str:
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return f"{text[:SHOWN_CHARACTERS]}… ({len(text) - SHOWN_CHARACTERS} more characters)"
