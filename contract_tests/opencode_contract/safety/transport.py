"""The way of every request to the server under the contract: no session without mark, no prompt beyond the budget."""

from __future__ import annotations

import json
import re

import httpx

from opencode_contract.evidence import Json, Recorder
from opencode_contract.safety.budget import Budget
from opencode_contract.safety.mark import Mark

_SESSION = re.compile(r"/session/([^/]+)")
_PROMPT = re.compile(r"/session/([^/]+)/(?:message|prompt_async|command|summarize|init)")
"""What makes the server call a model."""


class SafeTransport(httpx.AsyncBaseTransport):
    """Marks the sessions that are created, and asks the budget before each prompt."""

    def __init__(self, beneath: Recorder, mark: Mark, budget: Budget) -> None:
        self._beneath = beneath
        self._own = beneath.own
        self._mark = mark
        self._budget = budget
        self.has_created = False
        """Whether the server was ever told to make a session."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends the request on. Raises BudgetExhausted instead where a prompt might cost too much."""
        path = self._beneath.path_of(request).partition("?")[0]
        if request.method == "POST" and (path == "/session" or path.endswith("/fork")):
            self.has_created = True
            request = self._marked(request) if path == "/session" else request
        if request.method == "DELETE" and (deleted := _SESSION.fullmatch(path)):
            await self._budget.settle(deleted[1])
        prompted = _PROMPT.fullmatch(path) if request.method == "POST" else None
        if prompted is None or prompted[1] not in self._own or (_object(request) or {}).get("noReply") is True:
            return await self._beneath.handle_async_request(request)
        talk = await self._budget.admit(prompted[1])
        response = await self._beneath.handle_async_request(request)
        # Refused by the server itself; a proxy that gives up says nothing of what the server does.
        if response.is_client_error or response.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
            talk.sent -= 1
        return response

    async def aclose(self) -> None:
        """Does nothing: several clients share this transport, and each closes it."""

    def _marked(self, request: httpx.Request) -> httpx.Request:
        """The request with the mark among the session's permissions, unless its body is none that could hold it."""
        body = _object(request)
        if body is None or "permission" in body:
            return request
        headers = request.headers.copy()
        del headers["content-length"]
        return httpx.Request(
            request.method,
            request.url,
            headers=headers,
            content=json.dumps({**body, "permission": [self._mark.rule]}).encode(),
            extensions=request.extensions,
        )


def _object(request: httpx.Request) -> dict[str, Json] | None:
    """What a request sends, if that is a JSON object."""
    try:
        body = json.loads(request.content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
