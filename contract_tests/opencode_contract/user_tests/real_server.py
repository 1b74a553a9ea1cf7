"""What a test may ask of a real server: what the server itself tells, and nothing that only the fake knows."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from types import TracebackType
from typing import NoReturn, Self, cast

import httpx
import pytest

from opencode_contract.targets.subject import REQUEST_SECONDS, Access
from opencode_fake import FakeServer, Moment, Prompt
from opencode_fake.scripts import Reply, Unmatched
from opencode_fake.scripts.notation import PromptLike
from opencode_fake.server import expectations
from opencode_fake.server.describing import Conversation, describe
from opencode_fake.state.wire import MessageWithParts, SessionInfo

PATIENCE = 30.0
"""Seconds that a test waits for a prompt if it does not say how long: a real server takes its time to wake up."""
LOOK_SECONDS = 0.05
"""How long to wait between two looks at the server for a prompt that is awaited."""
_OF_THE_FAKE = frozenset(name for name in dir(FakeServer) if not name.startswith("_"))


class RealServer(ABC):
    """A running server that a test has for itself; ``with`` starts and ends that.

    Sessions that were there before are none of the test's. What only the fake has skips the test that asks for it.
    """

    def __init__(self, access: Access) -> None:
        config = access.config()
        self._access = access
        self._http = httpx.Client(
            base_url=access.url,
            auth=(access.username, access.password.get_secret_value()),
            timeout=REQUEST_SECONDS,
            verify=config.verify,
            trust_env=config.trusts_environment,
        )
        self._before: frozenset[str] = frozenset()
        self._ended = threading.Event()
        self._watchers = ThreadPoolExecutor(thread_name_prefix="opencode-prompted")

    @abstractmethod
    def _let_go(self) -> None:
        """Does what is to be done when the test has ended."""

    @abstractmethod
    def play(self, *replies: Reply) -> None:
        """Adds replies to the script: they are asked before those that it has."""

    @property
    @abstractmethod
    def unmatched(self) -> tuple[Unmatched, ...]:
        """The prompts that no reply answered."""

    @property
    @abstractmethod
    def unused(self) -> tuple[Reply, ...]:
        """The replies that answered nothing."""

    @property
    @abstractmethod
    def findings(self) -> tuple[str, ...]:
        """What stands out, such as prompts that no reply answers."""

    @property
    def url(self) -> str:
        """The address, base path included, without a slash at the end."""
        return self._access.url

    @property
    def username(self) -> str:
        """The user name."""
        return self._access.username

    @property
    def password(self) -> str | None:
        """The password."""
        return _Unshown(self._access.password.get_secret_value())

    @property
    def version(self) -> str:
        """The OpenCode version."""
        return self._access.version or ""

    @property
    def api_keys(self) -> dict[str, dict[str, str | None]]:
        """The document's credentials object."""
        return {"apiKeys": {"opencode_server_url": self.url, "opencode_server_password": self.password}}

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The prompts that were stored, oldest first; those that subagents were given are not among them."""
        found = [
            prompt
            for info in self._sessions()
            if "parentID" not in info
            for message in self._messages(info)
            if (prompt := _prompt(message)) is not None
        ]
        return tuple(sorted(found, key=lambda prompt: prompt.at))

    def describe(self) -> str:
        """What stands out and the conversation, as a text."""
        try:
            statuses = cast("dict[str, dict[str, str]]", self._get("/session/status"))
            sessions = [
                Conversation(info, statuses.get(info["id"], {"type": "idle"})["type"], self._messages(info))
                for info in self._sessions()
            ]
        except httpx.HTTPError as problem:
            return f"the server does not tell what happened: {type(problem).__name__} {problem}"
        return describe(sessions, self.findings)

    def assert_prompted(self, pattern: PromptLike, *, times: int | None = None) -> tuple[Prompt, ...]:
        """The prompts that fit a pattern, written as in a script. Raises AssertionError with the nearest ones."""
        __tracebackhide__ = True
        return expectations.check_prompted(self.prompts, pattern, times)

    def assert_prompts(self, *patterns: PromptLike) -> None:
        """Raises AssertionError, with a diff, unless exactly these prompts were received, in this order."""
        __tracebackhide__ = True
        expectations.check_prompts(self.prompts, patterns)

    def prompted(self, what: int | PromptLike = 1, *, timeout: float = PATIENCE) -> Moment[Prompt]:
        """The moment at which so many prompts, or one that fits a pattern, have been stored: the last of them."""
        future = self._watchers.submit(self._until, lambda: expectations.find_prompt(self.prompts, what))
        wanted = expectations.awaited(what)
        return Moment(
            future, timeout, lambda: f"{wanted} did not come within {timeout:g} s; instead:\n{self.describe()}"
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name in _OF_THE_FAKE:
            pytest.skip(f"{self.url} is a real server, and only the fake has '{name}': run this test on the fake")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._access.url}>"

    def __enter__(self) -> Self:
        self._before = frozenset(info["id"] for info in self._listed())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._watchers.shutdown()
        self._http.close()
        self._let_go()

    def _until(self, look: Callable[[], Prompt | None]) -> Prompt:
        while (found := look()) is None:
            if self._ended.wait(LOOK_SECONDS):
                raise CancelledError
        return found

    def _sessions(self) -> Iterator[SessionInfo]:
        """Those made since this server was taken, oldest first."""
        return (info for info in reversed(self._listed()) if info["id"] not in self._before)

    def _listed(self) -> Sequence[SessionInfo]:
        listed = cast("list[SessionInfo]", self._get("/session"))
        return sorted(listed, key=lambda info: -info["time"]["created"])

    def _messages(self, info: SessionInfo) -> list[MessageWithParts]:
        return cast("list[MessageWithParts]", self._get(f"/session/{info['id']}/message"))

    def _get(self, path: str) -> object:
        value: object = self._http.get(path).raise_for_status().json()
        return value


class _Unshown(str):
    """A text that does not show in the reports of failed tests, which print what functions were called with."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[password]'"


def _prompt(message: MessageWithParts) -> Prompt | None:
    """The prompt that a user message holds: the user's own text parts, or the server's where there are none."""
    info = message["info"]
    if info["role"] != "user":
        return None
    texts = [part for part in message["parts"] if part["type"] == "text"]
    own = [part for part in texts if not part.get("synthetic")]
    text = "\n".join(part["text"] for part in own or texts)
    return Prompt(text, info["sessionID"], info["time"]["created"], message) if text else None
