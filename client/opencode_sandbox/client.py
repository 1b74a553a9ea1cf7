"""The client that blocks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import TracebackType
from typing import Self

import httpx

from opencode_sandbox import actions
from opencode_sandbox.config import SandboxConfig
from opencode_sandbox.connection import ConnectionReport
from opencode_sandbox.effects import OnUpdate
from opencode_sandbox.flows import connection, operations, waiting, wire
from opencode_sandbox.flows.waiting import Via
from opencode_sandbox.models import Event, Health, JsonObject, Message, Session, SessionStatus
from opencode_sandbox.retrying import RetryPolicy
from opencode_sandbox.shells.blocking import BlockingShell
from opencode_sandbox.waiting.reply import Reply
from opencode_sandbox.waiting.tracker import DEFAULT_GRACE, ReplyTracker


class SandboxClient:
    """A client of one server; a context manager.

    ``transport`` replaces the network (httpx has ones for tests), ``retry`` says how patient to be with GETs.
    """

    def __init__(
        self,
        config: SandboxConfig,
        *,
        transport: httpx.BaseTransport | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        self.config = config
        self._shell = BlockingShell(config, transport, retry or RetryPolicy())

    def __repr__(self) -> str:
        return f"SandboxClient({self.config.server_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._shell.close()

    def test_connection(self) -> ConnectionReport:
        """Find out whether the server can be used, and if not, why; it does not raise for that."""
        return self._shell.run(connection.check_connection(self.config.server_url))

    def health(self) -> Health:
        """Ask how the server is."""
        return self._shell.run(operations.health())

    def create_session(self, title: str | None = None) -> Session:
        """Make a session; without a title the server names it after its first prompt."""
        return self._shell.run(operations.create_session(title))

    def get_session(self, session_id: str) -> Session:
        """Read one session."""
        return self._shell.run(operations.get_session(session_id))

    def list_sessions(self) -> list[Session]:
        """Read all sessions, in the server's order."""
        return self._shell.run(operations.list_sessions())

    def delete_session(self, session_id: str) -> None:
        """Delete a session and its children; servers before 1.14 say nothing when there is none."""
        self._shell.run(operations.delete_session(session_id))

    def send_prompt(self, session_id: str, prompt: str, *, check: bool = True) -> None:
        """Send a prompt without waiting; ``check`` first reads the session, since some servers ignore a missing one."""
        self._shell.run(wire.send_prompt(session_id, prompt, check=check))

    def get_messages(self, session_id: str) -> list[Message]:
        """Read all messages of a session."""
        return self._shell.run(operations.get_messages(session_id))

    def abort(self, session_id: str) -> None:
        """Stop what a session is doing."""
        self._shell.run(operations.abort(session_id))

    def session_status(self) -> dict[str, SessionStatus]:
        """Read which sessions are doing something; idle ones are not named."""
        return self._shell.run(operations.session_status())

    def events(self) -> Iterator[Event]:
        """Listen to the server; the iterator ends with ``ConnectionLost``, and missed events are not sent again."""
        return self._shell.events()

    def ask(
        self,
        session_id: str,
        prompt: str,
        *,
        timeout: float,
        via: Via = "poll",
        on_update: OnUpdate | None = None,
        grace: float = DEFAULT_GRACE,
    ) -> Reply:
        """Send a prompt and wait for the finished reply, ``timeout`` seconds at most.

        A session that stays idle for ``grace`` seconds without an answer is taken to have none. The same prompt asked
        several times at once in one session shares one reply: nothing tells which message is whose.
        """
        return self._shell.run(
            waiting.ask(session_id, prompt, timeout=timeout, via=via, on_update=on_update, grace=grace)
        )

    def wait_for_reply(
        self,
        session_id: str,
        *,
        timeout: float,
        prompt: str | None = None,
        since: Collection[str] | None = None,
        via: Via = "poll",
        on_update: OnUpdate | None = None,
        grace: float = DEFAULT_GRACE,
    ) -> Reply:
        """Wait for the reply to a prompt sent before.

        ``since`` holds the ids of the messages there were before it was sent; without it the newest message of the
        user (with the text ``prompt``, if given) counts, which may be an older one when the prompt is not yet stored.
        """
        tracker = ReplyTracker(session_id, prompt=prompt, since=since, grace=grace)
        return self._shell.run(waiting.wait_for_reply(tracker, timeout=timeout, via=via, on_update=on_update))

    def run_action(self, action: Mapping[str, object]) -> JsonObject:
        """Carry out one of the document's actions, ``{"action": ..., "arguments": ...}``, and return its response."""
        return self._shell.run(actions.run_action(action))
