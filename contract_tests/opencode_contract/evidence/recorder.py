"""Records what goes over the wire, and which sessions it makes."""

from __future__ import annotations

import json
from collections import deque

import httpx

from opencode_contract.evidence.exchange import Exchange
from opencode_contract.evidence.json_type import Json
from opencode_contract.evidence.ownership import Ownership
from opencode_contract.evidence.redaction import Redactor
from opencode_contract.network import Encounter, Encounters

KEPT_EXCHANGES = 20


class Recorder(httpx.AsyncBaseTransport):
    """A transport that keeps the latest exchanges and the ids of all sessions that were created through it."""

    def __init__(
        self, base_url: str, redactor: Redactor, wire: httpx.AsyncClient, encounters: Encounters | None = None
    ) -> None:
        self.latest: deque[Exchange] = deque(maxlen=KEPT_EXCHANGES)
        self.sessions: dict[str, None] = {}
        """The sessions that were created and not deleted since, in order."""
        self.own = Ownership()
        """All sessions that were created, also those that are deleted."""
        self._wire = wire
        self._prefix = httpx.URL(base_url).path.rstrip("/")
        self._redactor = redactor
        self._encounters = encounters or Encounters()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends the request, and keeps it with its answer unless that is a stream of events."""
        # The request is complete: what a client adds by itself was added by the one that it comes from.
        try:
            response = await self._wire.send(request, stream=True, auth=None, follow_redirects=False)
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                await response.aread()
                self._keep(request, response)
        except httpx.ReadTimeout:
            # Rather a server that hangs than a network: whether it is well otherwise is looked at afterwards.
            raise
        except httpx.TransportError as problem:
            self._encounters.note(Encounter.of_error(problem))
            raise
        return response

    async def aclose(self) -> None:
        """Does nothing: several clients share this transport, and each closes it."""

    async def disconnect(self) -> None:
        """Closes the connections."""
        await self._wire.aclose()

    def exchange_of(self, response: httpx.Response) -> Exchange:
        """The exchange that ``response`` ended."""
        request = response.request
        return Exchange(
            method=request.method,
            path=self.path_of(request),
            sent=request.content.decode("utf-8", errors="replace"),
            status=response.status_code,
            headers=response.headers,
            received=response.text,
            redactor=self._redactor,
            own=self.own,
        )

    def path_of(self, request: httpx.Request) -> str:
        """The path and the query without the prefix, which may be confidential, and is the same everywhere."""
        return request.url.raw_path.decode("ascii").removeprefix(self._prefix)

    def _keep(self, request: httpx.Request, response: httpx.Response) -> None:
        exchange = self.exchange_of(response)
        self.latest.append(exchange)
        self._encounters.note(Encounter.of_answer(response, exchange.path))
        told = _json(exchange.received)
        path = exchange.path.partition("?")[0]
        if request.method == "POST" and response.is_success and (path == "/session" or path.endswith("/fork")):
            created = told.get("id") if isinstance(told, dict) else None
            if isinstance(created, str) and created.startswith("ses"):
                self.sessions[created] = None
                self.own.add(created)
        # A child goes with its parent, and may then be missing.
        elif request.method == "DELETE" and path.count("/") == 2 and (response.is_success or exchange.status == 404):
            self.sessions.pop(path.removeprefix("/session/"), None)
        self.own.learn(told)


def _json(body: str) -> Json:
    try:
        told: Json = json.loads(body)
    except ValueError:
        return None
    return told
