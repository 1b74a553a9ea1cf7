"""What a run writes on every session that it makes, so that a later run knows them for leftovers."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from opencode_contract.evidence import Json

NAME = "opencode-contract"
_TIME = "%Y%m%dT%H%M%SZ"
_WRITTEN = re.compile(rf"{NAME} (\d{{8}}T\d{{6}}Z)-([0-9a-f]{{8}})")


@dataclass(frozen=True, slots=True)
class Mark:
    """When a run began, and which it is: ``opencode-contract 20260102T030405Z-0123abcd``."""

    began: datetime
    run: str

    @classmethod
    def fresh(cls) -> Self:
        """The mark of a run that begins now."""
        return cls(datetime.now(UTC).replace(microsecond=0), secrets.token_hex(4))

    def __str__(self) -> str:
        return f"{NAME} {self.began.strftime(_TIME)}-{self.run}"

    @property
    def rule(self) -> dict[str, Json]:
        """The mark as a permission that no tool asks for: for sessions whose title the server chooses."""
        return {"permission": str(self), "pattern": "*", "action": "allow"}

    def is_older_than(self, age: timedelta) -> bool:
        """Whether the run began longer ago than ``age``."""
        return datetime.now(UTC) - self.began > age


def mark_of(session: Json) -> Mark | None:
    """The mark that a session carries, at the beginning of its title or among its permissions; None where none is."""
    if not isinstance(session, dict):
        return None
    rules = session.get("permission")
    names = [rule.get("permission") for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
    for text in (session.get("title"), *names):
        found = _WRITTEN.match(text) if isinstance(text, str) else None
        if found is not None:
            return _read(found[1], found[2])
    return None


def _read(time: str, run: str) -> Mark | None:
    try:
        return Mark(datetime.strptime(time, _TIME).replace(tzinfo=UTC), run)
    except ValueError:
        return None
