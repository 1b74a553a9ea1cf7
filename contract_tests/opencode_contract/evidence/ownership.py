"""Whose sessions are whose: what belongs to others is judged as it is, and never shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypeGuard

from opencode_contract.evidence.json_type import Json

HIDDEN = "[of another session]"
_IDENTITIES = ("sessionID", "aggregateID", "id")
_HOLDERS = ("info", "part", "properties", "payload", "syncEvent", "data")
"""Where an event, or a message, holds what tells its session."""


class Ownership:
    """The sessions that this run has made, and those that the server has made below them."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._ids

    def add(self, session_id: str) -> None:
        """Counts a session as ours."""
        self._ids.add(session_id)

    def learn(self, told: Json) -> None:
        """Counts the sessions below ours as ours, wherever the server shows them."""
        for each in _objects(told):
            session_id = each.get("id")
            if _is_session(session_id) and each.get("parentID") in self._ids:
                self._ids.add(session_id)

    def is_foreign(self, told: Json) -> bool:
        """Whether something is a session of others, or belongs to one."""
        if not isinstance(told, dict):
            return False
        for key in _IDENTITIES:
            found = told.get(key)
            if _is_session(found):
                return found not in self._ids
        return any(self.is_foreign(told.get(key)) for key in _HOLDERS)

    def masked(self, told: Json) -> Json:
        """The same without what belongs to the sessions of others."""
        if isinstance(told, list):
            return self._masked_list(told)
        if not isinstance(told, dict):
            return told
        if self.is_foreign(told):
            return HIDDEN
        own = {key: self.masked(value) for key, value in told.items() if not self._is_foreign_key(key)}
        return own if len(own) == len(told) else own | {f"[{len(told) - len(own)} other sessions]": HIDDEN}

    def text(self, received: str, *, ours: bool) -> str:
        """An answer as it may be shown; one that cannot be read is shown only where it is about ``ours`` alone."""
        try:
            told: Json = json.loads(received)
        except ValueError:
            # A page holds no sessions, and says much about who has answered.
            shown = ours or received.lstrip().startswith("<") or not received
            return received if shown else f"[{len(received)} characters that are not JSON]"
        masked = self.masked(told)
        return received if masked == told else json.dumps(masked, ensure_ascii=False)

    def _masked_list(self, told: list[Json]) -> list[Json]:
        own = [self.masked(each) for each in told if not self.is_foreign(each)]
        others = len(told) - len(own)
        return [*own, f"[{others} of other sessions]"] if others else own

    def _is_foreign_key(self, key: str) -> bool:
        return _is_session(key) and key not in self._ids


def _is_session(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value.startswith("ses_")


def _objects(told: Json) -> Iterator[dict[str, Json]]:
    if isinstance(told, dict):
        yield told
    inner = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    for each in inner:
        yield from _objects(each)
