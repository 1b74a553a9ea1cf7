"""Which server URLs are accepted, and what can be derived from one."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

import httpx

from opencode_sandbox.errors import ConfigurationError

EXAMPLE = "https://your-app.fly.dev/opencode"


def checked_url(text: object, *, allow_insecure_http: bool) -> str:
    """Return the server URL without a trailing slash, or say what to write instead."""
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError(f"the server URL is missing; write one such as {EXAMPLE}")
    url = split(text.strip())
    _check_parts(url)
    if url.scheme == "http" and not allow_insecure_http and not is_loopback(url.hostname or ""):
        raise ConfigurationError(
            f"the password would go over plain http to {url.hostname}; write https://, "
            "or, if that network is trusted, allow_insecure_http=True (--allow-insecure-http on the command line)"
        )
    return urlunsplit((url.scheme.lower(), url.netloc, url.path.rstrip("/"), "", ""))


def split(text: str) -> SplitResult:
    """Split a URL; a port or an address that makes no sense is a fault of the configuration."""
    try:
        url = urlsplit(text)
        _ = url.port
        httpx.URL(text)
        (url.hostname or "").encode("idna")
    except (ValueError, httpx.InvalidURL):
        raise ConfigurationError(
            f"the server URL has a host or port that is not one; write one such as {EXAMPLE}"
        ) from None
    return url


def _check_parts(url: SplitResult) -> None:
    if url.username is not None or url.password is not None:
        raise ConfigurationError(
            "the server URL holds a user name or password; write it without, and give the password separately"
        )
    if url.scheme.lower() not in {"http", "https"}:
        raise ConfigurationError(f"the server URL must begin with https:// (or http://); write one such as {EXAMPLE}")
    if not url.hostname or any(c.isspace() for c in url.netloc):
        raise ConfigurationError(f"the server URL names no host; write one such as {EXAMPLE}")
    if url.query or url.fragment:
        raise ConfigurationError("the server URL has a query or fragment; write it without what follows ? or #")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, judged by its name alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def path_segment(text: str) -> str:
    """Encode a text so that it is one segment of a path."""
    return quote(text, safe="")


def other_prefixes(base: str) -> list[str]:
    """Return base URLs of the same origin that the user may have meant: shorter prefixes, and ``/opencode``."""
    url = urlsplit(base)
    segments = [segment for segment in url.path.split("/") if segment]
    shorter = [segments[:count] for count in range(len(segments) - 1, -1, -1)]
    candidates = [*shorter, [*segments, "opencode"], ["opencode"]]
    paths = dict.fromkeys("".join(f"/{segment}" for segment in candidate) for candidate in candidates)
    return [urlunsplit((url.scheme, url.netloc, path, "", "")) for path in paths if path != url.path]


def without_credentials(location: str) -> str:
    """Return where a redirect points to, without user name, password, query and fragment."""
    try:
        url = urlsplit(location)
        host = url.hostname or ""
        port = f":{url.port}" if url.port else ""
    except ValueError:
        return "an unreadable address"
    netloc = f"[{host}]{port}" if ":" in host else f"{host}{port}"
    return urlunsplit((url.scheme, netloc, url.path, "", ""))
