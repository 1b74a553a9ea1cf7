"""The troubles of networks and proxies by name, each with what it is and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of trouble."""

    name: str
    sentence: str
    advice: str
    passes: bool = False
    """Whether it may pass by itself, as while a stopped machine starts."""


RATE_LIMITED = Trouble(
    "rate limited",
    "something before the server answers 429: too many requests",
    "raise the limit of the proxy or the platform for this address, or check again later",
    passes=True,
)
BAD_GATEWAY = Trouble(
    "bad gateway",
    "the proxy answers 502: it found no server behind it, or the server hung up",
    "see whether the machine runs and OpenCode listens on the port that the proxy knows, and look into both logs",
    passes=True,
)
UNAVAILABLE = Trouble(
    "unavailable",
    "the proxy answers 503: no machine takes requests now",
    "start the machine, or let the platform start it on demand and wait longer with --wait",
    passes=True,
)
GATEWAY_TIMEOUT = Trouble(
    "gateway timeout",
    "the proxy answers 504: the server did not answer it in time",
    "give the proxy a longer read timeout (a reply may take minutes), and see whether the machine is overloaded",
    passes=True,
)
NO_ANSWER = Trouble(
    "no answer",
    "nothing was answered in time",
    "see whether the machine runs and no firewall swallows the packets; a stopped machine may need a longer --wait",
    passes=True,
)
CONNECTION_LOST = Trouble(
    "connection lost",
    "the connection was closed or reset before the answer was complete",
    "see whether the server was restarted or ran out of memory, and how long the proxy leaves connections open",
    passes=True,
)
REFUSED = Trouble(
    "refused",
    "the host is there, but nobody listens on that port",
    "check the port in the URL, and whether the server runs; one that is started on demand has to be started by hand "
    "where the platform does not do so for connections",
)
NAME_NOT_FOUND = Trouble(
    "name not found",
    "the host's name is not known to DNS",
    "check how the host is spelt, and whether the app was deployed and has an address",
)
UNREACHABLE = Trouble(
    "unreachable",
    "no connection to the host could be made",
    "check this machine's own network, its proxies (HTTPS_PROXY, NO_PROXY), and the address that the name stands for",
)
PROXY_FAILED = Trouble(
    "proxy failed",
    "the HTTP proxy that the environment names did not make the connection",
    "correct HTTPS_PROXY or ALL_PROXY, or name the server's host in NO_PROXY",
)
UNKNOWN_AUTHORITY = Trouble(
    "unknown authority",
    "nobody whom this machine trusts has signed the server's certificate",
    "let SSL_CERT_FILE name the certificate of your own authority; a public server lacks a certificate of the chain",
)
CERTIFICATE_EXPIRED = Trouble(
    "certificate expired",
    "the server's certificate is not valid at this time",
    "renew the certificate, and check the clock of this machine",
)
WRONG_NAME = Trouble(
    "wrong name",
    "the server's certificate is for another host",
    "write the host that the certificate names into the URL, or add this host to the certificate",
)
TLS_FAILED = Trouble(
    "TLS failed",
    "no encrypted connection could be made",
    "check whether that port speaks TLS at all (http:// is for this machine only), and which versions of it",
)
STREAM_CUT = Trouble(
    "stream cut",
    "the event stream was cut from the other side",
    "let the proxy keep idle answers open for longer than a minute, and switch its buffering off for /event: servers "
    "send a heartbeat every 10 to 30 s, which has to get through",
    passes=True,
)
PREFIX_NOT_STRIPPED = Trouble(
    "prefix not stripped",
    "OpenCode is there, but does not know the path: the proxy passes the prefix of the URL on to it",
    "let the proxy take the prefix off (nginx: location /opencode/ { proxy_pass http://127.0.0.1:4096/; } with both "
    "slashes), or write the URL that leads to OpenCode",
)
PAGE = Trouble(
    "a page",
    "a web page is answered where OpenCode answers JSON",
    "somebody else answers: a login page, the page of a proxy or platform, or another application; open the URL in a "
    "browser, and see which route leads to OpenCode",
)
REDIRECTED = Trouble(
    "redirected",
    "the request is sent elsewhere, and the password is not sent on",
    "write the address that it is sent to as the target, if that is your server (https:// instead of http://?)",
)

ALL: tuple[Trouble, ...] = (
    *(RATE_LIMITED, BAD_GATEWAY, UNAVAILABLE, GATEWAY_TIMEOUT, NO_ANSWER, CONNECTION_LOST, STREAM_CUT),
    *(REFUSED, NAME_NOT_FOUND, UNREACHABLE, PROXY_FAILED),
    *(UNKNOWN_AUTHORITY, CERTIFICATE_EXPIRED, WRONG_NAME, TLS_FAILED),
    *(PREFIX_NOT_STRIPPED, PAGE, REDIRECTED),
)
