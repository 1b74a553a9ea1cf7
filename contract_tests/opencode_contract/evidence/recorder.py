"""Records what goes over the wire, and which sessions it makes."""

from __future__ import annotations

import json
from collections import deque

import httpx

from opencode_contract.evidence.exchange import Exchange
from opencode_contract.evidence.redaction import Redactor

KEPT_EXCHANGES = 20


class Recorder(httpx.AsyncBaseTransport):
    """A transport that keeps the latest exchanges and the ids of all sessions that were created through it."""

    def __init__(self, base_url: str, redactor: Redactor, wire: httpx.AsyncClient) -> None:
        self.latest: deque[Exchange] = deque(maxlen=KEPT_EXCHANGES)
        self.sessions: dict[str, None] = {}
        """The sessions that were created and not deleted since, in order."""
        self._wire = wire
        self._prefix = httpx.URL(base_url).path.rstrip("/")
        self._redactor = redactor

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends the request, and keeps it with its answer unless that is a stream of events."""
        # The request is complete: what a client adds by itself was added by the one that it comes from.
        response = await self._wire.send(request, stream=True, auth=None, follow_redirects=False)
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            await response.aread()
            self._keep(request, response)
        return response

    async def aclose(self) -> None:
        """Does nothing: several clients share this transport, and each closes it."""

    async def disconnect(self) -> None:
        """Closes the connections."""
        await self._wire.aclose()

    def exchange_of(self, response: httpx.Response) -> Exchange:
        """The exchange that ``response`` ended."""
        request = response.request
        # The prefix of a deployment may be confidential, and is the same everywhere.
        path = request.url.raw_path.decode("ascii").removeprefix(self._prefix)
        return Exchange(
            method=request.method,
            path=path,
            sent=request.content.decode("utf-8", errors="replace"),
            status=response.status_code,
            headers=response.headers,
            received=response.text,
            redactor=self._redactor,
        )

    def _keep(self, request: httpx.Request, response: httpx.Response) -> None:
        exchange = self.exchange_of(response)
        self.latest.append(exchange)
        path = exchange.path.partition("?")[0]
        if request.method == "POST" and response.is_success and (path == "/session" or path.endswith("/fork")):
            created = _session_id(exchange.received)
            if created is not None:
                self.sessions[created] = None
        # A child goes with its parent, and may then be missing.
        elif request.method == "DELETE" and path.count("/") == 2 and (response.is_success or exchange.status == 404):
            self.sessions.pop(path.removeprefix("/session/"), None)


def _session_id(body: str) -> str | None:
    try:
        answer = json.loads(body)
    except json.JSONDecodeError:
        return None
    found = answer.get("id") if isinstance(answer, dict) else None
    return found if isinstance(found, str) and found.startswith("ses") else None
