"""Requests that are no part of the contract, and no evidence: what there is, what it has cost, and tidying up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import httpx

from opencode_contract.errors import NetworkFailed
from opencode_contract.evidence import Json
from opencode_contract.network import Encounter

Object: TypeAlias = "dict[str, Json]"

SECONDS = 10.0
MOST_SESSIONS = 100_000
"""Asked for at once: without a limit servers may tell the newest hundred only."""


class Backstage:
    """Asks the server without being seen. Raises NetworkFailed where the network is in the way."""

    def __init__(self, wire: httpx.AsyncClient, url: str, auth: httpx.Auth) -> None:
        self._wire = wire
        self._url = url
        self._auth = auth

    async def send(self, method: str, path: str) -> httpx.Response:
        """Sends one request and reads its answer, whatever it is. Raises httpx.TransportError."""
        return await self._wire.request(method, f"{self._url}{path}", auth=self._auth, timeout=SECONDS)

    async def sessions(self) -> list[Object]:
        """All sessions there are, newest first."""
        return list(_objects(await self._json(f"/session?limit={MOST_SESSIONS}")))

    async def messages(self, session_id: str) -> list[Object] | None:
        """What is said of each message of a session; None where the server does not tell."""
        found = await self._json(f"/session/{session_id}/message")
        if not isinstance(found, list):
            return None
        return [info for message in _objects(found) if isinstance(info := message.get("info"), dict)]

    async def children(self, session_id: str) -> list[str]:
        """The ids of the sessions that were made below a session."""
        return list(ids_of(await self._json(f"/session/{session_id}/children")))

    async def delete(self, session_id: str) -> bool:
        """Ends what a session does and deletes it; whether it is gone."""
        # A run goes on, and costs, when its session is deleted under it.
        await self._answered("POST", f"/session/{session_id}/abort")
        answer = await self._answered("DELETE", f"/session/{session_id}")
        return answer.is_success or answer.status_code == httpx.codes.NOT_FOUND

    async def _answered(self, method: str, path: str) -> httpx.Response:
        try:
            answer = await self.send(method, path)
        except httpx.TransportError as problem:
            raise NetworkFailed(f"{self._url}: {Encounter.of_error(problem)}") from problem
        met = Encounter.of_answer(answer, path)
        if met is not None:
            raise NetworkFailed(f"{self._url}: {met}")
        return answer

    async def _json(self, path: str) -> Json:
        answer = await self._answered("GET", path)
        if not answer.is_success:
            return None
        try:
            found: Json = answer.json()
        except ValueError:
            return None
        return found


def ids_of(sessions: Json) -> Iterator[str]:
    """The ids of listed sessions."""
    for session in _objects(sessions):
        found = session.get("id")
        if isinstance(found, str):
            yield found


def _objects(found: Json) -> Iterator[Object]:
    yield from (each for each in (found if isinstance(found, list) else ()) if isinstance(each, dict))
