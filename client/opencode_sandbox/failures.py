"""From a failure of the transport to an error of ours.

The caller raises the error *outside* of its ``except`` block: the transport's own exception, with the request and its
credentials in the frames of its traceback, is then not attached to it.
"""

from __future__ import annotations

import ssl

import httpx

from opencode_sandbox.errors import ConnectionFailed, ConnectionLost, TlsFailed

# Not failures: a TLS connection that waits for bytes says so, and a time-out or a reset finds it waiting.
_WAITING = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
UNREACHABLE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


def failure_of(error: httpx.HTTPError, url: str) -> ConnectionFailed:
    """Return the error that tells what went wrong on the way to ``url``."""
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if is_tls_trouble(error):
        return TlsFailed(
            f"no trustworthy TLS connection to {url} ({reason}); check the certificate, whether the URL should begin "
            "with http://, and SSL_CERT_FILE if the certificate is of an authority of your own"
        )
    if isinstance(error, UNREACHABLE):
        return ConnectionFailed(
            f"nobody answers at {url} ({reason}); check the URL's host and port, and whether the server runs"
        )
    return ConnectionLost(
        f"the connection to {url} broke off ({reason}); the server may have received the request, "
        "so look before repeating it"
    )


def is_tls_trouble(error: BaseException) -> bool:
    """Whether encryption is what failed, however deep that is in the chain."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        if isinstance(link, ssl.SSLError) and not isinstance(link, _WAITING):
            return True
        seen.add(id(link))
        link = link.__cause__ or link.__context__
    return False
