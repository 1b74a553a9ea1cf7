"""A server that performs a script of one's own: the fake or a real one, at the root of its address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from opencode_contract.errors import BadTarget
from opencode_contract.local import LocalServer, Lodging, fetch_binary, given_binary
from opencode_fake import FakeServer, RealClock
from opencode_fake.scripted_model import ScriptedModel
from opencode_fake.scripts.model import DOCUMENT_WORKSPACE, Script


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a client finds the server."""

    url: str
    password: SecretStr
    version: str
    directory: str
    fake: FakeServer | None = None
    """What can be asked and held there, unless it is a real server."""


@asynccontextmanager
async def stage(target: str, script: Script) -> AsyncIterator[Stage]:
    """Starts ``fake:VERSION``, ``local:VERSION`` or ``local:/path/to/opencode``. Raises BadTarget for anything else."""
    kind, _, what = target.partition(":")
    if kind == "fake" and what:
        async with FakeServer(script, version=what, base_path="", clock=RealClock()) as fake:
            yield Stage(fake.url, SecretStr(fake.password or ""), what, DOCUMENT_WORKSPACE, fake)
    elif kind == "local" and what:
        async with _real(what, script) as real:
            yield real
    else:
        raise BadTarget(f"{target!r} performs no script: write fake:1.1.53, local:1.1.53 or local:/path/to/opencode")


@asynccontextmanager
async def _real(what: str, script: Script) -> AsyncIterator[Stage]:
    binary = given_binary(Path(what)) if "/" in what else fetch_binary(what)
    with Lodging() as lodging:
        async with (
            ScriptedModel(script, directory=str(lodging.workspace)) as model,
            LocalServer(
                binary,
                lodging,
                config=model.opencode_config(),
                environment=model.environment(lodging.home),
            ) as server,
        ):
            yield Stage(server.url, server.password, binary.version, server.directory)
