"""The server under the contract, as the requirements see it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import SecretStr

from opencode_contract.evidence import Exchange, Recorder, Redactor, Value
from opencode_contract.targets.event_log import EventLog
from opencode_contract.targets.levels import Level
from opencode_contract.targets.wire import wire_to
from opencode_sandbox import AsyncSandboxClient, SandboxConfig

_T = TypeVar("_T")

DEFAULT_USERNAME = "opencode"
STRANGER = "nobody-of-that-name"
"""A user name that no server lets in."""
MARK = "opencode-contract"
DELETION_SECONDS = 5.0
REQUEST_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Access:
    """Where a server is, and what is known of it before it is asked."""

    kind: str
    """``fake``, ``local`` or ``deployment``."""
    url: str
    password: SecretStr
    default_level: Level
    username: str = DEFAULT_USERNAME
    version: str | None = None
    """The version that it should be, where the target says so."""
    scripted: bool = False
    """Whether it performs the contract's own script."""
    poll_seconds: float = 0.02
    """How long to wait between two looks at it."""

    def config(self, password: str | None = None) -> SandboxConfig:
        """The client's configuration, with another password where one is given."""
        return SandboxConfig(self.url, self.password if password is None else password, self.username)

    def redactor(self) -> Redactor:
        """What takes the password out of texts."""
        return Redactor(self.password.get_secret_value(), (self.username, STRANGER))


class Subject:
    """A server, the ways to talk to it, and what the contract has done to it so far."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.version = access.version or ""
        config = access.config()
        self.redactor = access.redactor()
        self._recorder = Recorder(access.url, self.redactor, wire_to(config))
        self.client = AsyncSandboxClient(config, transport=self._recorder)
        self.http = httpx.AsyncClient(
            transport=self._recorder,
            auth=(access.username, access.password.get_secret_value()),
            timeout=REQUEST_SECONDS,
        )
        self.events = EventLog(self.http, access.url, "/event", self.redactor)
        self.everywhere = EventLog(self.http, access.url, "/global/event", self.redactor)
        self._made: dict[Hashable, asyncio.Task[Any]] = {}
        self._creations: set[asyncio.Task[Exchange]] = set()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Opens the connections."""
        self._stack.push_async_callback(self._recorder.disconnect)
        await self._stack.enter_async_context(self.http)
        await self._stack.enter_async_context(self.client)
        self._stack.push_async_callback(self._delete_sessions)
        self._stack.push_async_callback(self.events.close)
        self._stack.push_async_callback(self.everywhere.close)
        self._stack.push_async_callback(self._stop_what_is_being_made)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Deletes the sessions that were created, and closes the connections."""
        await self._stack.aclose()

    @property
    def transport(self) -> httpx.AsyncBaseTransport:
        """The way to the server: what goes through it is recorded, and the sessions that it makes are deleted."""
        return self._recorder

    @property
    def latest(self) -> tuple[Exchange, ...]:
        """The latest exchanges, oldest first."""
        return tuple(self._recorder.latest)

    @property
    def evidence(self) -> str:
        """The latest exchange."""
        return str(self.latest[-1]) if self.latest else ""

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        authenticated: bool = True,
    ) -> Exchange:
        """Sends one request and waits for the answer; ``body`` is sent as JSON, ``content`` as it stands."""
        request = self.http.build_request(
            method,
            f"{self.access.url}{path}",
            json=body,
            content=content,
            # A password may hold any letter, also as a token; unless told, httpx takes ASCII only.
            headers=httpx.Headers(headers, encoding="utf-8"),
        )
        response = await self.http.send(request, auth=httpx.USE_CLIENT_DEFAULT if authenticated else None)
        return self._recorder.exchange_of(response)

    async def get(self, path: str, name: str) -> Value:
        """The JSON that ``GET path`` answers with 200."""
        return (await self.send("GET", path)).expect(200).json(name)

    async def create_session(self, title: str | None = MARK) -> Value:
        """Creates a session, which is deleted in the end; without a title it gets the server's own."""
        # Cancelled half-way, we would not know the id of what the server has made all the same.
        task = asyncio.create_task(self.send("POST", "/session", body={} if title is None else {"title": title}))
        self._creations.add(task)
        task.add_done_callback(self._creations.discard)
        return (await asyncio.shield(task)).expect(200).json("session")

    async def once(self, make: Callable[[Subject], Coroutine[Any, Any, _T]]) -> _T:
        """What ``make`` yields, made only once: for what is too dear to be made for every requirement."""
        task: asyncio.Task[_T] | None = self._made.get(make)
        if task is None:
            task = asyncio.create_task(make(self))
            self._made[make] = task
        return await asyncio.shield(task)

    async def connection(self, password: str) -> str:
        """What testing the connection with another password finds out."""
        async with AsyncSandboxClient(self.access.config(password), transport=self._recorder) as client:
            return (await client.test_connection()).state.value

    async def _stop_what_is_being_made(self) -> None:
        for task in self._made.values():
            task.cancel()
        await asyncio.gather(*self._made.values(), return_exceptions=True)

    async def _delete_sessions(self) -> None:
        await asyncio.gather(*self._creations, return_exceptions=True)
        # What could not be deleted at the first try is tried once more; ``left_behind`` tells what is there even then.
        for session_id in [*self._recorder.sessions, *self._recorder.sessions]:
            if session_id not in self._recorder.sessions:
                continue
            try:
                await self._delete_session(session_id)
            except TimeoutError:
                continue
            except httpx.TransportError:
                return

    async def _delete_session(self, session_id: str) -> None:
        async with asyncio.timeout(DELETION_SECONDS):
            # A run goes on, and costs, when its session is deleted under it.
            await self.send("POST", f"/session/{session_id}/abort")
            await self.send("DELETE", f"/session/{session_id}")

    @property
    def left_behind(self) -> tuple[str, ...]:
        """The sessions that were created and could not be deleted."""
        return tuple(self._recorder.sessions)
