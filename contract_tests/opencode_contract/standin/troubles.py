"""What may go wrong between a client and a server, each of it made by the edge of the stand-in."""

from __future__ import annotations

import enum


class Trouble(enum.Enum):
    """One trouble of the network."""

    TOO_MANY_REQUESTS = "429"
    """The edge limits the rate, and says for how long."""
    BAD_GATEWAY = "502"
    """The edge does not reach the machine."""
    UNAVAILABLE = "503"
    """The edge knows no machine that could answer."""
    GATEWAY_TIMEOUT = "504"
    """The machine did not answer the edge in time."""
    COLD_START = "cold start"
    """The machine was stopped; the next connection starts it, and is held until it listens."""
    COLD_START_REFUSED = "cold start with 502"
    """The same, but all is answered with 502 until it listens."""
    IDLE_CUT = "idle cut"
    """A connection on which nothing is said is cut soon, not after a minute."""
    RESET = "reset"
    """Connections are reset before anything is answered."""
    UNKNOWN_AUTHORITY = "unknown authority"
    """The certificate is signed by an authority that nobody trusts."""
    EXPIRED_CERTIFICATE = "expired certificate"
    """The certificate's time is over."""
    WRONG_HOST = "wrong host"
    """The certificate is another host's."""
    PREFIX_KEPT = "prefix kept"
    """The prefix of the path reaches OpenCode, which knows no such paths."""
    HTML_PAGE = "html page"
    """A page is answered with 200, as portals and placeholders do."""
    REDIRECT = "redirect"
    """All is moved to another address."""


ANSWERS = {
    Trouble.TOO_MANY_REQUESTS: ("429 Too Many Requests", {"Retry-After": "1"}, ""),
    Trouble.BAD_GATEWAY: ("502 Bad Gateway", {}, ""),
    Trouble.UNAVAILABLE: ("503 Service Unavailable", {}, ""),
    Trouble.GATEWAY_TIMEOUT: ("504 Gateway Timeout", {}, ""),
    Trouble.HTML_PAGE: (
        "200 OK",
        {"Content-Type": "text/html; charset=utf-8"},
        "<!doctype html><title>Welcome</title><p>Your app will be here soon.</p>",
    ),
    Trouble.REDIRECT: ("301 Moved Permanently", {"Location": "https://example.com/"}, ""),
}
"""Status line, headers and body of the troubles that are an answer of the edge's own."""


def answer(trouble: Trouble) -> bytes:
    """What the edge says instead of the machine."""
    status, headers, body = ANSWERS[trouble]
    fields = headers | {"Content-Length": str(len(body)), "Connection": "close", "Server": "edge"}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join([*lines, "", ""]) + body).encode()
