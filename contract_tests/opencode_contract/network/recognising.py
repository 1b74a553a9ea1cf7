"""Which trouble it is, from an error of the transport or from an answer that OpenCode never gives."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator

import httpx

from opencode_contract.network import troubles
from opencode_contract.network.troubles import Trouble
from opencode_sandbox.retrying import retry_after as retry_after
from opencode_sandbox.urls import without_credentials

STATUSES = {
    429: troubles.RATE_LIMITED,
    502: troubles.BAD_GATEWAY,
    503: troubles.UNAVAILABLE,
    504: troubles.GATEWAY_TIMEOUT,
}
_OWN_PAGE = re.compile(r"<title>\s*OpenCode\s*</title>", re.IGNORECASE)
_NO_PAGE = re.compile(r"Unable to connect\. Is the computer able|typo in the url or port")
"""How a server without web pages of its own, and without the internet, answers on unknown paths."""

# X.509 verification results, as OpenSSL numbers them.
_UNKNOWN_AUTHORITIES = range(18, 22)
_OUT_OF_DATE = (9, 10)
_WRONG_NAMES = (62, 64)


def of_error(error: BaseException) -> Trouble:
    """The trouble that made a request fail."""
    links = list(_links(error))
    for link in links:
        if isinstance(link, ssl.SSLCertVerificationError):
            return _of_certificate(link.verify_code)
    kinds: tuple[tuple[type[BaseException], Trouble], ...] = (
        (ssl.SSLError, troubles.TLS_FAILED),
        (httpx.ProxyError, troubles.PROXY_FAILED),
        (socket.gaierror, troubles.NAME_NOT_FOUND),
        (ConnectionRefusedError, troubles.REFUSED),
        (httpx.TimeoutException, troubles.NO_ANSWER),
        (httpx.ConnectError, troubles.UNREACHABLE),
    )
    for kind, trouble in kinds:
        if any(isinstance(link, kind) for link in links):
            return trouble
    return troubles.CONNECTION_LOST


def of_answer(response: httpx.Response) -> Trouble | None:
    """The trouble that an answer, read to its end, shows; None where OpenCode may have sent it."""
    if response.status_code in STATUSES:
        return STATUSES[response.status_code]
    if response.is_redirect:
        return troubles.REDIRECTED
    kind = response.headers.get("content-type", "")
    is_page = kind.startswith("text/html") and response.text.lstrip().startswith("<")
    return troubles.PAGE if is_page and not is_opencodes_own(response) else None


def detail_of(response: httpx.Response) -> str:
    """What an answer adds to the name of its trouble."""
    where = response.headers.get("location")
    status = f"HTTP {response.status_code}"
    return f"{status} to {without_credentials(where)}" if where and response.is_redirect else status


def is_opencodes_own(response: httpx.Response) -> bool:
    """Whether this is what OpenCode answers on a path that it does not know: its web page, or that it has none."""
    if response.headers.get("content-type", "").startswith("text/html"):
        return _OWN_PAGE.search(response.text) is not None
    if response.status_code != httpx.codes.INTERNAL_SERVER_ERROR:
        return False
    try:
        return _NO_PAGE.search(str(json.loads(response.content))) is not None
    except ValueError:
        return False


def _of_certificate(code: int) -> Trouble:
    if code in _OUT_OF_DATE:
        return troubles.CERTIFICATE_EXPIRED
    if code in _WRONG_NAMES:
        return troubles.WRONG_NAME
    return troubles.UNKNOWN_AUTHORITY if code in _UNKNOWN_AUTHORITIES else troubles.TLS_FAILED


def _links(error: BaseException) -> Iterator[BaseException]:
    """The error and what lies behind it; several where several addresses were tried."""
    waiting, seen = [error], set[int]()
    while waiting:
        link = waiting.pop()
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        inner = link.exceptions if isinstance(link, BaseExceptionGroup) else ()
        waiting += [each for each in (link.__cause__, link.__context__, *inner) if each is not None]
