"""Opens a target for a capture: a stage with the script of the fidelity cases, or somebody's deployment."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Literal

import httpx

from opencode_contract.fidelity.stages import Places, Stage, fake_stage, fidelity_script, real_stage
from opencode_contract.local import Binary, fetch_binary, given_binary
from opencode_contract.targets import Level, Subject, parse_target
from opencode_contract.targets.deployment import Deployment
from opencode_contract.targets.fake import FakeTarget
from opencode_contract.targets.local import LocalTarget
from opencode_contract.targets.subject import REQUEST_SECONDS
from opencode_fake.versions.lookup import UnprovenVersion


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is asked, and whose it is."""

    target: str
    kind: Literal["fake", "local", "deployment"]
    stage: Stage
    start_seconds: float = 0.0
    """How long it took until it answered, where the kit has started it."""

    @property
    def own(self) -> bool:
        """Whether everything on it is the kit's own."""
        return self.kind != "deployment"


@dataclass(frozen=True, slots=True)
class Opening:
    """A target that can be opened, and the levels at which it can be asked."""

    target: str
    server: AbstractAsyncContextManager[Server]
    default: Level
    highest: Level


def opening(text: str) -> Opening:
    """What ``text`` names. Does what blocks: fetches a server, asks for a password."""
    target = parse_target(text)
    match target:
        case FakeTarget(version=version):
            return Opening(target.text, _fake(target.text, version), Level.PROMPT, Level.PROMPT)
        case LocalTarget(version=version, path=path):
            binary = given_binary(path) if path is not None else fetch_binary(version or "")
            return Opening(target.text, _local(binary), Level.PROMPT, Level.PROMPT)
        case Deployment():
            return Opening(target.text, _deployment(target.text, target.open()), Level.READ, Level.WRITE)


@asynccontextmanager
async def _fake(text: str, version: str) -> AsyncIterator[Server]:
    started = monotonic()
    async with fake_stage(version, fidelity_script()) as stage:
        yield Server(text, "fake", stage, monotonic() - started)


@asynccontextmanager
async def _local(binary: Binary) -> AsyncIterator[Server]:
    with warnings.catch_warnings():
        # The stage gives the server the fake's templates of commands; a newer version than all tried gets the newest.
        warnings.simplefilter("ignore", UnprovenVersion)
        started = monotonic()
        async with real_stage(binary, fidelity_script()) as stage:
            yield Server(f"local:{binary.version}", "local", stage, monotonic() - started)


@asynccontextmanager
async def _deployment(text: str, opened: AbstractAsyncContextManager[Subject]) -> AsyncIterator[Server]:
    async with opened as subject:
        nowhere = Places(workspace="<workspace>", data="<data>", temporary="<temporary>")
        async with _Elsewhere(subject, nowhere) as stage:
            yield Server(text, "deployment", stage)


class _Elsewhere(Stage):
    """A deployment, asked through the connections of a subject: it deletes the sessions that are made."""

    def __init__(self, subject: Subject, places: Places) -> None:
        access = subject.access
        super().__init__(
            "deployment",
            subject.version,
            access.url,
            access.password,
            places,
            username=access.username,
            http=httpx.AsyncClient(transport=subject.transport, timeout=REQUEST_SECONDS),
        )

    def build(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> httpx.Request:
        """A request with its real URL, from which the subject learns what was made; sent to the letter all the same."""
        url = f"{self.url}{path}"
        target = httpx.URL(self.url).path.rstrip("/") + path
        return self.http.build_request(
            method, url, content=content, headers=headers, extensions={"target": target.encode()}
        )
