"""What both shells share about one exchange: its URL, its time limits, and how an event is read."""

from __future__ import annotations

import time

import httpx
from httpx_sse import ServerSentEvent
from pydantic import TypeAdapter, ValidationError

from opencode_sandbox.config import SandboxConfig
from opencode_sandbox.errors import ConnectionLost, NotOpenCode
from opencode_sandbox.models import Event
from opencode_sandbox.requests import Request
from opencode_sandbox.responses import PREFIX_HINT, check_status
from opencode_sandbox.retrying import SHORTEST

HEADERS = {"Accept": "application/json", "User-Agent": "opencode-sandbox"}
CONNECT_TIMEOUT = 10.0
SILENCE = 75.0
"""Seconds without any event after which a stream counts as dead; servers send a heartbeat every 10 or 30."""

EVENT = TypeAdapter(Event)


class Limits:
    """The time limits of an exchange, over all its attempts."""

    def __init__(self, config: SandboxConfig, within: float | None) -> None:
        self._longest = config.timeout
        self._within = within
        self._began = time.monotonic()

    def now(self) -> httpx.Timeout:
        """Return the limits of an attempt that begins now."""
        limit = self._longest
        if self._within is not None:
            left = self._within - (time.monotonic() - self._began)
            limit = max(SHORTEST, min(limit, left))
        return httpx.Timeout(limit, connect=min(limit, CONNECT_TIMEOUT))


def url_of(config: SandboxConfig, request: Request) -> str:
    """Return the whole URL of a request."""
    return f"{request.base or config.server_url}{request.path}"


def check_stream(response: httpx.Response) -> None:
    """Raise unless a response is an event stream; from here on its limit is the silence between events."""
    check_status(response)
    kind = response.headers.get("content-type", "")
    if not kind.startswith("text/event-stream"):
        raise NotOpenCode(
            f"the answer is {kind or 'of no type'}, where OpenCode sends events; {PREFIX_HINT}", response.status_code
        )
    response.request.extensions["timeout"]["read"] = SILENCE


def event_of(frame: ServerSentEvent) -> Event:
    """Read one frame of the stream."""
    try:
        return EVENT.validate_json(frame.data)
    except ValidationError as error:
        count = error.error_count()
    raise NotOpenCode(f"an event is not what OpenCode sends ({count} faults); {PREFIX_HINT}", httpx.codes.OK)


def stream_ended(url: str) -> ConnectionLost:
    """Return the error for a stream that is over; events missed since are not sent again."""
    return ConnectionLost(f"the event stream of {url} has ended; open it again and read the messages anew")
