"""Reads a target from its text."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace
from pathlib import Path

import httpx

from opencode_contract.errors import BadTarget
from opencode_contract.network import Patience
from opencode_contract.safety.budget import NO_LIMITS, Limits
from opencode_contract.targets.deployment import DEFAULT_LIMITS, DEFAULT_PATIENCE, Deployment
from opencode_contract.targets.fake import FakeTarget
from opencode_contract.targets.local import LocalTarget

DEFAULT_VERSION = "1.1.53"
EXAMPLES = "write one of: fake, fake:1.1.53, local:1.1.53, local:/path/to/opencode, https://your-app.fly.dev/opencode"

Parsed = FakeTarget | LocalTarget | Deployment
"""All kinds of targets there are."""

_CREDENTIALS = (
    "the target holds credentials (an @): write it without, such as https://your-app.fly.dev/opencode, and put the "
    "password into the environment variable OPENCODE_SERVER_PASSWORD, or type it when you are asked. Arguments can be "
    "seen by everybody on this machine, and stay in the shell's history: change the password if that was it"
)
_VERSION = re.compile(r"\d+\.\d+\.\d+")


def parse_target(text: str, limits: Limits = NO_LIMITS, patience: Patience = DEFAULT_PATIENCE) -> Parsed:
    """The target that ``text`` names. Without a limit of its own a deployment has the default one."""
    kind, colon, rest = text.strip().partition(":")
    if "@" in rest and kind.lower() != "local":
        # Not even with the host: which part of it is the password depends on how it was meant.
        raise BadTarget(_CREDENTIALS)
    match kind.lower():
        case "fake":
            return FakeTarget(_version(text, rest) if colon else DEFAULT_VERSION, limits)
        case "local":
            return replace(_local(text, rest), limits=limits)
        case "http" | "https":
            bounded = limits if limits.max_cost is not None else replace(limits, max_cost=DEFAULT_LIMITS.max_cost)
            return Deployment(_url(text.strip()), bounded, patience)
        case _:
            raise BadTarget(f"{text!r} is not a target: {EXAMPLES}")


def _local(text: str, rest: str) -> LocalTarget:
    if not rest:
        raise BadTarget(f"{text!r} does not say which server: write local:1.1.53 or local:/path/to/opencode")
    if _VERSION.fullmatch(rest):
        return LocalTarget(version=rest)
    if "/" in rest or "\\" in rest:
        return LocalTarget(path=Path(rest).expanduser())
    raise BadTarget(
        f"{rest!r} is neither a version nor a path: write local:1.1.53, or with a slash local:./{rest} for a file"
    )


def _version(text: str, rest: str) -> str:
    if not _VERSION.fullmatch(rest):
        raise BadTarget(f"{text!r} names no version: write one such as fake:1.1.53")
    return rest


def _url(text: str) -> str:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as problem:
        raise BadTarget(f"the URL cannot be read ({problem}): {EXAMPLES}") from None
    if not url.host:
        raise BadTarget(f"{text!r} names no host: write a URL such as https://your-app.fly.dev/opencode")
    if url.query or url.fragment:
        raise BadTarget(f"{text!r} has a query or a fragment: write only scheme, host and path prefix")
    if url.scheme == "http" and not _is_loopback(url.host):
        raise BadTarget(f"{text!r} would send the password in clear: write https://, or use http:// on loopback only")
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
