"""The server under the contract, as the requirements see it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Hashable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import SecretStr

from opencode_contract.errors import NetworkFailed
from opencode_contract.evidence import Exchange, Ownership, Recorder, Redactor, Value
from opencode_contract.network import Encounter, Encounters, Patience
from opencode_contract.network.patience import NONE as NO_PATIENCE
from opencode_contract.network.waiting import HEALTH, until_answered
from opencode_contract.safety.backstage import Backstage
from opencode_contract.safety.budget import NO_LIMITS, Budget, Limits
from opencode_contract.safety.mark import Mark, mark_of
from opencode_contract.safety.transport import SafeTransport
from opencode_contract.targets.event_log import EventLog
from opencode_contract.targets.levels import Level
from opencode_contract.targets.wire import wire_to
from opencode_sandbox import AsyncSandboxClient, SandboxConfig

_T = TypeVar("_T")

DEFAULT_USERNAME = "opencode"
STRANGER = "nobody-of-that-name"
"""A user name that no server lets in."""
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
    patience: Patience = NO_PATIENCE
    """How long to wait for it where it is not there."""
    limits: Limits = NO_LIMITS
    """How much prompts may cost."""

    @property
    def remote(self) -> bool:
        """Whether there is a network before it that may be to blame."""
        return self.kind == "deployment"

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
        self.mark = Mark.fresh()
        self.encounters = Encounters()
        wire, auth = wire_to(config), httpx.BasicAuth(access.username, access.password.get_secret_value())
        self._recorder = Recorder(access.url, self.redactor, wire, self.encounters)
        self.backstage = Backstage(wire, access.url, auth)
        self.budget = Budget(self.backstage, access.limits)
        self._way = SafeTransport(self._recorder, self.mark, self.budget)
        self.client = AsyncSandboxClient(config, transport=self._way)
        self.http = httpx.AsyncClient(transport=self._way, auth=auth, timeout=REQUEST_SECONDS)
        self.events, self.everywhere = (
            EventLog(self.http, access.url, path, self.redactor, self._recorder.own, self.encounters)
            for path in ("/event", "/global/event")
        )
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
    def own(self) -> Ownership:
        """The sessions that this run has made: of others nothing is shown."""
        return self._recorder.own

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

    def title(self, more: str = "") -> str:
        """A title that carries the run's mark."""
        return f"{self.mark} {more}".rstrip()

    async def create_session(self, title: str | None = "") -> Value:
        """Creates a session, titled with the run's mark and ``title``, or by the server; it is deleted in the end."""
        body = {} if title is None else {"title": self.title(title)}
        # Cancelled half-way, we would not know the id of what the server has made all the same.
        task = asyncio.create_task(self.send("POST", "/session", body=body))
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

    async def trouble_since(self, count: int) -> Encounter | None:
        """What the network has done after ``count`` troubles, or does to a request now; None where all is well."""
        if not self.access.remote:
            return None
        return self.encounters.since(count) or await until_answered(self._ask_for_health, NO_PATIENCE)

    async def recovered_from(self, encounter: Encounter) -> Encounter | None:
        """Waits until the server answers again; the trouble that is left where it does not."""
        for make, task in list(self._made.items()):
            if task.done() and (task.cancelled() or task.exception() is not None):
                del self._made[make]
        patience = self.access.patience
        if encounter.seconds is not None:
            patience.tell(encounter.trouble.name, 0.0)
            await asyncio.sleep(min(encounter.seconds, patience.seconds))
        return await until_answered(self._ask_for_health, patience, was_there=True)

    async def _ask_for_health(self) -> httpx.Response:
        return await self.backstage.send("GET", HEALTH)

    async def connection(self, password: str) -> str:
        """What testing the connection with another password finds out."""
        async with AsyncSandboxClient(self.access.config(password), transport=self._way) as client:
            return (await client.test_connection()).state.value

    async def _stop_what_is_being_made(self) -> None:
        for task in self._made.values():
            task.cancel()
        await asyncio.gather(*self._made.values(), return_exceptions=True)

    async def _delete_sessions(self) -> None:
        await asyncio.gather(*self._creations, return_exceptions=True)
        # What could not be deleted at the first try is tried once more; ``left_behind`` tells what is there even then.
        try:
            for session_id in [*self._recorder.sessions, *self._recorder.sessions]:
                if session_id in self._recorder.sessions:
                    await self._delete_session(session_id)
            if self.access.remote and self._way.has_created:
                await self._delete_unanswered()
        except (httpx.TransportError, NetworkFailed):
            return

    async def _delete_unanswered(self) -> None:
        """Deletes what the server has made although its answer was lost on the way."""
        for session in await self.backstage.sessions():
            if mark_of(session) == self.mark and not await self.backstage.delete(str(session["id"])):
                self._recorder.sessions[str(session["id"])] = None

    async def _delete_session(self, session_id: str) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DELETION_SECONDS):
                # A run goes on, and costs, when its session is deleted under it.
                await self.send("POST", f"/session/{session_id}/abort")
                await self.send("DELETE", f"/session/{session_id}")

    @property
    def left_behind(self) -> tuple[str, ...]:
        """The sessions that were created and could not be deleted."""
        return tuple(self._recorder.sessions)
