"""What a comparison says: all that a page or a terminal needs, as data."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Literal, TypeAlias

from pydantic import BaseModel, JsonValue, computed_field

from opencode_contract.capture.model import Answer, Measures, Request
from opencode_contract.compare.severity import SEVERITIES, Word

Source: TypeAlias = Literal["schema", "observation", "events", "contract"]


class Exchange(BaseModel):
    """A request and its answer, as one side has seen it."""

    request: Request
    answer: Answer


class Evidence(BaseModel):
    """Where a difference shows."""

    source: Source
    place: str
    """The route or event, and the probe."""
    before: Exchange | None = None
    after: Exchange | None = None
    said_before: JsonValue = None
    """What a schema, a stream or the contract said, where there is no exchange."""
    said_after: JsonValue = None


class Finding(BaseModel):
    """One difference, however often it shows."""

    rule: str
    severity: Word
    where: str
    """What differs: a field of a thing, a route, an event."""
    sentence: str
    remark: str = ""
    """Why it is judged otherwise than the rule says."""
    before: str
    after: str
    places: list[str]
    """Routes and events where it shows."""
    evidence: list[Evidence]
    """A few of the places in full."""
    requirements: list[str] = []
    """Requirements of the contract that it touches."""
    client: str = ""
    """What the reference client does about it."""


class Side(BaseModel):
    """One of the two that are compared."""

    target: str
    version: str
    level: str
    taken: datetime | None = None
    measures: Measures


class Comparison(BaseModel):
    """All differences from A to B."""

    before: Side
    after: Side
    findings: list[Finding]
    compared: int
    """Exchanges that both sides have."""
    not_compared: list[str] = []
    """What only one side has seen, or what could not be compared for another reason."""

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way to combine the two
    @property
    def verdict(self) -> Literal["safe", "breaking"]:
        """Whether a client of A goes on working with B."""
        return "breaking" if self.counts["breaking"] else "safe"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def counts(self) -> dict[Word, int]:
        """How many findings there are of each severity."""
        found = Counter(finding.severity for finding in self.findings)
        return {word: found[word] for word in SEVERITIES}
