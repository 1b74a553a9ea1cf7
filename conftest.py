"""Shared by the tests of all four folders."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import httpx
import pytest
from hypothesis import settings

from opencode_fake import FakeServer
from opencode_fake.clock import VirtualClock
from opencode_fake.identifiers import Identifiers
from opencode_fake.run.effects import Aborted, Effect, Event, Wait
from opencode_fake.run.loop import Run
from opencode_fake.run.prompt import accept
from opencode_fake.scripts.matching import Casting
from opencode_fake.scripts.model import Script
from opencode_fake.state.store import Session
from opencode_fake.state.world import World
from opencode_fake.versions import behaviours

pytest_plugins = ["pytester"]
# The same everywhere: neither a slow machine nor chance decides.
settings.load_profile("ci")


@dataclass(frozen=True)
class Served:
    """A fake server and an HTTP client on it."""

    server: FakeServer
    http: httpx.AsyncClient

    async def session(self, **body: object) -> str:
        """The id of a new session."""
        return str((await self.http.post("/session", json=body)).json()["id"])

    async def prompt(self, session_id: str, text: str, **body: object) -> httpx.Response:
        """Sends a prompt and waits for the answer."""
        return await self.http.post(f"/session/{session_id}/message", json=prompt_body(text) | body)

    async def messages(self, session_id: str) -> list[dict[str, Any]]:
        """All messages of a session."""
        found: list[dict[str, Any]] = (await self.http.get(f"/session/{session_id}/message")).json()
        return found


def prompt_body(text: str) -> dict[str, object]:
    """The body of a prompt with one text part."""
    return {"parts": [{"type": "text", "text": text}]}


def plain_http(**options: Any) -> httpx.AsyncClient:
    """An HTTP client that does not spend its time on reading the machine's certificates."""
    return httpx.AsyncClient(verify=False, trust_env=False, timeout=20, **options)  # noqa: S501 - loopback without TLS


class Stage:
    """One session on a world without HTTP."""

    def __init__(self, *replies: dict[str, Any], version: str = "1.1.53") -> None:
        script = Script.model_validate({"replies": replies})
        clock = VirtualClock()
        self.world = World(version, behaviours(version), "/data/workspace", Casting(script), Identifiers(0), clock.now)
        self.session: Session = self.world.create_session("/data/workspace")

    def prompt(self, text: str, **body: Any) -> list[Event]:
        """Stores a prompt."""
        return accept(self.world, self.session, {"parts": [{"type": "text", "text": text}], **body})[1]

    def run(self, abort_at: int | None = None) -> list[Effect]:
        """All effects of one run; it is aborted at the wait of that number."""
        effects = Run(self.world, self.session).effects()
        seen: list[Effect] = []
        effect = next(effects, None)
        waits = 0
        while effect is not None:
            seen.append(effect)
            waits += isinstance(effect, Wait)
            if isinstance(effect, Wait) and waits - 1 == abort_at:
                effect = effects.throw(Aborted())
            else:
                effect = next(effects, None)
        return seen

    def play(self, text: str) -> list[str]:
        """A prompt and its run, each event in a word or two."""
        return [shorten(effect) for effect in [*self.prompt(text), *self.run()]]

    def messages(self) -> list[dict[str, Any]]:
        """The session's messages."""
        return [cast("dict[str, Any]", message.wire()) for message in self.session.ordered()]


def shorten(effect: Effect) -> str:
    """An effect in a word or two, as the order tables of the protocol write it."""
    if isinstance(effect, Wait):
        return f"wait {effect.seconds:g}"
    assert isinstance(effect, Event), effect
    told = cast("dict[str, Any]", effect.properties)
    if effect.type == "message.updated":
        info = told["info"]
        state = "error" if "error" in info else info.get("finish", "")
        done = "completed" if "completed" in info["time"] else ""
        return " ".join(word for word in (info["role"], state, done) if word)
    if effect.type == "message.part.updated":
        part = told["part"]
        state = part.get("state", {}).get("status", "")
        end = "end" if "end" in part.get("time", {}) else ""
        return " ".join(word for word in (part["type"], state, end) if word)
    if effect.type == "session.status":
        return str(told["status"]["type"])
    return effect.type


Serving: TypeAlias = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture
def serving() -> Serving:
    """Starts a fake server: ``async with serving({"replies": [...]}, version="1.1.53") as served``."""

    @asynccontextmanager
    async def start(script: dict[str, Any] | None = None, **options: Any) -> AsyncIterator[Served]:
        async with FakeServer(Script.model_validate(script or {}), **options) as server:
            auth = (server.username, server.password) if server.password else None
            async with plain_http(base_url=server.url, auth=auth) as http:
                yield Served(server, http)

    return start
