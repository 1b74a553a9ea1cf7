"""When a request is tried again: only where that is safe."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

import httpx
import stamina

from opencode_sandbox.failures import is_tls_trouble
from opencode_sandbox.requests import Request

SHORTEST = 0.001
"""Seconds, for a deadline that has just passed: stamina takes 0 for a mistake."""

NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
WORTH_ANOTHER_TRY = frozenset({429, 502, 503, 504})


class Attempts(Protocol):
    """The attempts at one request, as stamina hands them out."""

    def __iter__(self) -> Iterator[stamina.Attempt]:
        """Hand out attempts, sleeping between them."""
        ...

    def __aiter__(self) -> AsyncIterator[stamina.Attempt]:
        """Hand out attempts, awaiting between them."""
        ...


class TryAgain(Exception):
    """A response that a later attempt may better; it is the answer when there is no other."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.response = response


@dataclass(frozen=True)
class RetryPolicy:
    """How often, and how long between attempts, in seconds; a server that wants a longer wait is not asked again."""

    attempts: int = 3
    first_wait: float = 0.1
    longest_wait: float = 5.0

    def attempts_at(self, request: Request, *, within: float | None, patient: bool) -> Attempts:
        """Hand out attempts at one request."""
        return stamina.retry_context(
            on=self._judge(request),
            attempts=self.attempts if patient else 1,
            timeout=None if within is None else max(within, SHORTEST),
            wait_initial=self.first_wait,
            wait_max=self.longest_wait,
            wait_jitter=self.first_wait,
        )

    def _judge(self, request: Request) -> Callable[[Exception], bool | float]:
        def judge(error: Exception) -> bool | float:
            if isinstance(error, TryAgain):
                wait = retry_after(error.response)
                return True if wait is None else wait <= self.longest_wait and wait
            if is_tls_trouble(error):
                return False
            if isinstance(error, NOTHING_SENT):
                return True
            return request.is_repeatable and isinstance(error, httpx.TransportError)

        return judge


def accept(request: Request, response: httpx.Response) -> httpx.Response:
    """Return a response, unless the request may be made again and that may help."""
    if request.is_repeatable and response.status_code in WORTH_ANOTHER_TRY:
        raise TryAgain(response)
    return response


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds a server asks to wait, whether it gives a number or a date."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (date.astimezone(UTC) - datetime.now(UTC)).total_seconds())
