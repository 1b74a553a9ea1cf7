"""One request and its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NoReturn

import httpx

from opencode_contract.errors import RequirementFailed
from opencode_contract.evidence.json_type import Json
from opencode_contract.evidence.ownership import Ownership
from opencode_contract.evidence.redaction import Redactor
from opencode_contract.evidence.values import Value

SHOWN_CHARACTERS = 3000


@dataclass(frozen=True, slots=True, repr=False)
class Exchange:
    """A request and its answer as they were on the wire, for judging; shown without the password."""

    method: str
    path: str
    sent: str
    status: int
    headers: httpx.Headers
    received: str
    redactor: Redactor
    own: Ownership

    def __str__(self) -> str:
        """What a person needs to see of it, without the password and the contents of others."""
        kind = self.headers.get("content-type")
        status = f"-> {self.status}{f' {kind}' if kind else ''}"
        received = self.own.text(self.received, ours=self.status >= httpx.codes.BAD_REQUEST or self._is_about_ours)
        shown = [f"{self.method} {self.path}", self.sent, status, received]
        return "\n".join(self.redactor.excerpt(text, SHOWN_CHARACTERS) for text in shown if text)

    __repr__ = __str__

    def expect(self, *statuses: int) -> Exchange:
        """Itself, if its status is one of ``statuses``."""
        if self.status not in statuses:
            wanted = " or ".join(map(str, statuses))
            self.fail(f"{self.method} {self.path} should answer {wanted} and answers {self.status}")
        return self

    def json(self, name: str) -> Value:
        """The answer's JSON, to be called ``name``."""
        try:
            told: Json = json.loads(self.received)
        except json.JSONDecodeError:
            self.fail(f"{self.method} {self.path} should answer JSON")
        return Value(told, name, self, self.own, self.own.is_foreign(told))

    @property
    def _is_about_ours(self) -> bool:
        segments = self.path.partition("?")[0].split("/")
        return segments[1:2] == ["session"] and len(segments) > 2 and segments[2] in self.own

    def fail(self, message: str) -> NoReturn:
        """Raises RequirementFailed with this exchange as the evidence."""
        raise RequirementFailed(message, str(self))
