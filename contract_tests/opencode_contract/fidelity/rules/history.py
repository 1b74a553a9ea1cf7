"""What rewrites a conversation: fork, revert and unrevert, deleting and changing messages and parts."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from opencode_contract.evidence import Json
from opencode_contract.fidelity.rules.base import NUMBERS, Acting, with_sessions
from opencode_contract.fidelity.steps import Settle, delete, get, patch, post

_PLACES = st.integers(0, 3)
"""Picks a message, or a part of one."""


class HistoryRules(Acting):
    """What changes the past."""

    @with_sessions
    @rule(number=NUMBERS, place=st.none() | _PLACES)
    def fork(self, number: int, place: int | None) -> None:
        """Copies a session, up to a message perhaps."""
        path, made = self.idle_path(number), self.named()
        body: dict[str, Json] = {} if place is None else {"messageID": self._message(path, place)}
        self.do(post(f"{path}/fork", body, **{made: "id"}), get(f"/session/{{{made}}}/message"))
        self.sessions.append(made)

    @with_sessions
    @rule(number=NUMBERS, place=_PLACES)
    def revert(self, number: int, place: int) -> None:
        """Takes back all from a message on."""
        path = self.idle_path(number)
        self.do(post(f"{path}/revert", {"messageID": self._message(path, place)}), Settle(), get(path))

    @with_sessions
    @rule(number=NUMBERS, place=_PLACES, inner=_PLACES)
    def revert_to_part(self, number: int, place: int, inner: int) -> None:
        """Takes back all from a part on."""
        path = self.idle_path(number)
        message, part = self._part(path, place, inner)
        self.do(post(f"{path}/revert", {"messageID": message, "partID": part}), Settle(), get(path))

    @with_sessions
    @rule(number=NUMBERS)
    def unrevert(self, number: int) -> None:
        """Brings back what was taken back, if anything."""
        path = self.idle_path(number)
        self.do(post(f"{path}/unrevert"), Settle(), get(path))

    @with_sessions
    @rule(number=NUMBERS, place=_PLACES)
    def delete_message(self, number: int, place: int) -> None:
        """Deletes a message."""
        path = self.idle_path(number)
        self.do(delete(f"{path}/message/{self._message(path, place)}"), get(f"{path}/message"))

    @with_sessions
    @rule(number=NUMBERS, place=_PLACES, inner=_PLACES)
    def delete_part(self, number: int, place: int, inner: int) -> None:
        """Deletes a part of a message."""
        path = self.idle_path(number)
        message, part = self._part(path, place, inner)
        self.do(delete(f"{path}/message/{message}/part/{part}"), get(f"{path}/message/{message}"))

    @with_sessions
    @rule(number=NUMBERS, place=_PLACES)
    def change_part(self, number: int, place: int) -> None:
        """Puts a text in the place of the first part of a message."""
        path = self.idle_path(number)
        message, part = self._part(path, place, 0)
        session = path.removeprefix("/session/")
        whole: Json = {"id": part, "sessionID": session, "messageID": message, "type": "text", "text": "changed"}
        self.do(patch(f"{path}/message/{message}/part/{part}", whole), get(f"{path}/message/{message}"))

    def _message(self, path: str, place: int) -> str:
        return self._part(path, place, 0)[0]

    def _part(self, path: str, place: int, inner: int) -> tuple[str, str]:
        """Placeholders of a message and of a part of it; they stay unfilled where there is no such message."""
        name = self.named()
        saved = {f"{name}m": f"{place}.info.id", f"{name}p": f"{place}.parts.{inner}.id"}
        self.do(get(f"{path}/message", **saved))
        return f"{{{name}m}}", f"{{{name}p}}"
