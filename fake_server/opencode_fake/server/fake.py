"""The fake server as tests use it."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from opencode_fake.clock import Clock, ManualClock, VirtualClock
from opencode_fake.identifiers import Identifiers
from opencode_fake.scripts.matching import Casting, Unmatched
from opencode_fake.scripts.model import DOCUMENT_WORKSPACE, JsonValue, Reply, Script
from opencode_fake.scripts.notation import PromptLike
from opencode_fake.scripts.yaml_file import ScriptLike, as_script
from opencode_fake.server import expectations, findings
from opencode_fake.server.app import App
from opencode_fake.server.describing import conversations, describe
from opencode_fake.server.gate import Gate
from opencode_fake.server.holds import Hold, barrier
from opencode_fake.server.journal import Journal, Received
from opencode_fake.server.record import PATIENCE, Happened, Moment, Prompt
from opencode_fake.state.barriers import Arrival
from opencode_fake.state.world import World
from opencode_fake.versions import DEFAULT_VERSION, behaviours

DEFAULT_PASSWORD = "fake-password"  # noqa: S105 - opens nothing but the fake
DEFAULT_BASE_PATH = "/opencode"
T = TypeVar("T")


class FakeFailed(ExceptionGroup[Exception]):
    """The fake itself failed while it ran; raised when it stops, so that no test passes on it."""


class StaleRecording(UserWarning):
    """A recording of one version is played as another one: what it shows may have changed since."""


class FakeServer:
    """An OpenCode server that plays a script, inside this process.

    Use it with ``async with``, or with ``with`` from code without an event loop (it then runs in a thread of its own)::

        async with FakeServer([reply("hello", text("Hello."))]) as server:
            ...  # server.url, server.password

    ``script`` is a Script, a list of replies, the path of a YAML file, or the name of a ready-made script.
    ``base_path`` is what a deployment's proxy strips; requests outside it get a 404. ``password=None`` lets everybody
    in. ``pickup`` is how many seconds pass between the 204 of an asynchronous prompt and its user message: on a real
    server a few milliseconds.

    Raises ScriptError for a script that cannot be read, UnknownVersion for a version older than those described,
    OSError where the port is taken. Warns with UnprovenVersion of a version newer than them, and with StaleRecording of
    a recording of another version.
    """

    def __init__(
        self,
        script: ScriptLike | None = None,
        *,
        version: str = DEFAULT_VERSION,
        password: str | None = DEFAULT_PASSWORD,
        username: str = "opencode",
        base_path: str = DEFAULT_BASE_PATH,
        directory: str = DOCUMENT_WORKSPACE,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
        clock: Clock | None = None,
        cors: Sequence[str] = (),
        pickup: float = 0.0,
    ) -> None:
        self._runner: web.ServerRunner | None = None
        self._thread: _Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.version = version
        self.username = username
        self.password = password
        self.base_path = _base_path(base_path)
        self.host = host
        self.clock = clock or VirtualClock()
        self._port = port
        self._casting = Casting(_fresh(as_script(script), version))
        found = behaviours(version)
        self._world = world = World(version, found, directory, self._casting, Identifiers(seed), self.clock.now)
        gate = Gate(username, password, found, tuple(cors))
        self._app = App(world, self.clock, gate, self.base_path, pickup, event_ids=Identifiers(seed + 1))

    def __repr__(self) -> str:
        state = self.url if self._runner else "not started"
        return f"<FakeServer {self.version} {state}>"

    @property
    def url(self) -> str:
        """The server's address, base path included, without a slash at the end."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}{self.base_path}"

    @property
    def port(self) -> int:
        """The port it listens on. Raises RuntimeError before it was started."""
        if self._runner is None:
            raise RuntimeError(
                "the fake server is not started: use 'async with FakeServer(...)' or 'with FakeServer(...)'"
            )
        port: int = self._runner.addresses[0][1]
        return port

    @property
    def api_keys(self) -> dict[str, dict[str, str | None]]:
        """The document's credentials object for this server; the password is None where none is needed."""
        return {"apiKeys": {"opencode_server_url": self.url, "opencode_server_password": self.password}}

    @property
    def journal(self) -> Journal:
        """The requests received, in the order of their answers."""
        return self._app.journal

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The prompts that were stored, oldest first; those that subagents were given are not among them."""
        return self._app.record.prompts

    @property
    def events(self) -> tuple[Happened, ...]:
        """The events that were told, oldest first, whether or not somebody listened."""
        return self._app.record.events

    @property
    def unmatched(self) -> tuple[Unmatched, ...]:
        """The prompts that no reply answered."""
        return tuple(self._casting.unmatched)

    @property
    def unused(self) -> tuple[Reply, ...]:
        """The replies that answered nothing."""
        return self._casting.unused()

    @property
    def findings(self) -> tuple[str, ...]:
        """What stands out, such as prompts that no reply answers: each in words, with what to do about it."""
        turned = findings.of_server(self._world, self.journal, self.base_path)
        return (*findings.of_script(self._casting), *turned)

    def play(self, *replies: Reply) -> None:
        """Adds replies to the script: they are asked before those that it has, the first of them first."""
        self._casting.add(replies)
        self._world.learn_rules()

    def describe(self) -> str:
        """What stands out, the conversation, the requests and events, as a text."""
        sessions = conversations(self._world)
        return describe(sessions, self.findings, self.journal, self.events)

    def assert_prompted(self, pattern: PromptLike, *, times: int | None = None) -> tuple[Prompt, ...]:
        """The prompts that fit a pattern, written as in a script. Raises AssertionError with the nearest ones.

        At least one has to fit, or exactly ``times``.
        """
        __tracebackhide__ = True
        return expectations.check_prompted(self.prompts, pattern, times)

    def assert_prompts(self, *patterns: PromptLike) -> None:
        """Raises AssertionError, with a diff, unless exactly these prompts were received, in this order."""
        __tracebackhide__ = True
        expectations.check_prompts(self.prompts, patterns)

    def assert_requested(
        self,
        method: str,
        path: str,
        *,
        times: int | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        json: JsonValue = None,
    ) -> tuple[Received, ...]:
        """The requests that fit. ``path`` is below the base path, ``*`` in it stands for anything.

        ``headers``, ``query`` and ``json`` are what a request has to hold; it may hold more. Raises AssertionError with
        the nearest requests and what kept each.
        """
        __tracebackhide__ = True
        wanted = expectations.Wanted(method, path, headers or {}, query or {}, json)
        return expectations.check_requested(self.journal, wanted, times)

    def prompted(self, what: int | PromptLike = 1, *, timeout: float = PATIENCE) -> Moment[Prompt]:
        """The moment at which so many prompts, or one that fits a pattern, have been stored: the last of them.

        ``await server.prompted(2)``, or ``server.prompted("fix them").wait()`` without an event loop. Raises
        NotHappened when it does not come in ``timeout`` real seconds.
        """
        return self._moment(lambda: expectations.find_prompt(self.prompts, what), timeout, expectations.awaited(what))

    def told(
        self, event: str, *, times: int = 1, having: Mapping[str, object] | None = None, timeout: float = PATIENCE
    ) -> Moment[Happened]:
        """The moment at which an event of this type was told for the ``times``-th time; used like ``prompted``.

        ``having`` is what its properties have to hold; they may hold more.
        """

        def look() -> Happened | None:
            found = [each for each in self.events if each.type == event and expectations.holds(having, each)]
            return found[times - 1] if len(found) >= times else None

        holding = f" holding {having}" if having else ""
        return self._moment(look, timeout, f"the event {event}{holding}, time {times},")

    def requested(self, method: str, path: str, *, times: int = 1, timeout: float = PATIENCE) -> Moment[Received]:
        """The moment at which a request was answered for the ``times``-th time; used like ``prompted``.

        The answer of a stream is that it is open. ``path`` is below the base path, ``*`` in it stands for anything.
        """
        wanted = expectations.Wanted(method, path, {}, {}, None)

        def look() -> Received | None:
            found = [each for each in self.journal if each.status is not None and not any(wanted.misfits(each))]
            return found[times - 1] if len(found) >= times else None

        return self._moment(look, timeout, f"the request {wanted}, time {times},")

    @contextmanager
    def hold(self, step: str, *, running: bool = False, timeout: float = PATIENCE) -> Iterator[Hold]:
        """Holds the reply before the steps of this name until the block ends or they are released.

        For blocking code and coroutines alike::

            with server.hold("tests") as tests:
                tests.reached.wait()  # in a coroutine: await tests.reached
                tests.release()

        ``running`` holds a tool not before its call but while it runs. Raises UnknownStep for a name that no step
        has; ``reached`` raises NotHappened where no run comes in ``timeout`` real seconds.
        """
        held = barrier(self._casting.script, step, running=running)
        self._world.barriers.add(held)

        def look() -> Arrival | None:
            return held.arrivals[0] if held.arrivals else None

        hold = Hold(held, lambda: self._moment(look, timeout, f"a run at the step {step!r}"), self._let_runs_go)
        try:
            yield hold
        finally:
            hold.release()

    def _let_runs_go(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._app.driver.settle)

    def _moment(self, look: Callable[[], T | None], timeout: float, wanted: str) -> Moment[T]:
        def explain() -> str:
            return f"{wanted} did not come within {timeout:g} s; what happened instead:\n{self.describe()}"

        return self._app.record.moment(look, timeout, explain)

    async def start(self, *, port: int | None = None) -> None:
        """Begins to listen, on another ``port`` than the one given before if there is one. ``async with`` does it."""
        if self._runner is not None:
            raise RuntimeError(f"the fake server is started already, at {self.url}: make another one to have two")
        runner = web.ServerRunner(web.Server(self._app.handle, access_log=None), shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.host, self._port if port is None else port, backlog=1024).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner, self._loop = runner, asyncio.get_running_loop()

    async def stop(self) -> None:
        """Ends streams, runs and connections. Raises FakeFailed if the fake itself failed in the meantime."""
        runner, self._runner, self._loop = self._runner, None, None
        await self._app.close()
        if runner is not None:
            await runner.cleanup()
        failures = [each for each in self._app.driver.failures if isinstance(each, Exception)]
        if failures:
            raise FakeFailed("the fake server failed", failures)

    def advance(self, seconds: float) -> None:
        """Lets ``seconds`` pass on the ManualClock of a server that ``with`` started.

        Code with an event loop of its own awaits ``clock.advance(seconds)`` instead.
        """
        if not isinstance(self.clock, ManualClock):
            raise TypeError(f"{type(self.clock).__name__} cannot be moved: start the server with clock=ManualClock()")
        if self._thread is None:
            raise RuntimeError("the server runs on your own event loop: write 'await clock.advance(seconds)'")
        self._thread.run(self.clock.advance(seconds))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def __enter__(self) -> Self:
        thread = _Thread(self)
        thread.begin()
        self._thread = thread
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.end()


class _Thread:
    """An event loop in a thread of its own, for code that has none."""

    def __init__(self, server: FakeServer) -> None:
        self._server = server
        self._started = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="opencode-fake", daemon=True)

    def begin(self) -> None:
        self._thread.start()
        self._started.wait()
        self._raise()

    def end(self) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._raise()

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Does something on the server's event loop and waits for it."""
        if self._loop is None:
            raise RuntimeError("the fake server is not started")
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _raise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits for this one
            self._error = error
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with self._server:
            self._started.set()
            await self._stop.wait()


def _fresh(script: Script, version: str) -> Script:
    recorded = script.recorded
    if recorded is not None and recorded.version != version:
        warnings.warn(
            f"the recording is of OpenCode {recorded.version} ({recorded.date}) and is played as {version}: "
            "record it again, or play it as the version it is of",
            StaleRecording,
            stacklevel=3,
        )
    return script


def _base_path(given: str) -> str:
    stripped = given.strip("/")
    if any(each in given for each in "?# "):
        raise ValueError(f"{given!r} is not a base path; write one such as '/opencode', or '' for none")
    return f"/{stripped}" if stripped else ""
