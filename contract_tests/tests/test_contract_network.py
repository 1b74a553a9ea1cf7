from __future__ import annotations

import asyncio
import io
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from aiohttp import web
from pydantic import SecretStr
from rich.console import Console

from opencode_contract.errors import NetworkFailed
from opencode_contract.network import ALL, Patience, Trouble, troubles
from opencode_contract.progress import Progress
from opencode_contract.requirements.requirement import Requirement, requirement
from opencode_contract.runner import Outcome, Report, run_contract
from opencode_contract.targets import Access, Level, Subject
from opencode_contract.targets.connecting import connected

PASSWORD = "tell-nobody"
PAGE = "<!doctype html><html><head><title>Sign in</title></head><body>Please sign in</body></html>"
OWN_PAGE = "<!doctype html><html><head><title>OpenCode</title></head><body></body></html>"
OFFLINE = {"name": "UnknownError", "data": {"message": "Error: Unable to connect. Is the computer able to access it?"}}

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass
class Way:
    """A server as seen through a network: it is well, but for the answers that are planned before."""

    plan: list[Callable[[], web.Response]] = field(default_factory=list)
    """The answers to the next requests."""
    asked: list[str] = field(default_factory=list)
    abrupt: bool = False
    """Whether streams are cut in the midst, as by a proxy, or ended."""

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answers as planned, and then as OpenCode does."""
        self.asked.append(request.path)
        if self.plan:
            return self.plan.pop(0)()
        if request.path.endswith("/global/health"):
            return web.json_response({"healthy": True, "version": "1.18.34"})
        if request.path.endswith("/event"):
            return await self._stream(request)
        return web.json_response([])

    async def _stream(self, request: web.BaseRequest) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(b'data: {"type":"server.connected","properties":{}}\n\n')
        if self.abrupt and request.transport is not None:
            request.transport.abort()
        return stream


def status(number: int, **headers: str) -> Callable[[], web.Response]:
    """An answer as proxies give it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: web.Response(status=number, text=f"{number}", headers=named)


def page(text: str, number: int = 200) -> Callable[[], web.Response]:
    """A web page."""
    return lambda: web.Response(status=number, text=text, content_type="text/html")


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on this machine; yields its port."""
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def talking(talk: Callable[[asyncio.StreamReader], Awaitable[object]]) -> AsyncIterator[str]:
    """A server that speaks no HTTP: it does something with each connection, and hangs up. Yields its URL."""
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await talk(reader)
        writer.close()
        await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(asyncio.create_task(serve(reader, writer)))

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as listener:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        await asyncio.gather(*connections)


def access(url: str, seconds: float = 0.0, told: list[str] | None = None) -> Access:
    """A deployment at a URL, waited for as long as is said."""
    said: list[str] = [] if told is None else told
    patience = Patience(seconds, lambda line, _: said.append(line))
    return Access("deployment", url, SecretStr(PASSWORD), Level.READ, patience=patience)


async def met(url: str) -> str:
    """What keeps a check from a deployment."""
    with pytest.raises(NetworkFailed) as caught:
        await connected(access(url)).__aenter__()
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


def is_told(trouble: Trouble, message: str) -> bool:
    """Whether a trouble is told by its name, its sentence and its advice."""
    return f": {trouble.name}: {trouble.sentence}" in message and message.endswith(trouble.advice)


def asking(path: str) -> Requirement:
    """A requirement that asks for a path."""

    async def check(subject: Subject) -> None:
        """A path answers 200."""
        (await subject.send("GET", path)).expect(200)

    return requirement("test.path", Level.READ, "document: test")(check)


async def run(url: str, *requirements: Requirement, seconds: float = 5.0, told: list[str] | None = None) -> Report:
    """The report on requirements."""
    return await run_contract("here", connected(access(url, seconds, told)), requirements, deadline=5.0)


ANSWERS: dict[str, tuple[Trouble, Callable[[], web.Response]]] = {
    "429": (troubles.RATE_LIMITED, status(429)),
    "502": (troubles.BAD_GATEWAY, status(502)),
    "503": (troubles.UNAVAILABLE, status(503)),
    "504": (troubles.GATEWAY_TIMEOUT, status(504)),
    "redirect": (troubles.REDIRECTED, status(301, Location="https://elsewhere.example/opencode")),
    "page": (troubles.PAGE, page(PAGE)),
    "page-with-404": (troubles.PAGE, page(PAGE, 404)),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_of_a_proxy_is_told_by_name(name: str) -> None:
    """Where it is there from the beginning, nothing is checked."""
    trouble, answer = ANSWERS[name]
    way = Way([answer] * 20)
    async with serving(way) as port:
        message = await met(f"http://127.0.0.1:{port}/opencode")
    assert is_told(trouble, message), message
    assert ("to https://elsewhere.example/opencode" in message) == (name == "redirect")


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_of_a_proxy_in_the_midst_is_no_failure(name: str) -> None:
    """A requirement that the network breaks is checked once more; broken again, it is not checked, and the rest is."""
    trouble, answer = ANSWERS[name]
    way = Way()

    async def breaks(subject: Subject) -> None:
        """It holds."""
        way.plan = [answer]
        (await subject.send("GET", "/session")).expect(200).json("sessions")

    broken = requirement("test.broken", Level.READ, "document: test")(breaks)
    async with serving(way) as port:
        report = await run(f"http://127.0.0.1:{port}", broken, asking("/session"))
    assert [result.outcome for result in report.results] == [Outcome.NOT_CHECKED, Outcome.PASSED]
    assert report.results[0].message.startswith(f"the network: {trouble.name}: {trouble.sentence}")
    assert report.results[0].message.endswith(trouble.advice)
    assert "GET /session: HTTP" in report.results[0].message
    assert not report.holds


async def test_a_trouble_that_passes_costs_nothing() -> None:
    """A requirement that holds at the second try holds."""
    way, broken = Way(), [status(502)]

    async def breaks_once(subject: Subject) -> None:
        """It holds."""
        way.plan, broken[:] = broken[:], []
        (await subject.send("GET", "/session")).expect(200)

    async with serving(way) as port:
        report = await run(
            f"http://127.0.0.1:{port}", requirement("test.once", Level.READ, "document: test")(breaks_once)
        )
    assert report.holds


async def test_what_the_server_breaks_stays_a_failure() -> None:
    """An error of OpenCode itself, or its own web page on a path that it should know, is what the contract is about."""
    answers = (lambda: web.json_response({"name": "UnknownError"}, status=500), page(OWN_PAGE))
    for answer in answers:
        way = Way()

        async def breaks(subject: Subject, way: Way = way, answer: Callable[[], web.Response] = answer) -> None:
            """It holds."""
            way.plan = [answer]
            (await subject.send("GET", "/session")).expect(200).json("sessions").list()

        broken = requirement("test.broken", Level.READ, "document: test")(breaks)
        async with serving(way) as port:
            report = await run(f"http://127.0.0.1:{port}", broken)
        assert [result.outcome for result in report.results] == [Outcome.FAILED]


async def test_a_stopped_machine_is_waited_for() -> None:
    """While it starts the proxy answers 503 and 502; what is waited for is told."""
    told: list[str] = []
    way = Way([status(503), status(502)])
    async with serving(way) as port:
        report = await run(f"http://127.0.0.1:{port}", asking("/session"), told=told)
    assert report.holds
    assert told == ["unavailable", "bad gateway"]


async def test_no_longer_than_told() -> None:
    """A machine that does not start in time ends the wait; one that asks for a longer one is not waited for."""
    way = Way([status(503)] * 50)
    async with serving(way) as port:
        with pytest.raises(NetworkFailed, match="unavailable"):
            await run(f"http://127.0.0.1:{port}", seconds=0.3)
        way.plan, way.asked = [status(429, Retry_After="3600")], []
        with pytest.raises(NetworkFailed, match="rate limited"):
            await run(f"http://127.0.0.1:{port}", seconds=5)
    assert len(way.asked) == 1


async def test_a_server_that_goes_away_leaves_the_rest_unchecked() -> None:
    """What was checked by then is in the report, and each of the others says why it is not."""
    way = Way()

    async def ends(subject: Subject) -> None:
        """It holds."""
        way.plan = [status(503)] * 50
        (await subject.send("GET", "/session")).expect(200)

    async with serving(way) as port:
        requirements = (asking("/session"), requirement("test.ends", Level.READ, "document: test")(ends), asking("/x"))
        report = await run(f"http://127.0.0.1:{port}", *requirements, seconds=0.2)
    outcomes = [result.outcome for result in report.results]
    assert outcomes == [Outcome.PASSED, Outcome.NOT_CHECKED, Outcome.NOT_CHECKED]
    assert "gone now: unavailable" in report.results[2].message


@pytest.mark.parametrize("abrupt", [False, True])
async def test_a_stream_that_is_cut_is_told(abrupt: bool) -> None:
    """A proxy that closes idle streams: what waits for an event meanwhile is not checked."""
    async with serving(Way(abrupt=abrupt)) as port:
        report = await run(f"http://127.0.0.1:{port}", _waiting())
    assert [result.outcome for result in report.results] == [Outcome.NOT_CHECKED]
    message = report.results[0].message
    assert troubles.STREAM_CUT.sentence in message
    assert "after 0 s, 0 s after its last word" in message


def test_what_is_waited_for_is_said_once() -> None:
    """Where no terminal is, a line tells of each trouble that is waited out."""
    screen = io.StringIO()
    with Progress(console=Console(file=screen, width=80)) as progress:
        for seconds in (0.0, 1.0, 2.0):
            progress.waiting("unavailable", seconds)
    assert screen.getvalue() == "Waiting for the server (unavailable).\n"


def _waiting() -> Requirement:
    async def waits(subject: Subject) -> None:
        """It holds."""
        subject.events.patience = 0.3
        await subject.events.wait_for(lambda event: event.type == "session.created", "session.created")

    return requirement("test.waits", Level.READ, "document: test")(waits)


@pytest.mark.parametrize("answer", [page(OWN_PAGE), lambda: web.json_response(OFFLINE, status=500)])
async def test_a_prefix_that_is_not_stripped_is_told(answer: Callable[[], web.Response]) -> None:
    """OpenCode answers a path with a prefix by its web page, or by an error where it cannot get one."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        return answer() if request.path.startswith("/opencode") else web.Response(status=404, text="no such route")

    async with serving(handle) as port:
        message = await met(f"http://127.0.0.1:{port}/opencode")
    assert is_told(troubles.PREFIX_NOT_STRIPPED, message), message


async def test_a_prefix_that_is_too_much_is_told_with_the_right_url() -> None:
    """Where OpenCode is at the root, that is the URL to write."""
    way = Way()

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        return page(OWN_PAGE)() if request.path.startswith("/opencode") else await way(request)

    async with serving(handle) as port:
        with pytest.raises(Exception, match="wrong prefix") as caught:
            await connected(access(f"http://127.0.0.1:{port}/opencode")).__aenter__()
    assert f"one at http://127.0.0.1:{port}: write that" in str(caught.value)


@dataclass(frozen=True)
class Authority:
    """Signs certificates, and is trusted or not."""

    authority: trustme.CA
    file: Path

    def tls(self, *names: str, expired: bool = False) -> ssl.SSLContext:
        """A server's side of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        until = datetime.now(UTC) - timedelta(days=1) if expired else None
        self.authority.issue_cert(*names, not_after=until).configure_cert(context)
        return context


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that this machine trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return Authority(made, tmp_path / "authority.pem")


async def test_certificates_are_told_apart(authority: Authority) -> None:
    """Of an unknown authority, expired, or for another host; with none of that the server is reached."""
    stranger = replace(authority, authority=trustme.CA())
    wrong = (
        (troubles.UNKNOWN_AUTHORITY, stranger.tls("localhost")),
        (troubles.CERTIFICATE_EXPIRED, authority.tls("localhost", expired=True)),
        (troubles.WRONG_NAME, authority.tls("sandbox.example")),
    )
    for trouble, tls in wrong:
        async with serving(Way(), tls) as port:
            message = await met(f"https://localhost:{port}/opencode")
        assert is_told(trouble, message), message
    async with serving(Way(), authority.tls("localhost")) as port, connected(access(f"https://localhost:{port}")):
        pass


async def test_a_port_that_speaks_no_tls_is_told(authority: Authority) -> None:
    """Https to a port of http."""
    assert authority.file.exists()
    async with serving(Way()) as port:
        message = await met(f"https://localhost:{port}")
    assert is_told(troubles.TLS_FAILED, message), message


async def test_a_port_where_nobody_listens_is_told() -> None:
    """Nothing was sent, and nothing is waited for."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for host in ("127.0.0.1", "localhost"):
        message = await met(f"http://{host}:{port}")
        assert is_told(troubles.REFUSED, message), message


async def test_a_name_that_nobody_has_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS knows no such host."""

    async def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    forget_proxies(monkeypatch)
    message = await met("https://no-such-app.example/opencode")
    assert is_told(troubles.NAME_NOT_FOUND, message), message


async def test_a_host_that_no_way_leads_to_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is nobody's: a broadcast, to which the system makes no connection."""
    forget_proxies(monkeypatch)
    message = await met("https://255.255.255.255/opencode")
    assert is_told(troubles.UNREACHABLE, message), message


async def test_a_proxy_that_makes_no_connection_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy of the environment refuses to connect to the host."""
    forget_proxies(monkeypatch)
    async with serving(Way([status(403)])) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        message = await met("https://sandbox.example/opencode")
    assert is_told(troubles.PROXY_FAILED, message), message


def forget_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the proxies of this machine out of the environment."""
    for variable in ("HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)


async def test_a_connection_that_is_dropped_is_told() -> None:
    """The other side hangs up instead of answering."""
    async with talking(lambda reader: reader.readline()) as url:
        message = await met(url)
    assert is_told(troubles.CONNECTION_LOST, message), message


async def test_silence_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody listens, and never answers."""
    monkeypatch.setattr("opencode_contract.safety.backstage.SECONDS", 0.1)
    async with talking(lambda reader: reader.read()) as url:
        message = await met(url)
    assert is_told(troubles.NO_ANSWER, message), message


def test_every_trouble_is_met_here() -> None:
    """Names are there once, and each trouble is produced above."""
    constants = {name: value for name, value in vars(troubles).items() if isinstance(value, Trouble)}
    assert set(constants.values()) == set(ALL)
    assert len({trouble.name for trouble in ALL}) == len(ALL)
    source = Path(__file__).read_text(encoding="utf-8")
    assert {name for name in constants if f"troubles.{name}" not in source} == set()
