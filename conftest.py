"""Shared by the tests of all four folders."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx
import pytest

from opencode_fake import FakeServer
from opencode_fake.scripts.model import Script

pytest_plugins = ["pytester"]


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
