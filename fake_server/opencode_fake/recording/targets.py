"""The servers that can be recorded: one that runs somewhere, the fake, and what other packages can start.

A package that can start servers says so with an entry point of the group ``opencode_fake.targets``, named after the
word in front of the colon: a function of what comes behind it and a script, which gives a context manager.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from ipaddress import ip_address
from typing import TypeAlias, cast
from urllib.parse import urlsplit

from opencode_fake.clock import RealClock
from opencode_fake.scripts.model import Script
from opencode_fake.server.fake import FakeServer
from opencode_fake.versions import DEFAULT_VERSION, UnknownVersion

GROUP = "opencode_fake.targets"
EXAMPLES = "write one of: local:1.1.53, local:/path/to/opencode, fake:1.18.34, https://your-app.fly.dev/opencode"


class NotRecordable(Exception):
    """The target cannot be recorded; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Recordable:
    """A server that runs."""

    url: str
    username: str
    password: str | None = field(repr=False)
    is_ours: bool = False
    """Started here: nobody but us knows the password, which opens nothing else."""


Opener: TypeAlias = Callable[[str, Script], AbstractAsyncContextManager[Recordable]]
"""Starts the server that is named behind the colon, and lets it play a script. Raises NotRecordable."""


def opened(target: str, script: Script | None) -> AbstractAsyncContextManager[Recordable]:
    """The server that is meant, running. Raises NotRecordable, also when it is entered."""
    kind, _, what = target.partition(":")
    if kind not in ("http", "https"):
        return _opener(kind, target)(what, script or Script())
    if script is not None:
        raise NotRecordable("a server that runs already has a model of its own: leave out --script")
    return _running(target)


@asynccontextmanager
async def _running(target: str) -> AsyncIterator[Recordable]:
    _check_address(target)
    username = os.environ.get("OPENCODE_SERVER_USERNAME") or "opencode"
    yield Recordable(target, username, os.environ.get("OPENCODE_SERVER_PASSWORD") or None)


@asynccontextmanager
async def _fake(version: str, script: Script) -> AsyncIterator[Recordable]:
    try:
        fake = FakeServer(script, version=version or DEFAULT_VERSION, clock=RealClock(), base_path="")
    except UnknownVersion as problem:
        raise NotRecordable(str(problem)) from problem
    async with fake as server:
        yield Recordable(server.url, server.username, server.password, is_ours=True)


def _opener(kind: str, target: str) -> Opener:
    if kind == "fake":
        return _fake
    found = next(iter(entry_points(group=GROUP, name=kind)), None)
    if found is None:
        raise NotRecordable(f"{target!r} is nothing that can be recorded: {EXAMPLES}")
    return cast("Opener", found.load())


def _check_address(target: str) -> None:
    address = urlsplit(target)
    if "@" in address.netloc:
        raise NotRecordable(
            "the address holds credentials: leave them out, and put the password into OPENCODE_SERVER_PASSWORD"
        )
    if not address.hostname:
        raise NotRecordable(f"{target!r} names no host: {EXAMPLES}")
    if address.scheme == "http" and not _is_loopback(address.hostname):
        raise NotRecordable(f"{target!r} would send the password in clear: write https://")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
