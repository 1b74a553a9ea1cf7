"""The password is nowhere to be seen: not in repr, errors, tracebacks with locals, or logs."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from opencode_sandbox import (
    AsyncSandboxClient,
    ConfigurationError,
    RedirectRefused,
    RetryPolicy,
    SandboxClient,
    SandboxConfig,
    SandboxError,
    TlsFailed,
)

PASSWORD = "hunter2-" + "secret"
ENCODED = base64.b64encode(f"opencode:{PASSWORD}".encode()).decode()
URL = "https://host.example/opencode"


def assert_hidden(text: str) -> None:
    """Fail when a text holds the password, plain or as the header has it."""
    assert PASSWORD not in text
    assert ENCODED not in text


def shown(error: BaseException) -> str:
    """Return all that a traceback with locals can show of our own frames and all others but the test's."""
    parts = ["".join(traceback.format_exception(error))]
    link: BaseException | None = error
    while link is not None:
        parts += [
            f"{name}={value!r}" for frame in _frames(link.__traceback__) for name, value in frame.f_locals.items()
        ]
        link = link.__cause__ or link.__context__
    return "\n".join(parts)


def _frames(trace: TracebackType | None) -> list[FrameType]:
    frames = []
    while trace is not None:
        if trace.tb_frame.f_code.co_filename != __file__:
            frames.append(trace.tb_frame)
        trace = trace.tb_next
    return frames


def test_repr() -> None:
    """Neither a configuration nor a client shows its password."""
    config = SandboxConfig(URL, PASSWORD)
    assert config.password is not None
    assert config.password.get_secret_value() == PASSWORD
    with SandboxClient(config) as client:
        for thing in (config, client, AsyncSandboxClient(config), vars(client)):
            assert_hidden(f"{thing!r} {thing!s}")
    assert URL in repr(client)


def _from_file(tmp_path: Path, content: str) -> SandboxConfig:
    path = tmp_path / "config.json"
    path.write_text(content, encoding="utf-8")
    return SandboxConfig.from_file(path)


FAULTY: list[Callable[[Path], SandboxConfig]] = [
    lambda _: SandboxConfig(f"https://me:{PASSWORD}@host.example", None),
    lambda _: SandboxConfig(f"https://[::1:{PASSWORD}", None),
    lambda _: SandboxConfig("ftp://x", PASSWORD),
    lambda _: SandboxConfig(URL, PASSWORD, username=""),
    lambda _: SandboxConfig(URL, PASSWORD, timeout=-1),
    lambda _: SandboxConfig.from_api_keys({"opencode_server_url": "x", "opencode_server_password": PASSWORD}),
    lambda _: SandboxConfig.from_api_keys({"opencode_server_url": 3, "opencode_server_password": PASSWORD}),
    lambda _: SandboxConfig.from_api_keys({"opencode_server_password": PASSWORD}),
    lambda _: SandboxConfig.from_env({"OPENCODE_SERVER_URL": "x", "OPENCODE_SERVER_PASSWORD": PASSWORD}),
    lambda _: SandboxConfig.from_env({"OPENCODE_SERVER_PASSWORD": PASSWORD}),
    lambda path: _from_file(path, f'{{"opencode_server_password": "{PASSWORD}"}}'),
    lambda path: _from_file(path, f'{{"opencode_server_password": "{PASSWORD}"'),
]


@pytest.mark.parametrize("make", FAULTY)
def test_faulty_configurations(make: Callable[[Path], SandboxConfig], tmp_path: Path) -> None:
    """No fault of a configuration shows the password, not even with the locals of its frames."""
    with pytest.raises(ConfigurationError) as caught:
        make(tmp_path)
    error = caught.value
    assert_hidden(str(error))
    if make not in FAULTY[:2]:  # whoever writes it into the URL has it in every frame that knows the URL
        assert_hidden(shown(error))


def _raising(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def handler(_: httpx.Request) -> httpx.Response:
        raise error

    return handler


@pytest.mark.parametrize(
    "handler",
    [
        _raising(httpx.ConnectError("refused")),
        _raising(httpx.ReadTimeout("slow")),
        lambda _: httpx.Response(401, text="Unauthorized"),
        lambda _: httpx.Response(302, headers={"location": f"https://opencode:{PASSWORD}@evil.example/?{PASSWORD}"}),
        lambda _: httpx.Response(200, text="<html>"),
        lambda _: httpx.Response(200, json={}),
    ],
)
def test_failing_requests(handler: Callable[[httpx.Request], httpx.Response], caplog: pytest.LogCaptureFixture) -> None:
    """No failing request shows the password, nor does any log at its most talkative."""
    caplog.set_level(logging.DEBUG)
    config = SandboxConfig(URL, PASSWORD)
    transport = httpx.MockTransport(handler)
    with SandboxClient(config, transport=transport, retry=RetryPolicy(first_wait=0.0)) as client:
        with pytest.raises(SandboxError) as caught:
            client.get_session("ses_1")
        report = client.test_connection()
    assert_hidden(shown(caught.value))
    assert_hidden(repr(report))
    assert_hidden(caplog.text + "".join(str(vars(record)) for record in caplog.records))


@pytest.mark.parametrize(
    "handler",
    [
        lambda request: httpx.Response(500, text=str(request.headers.raw)),
        lambda request: httpx.Response(200, text=str(request.headers.raw)),
        lambda request: httpx.Response(200, json={"headers": str(request.headers.raw)}),
        lambda request: httpx.Response(200, json={"id": [str(request.headers.raw)]}),
    ],
)
def test_servers_that_echo_the_password(handler: Callable[[httpx.Request], httpx.Response]) -> None:
    """A server that sends the credentials back does not get them into a message."""
    with SandboxClient(SandboxConfig(URL, PASSWORD), transport=httpx.MockTransport(handler)) as client:
        with pytest.raises(SandboxError) as caught:
            client.get_session("ses_1")
        assert_hidden("".join(traceback.format_exception(caught.value)))
        assert_hidden(repr(client.test_connection()))


async def _serve(*routes: web.RouteDef) -> TestServer:
    app = web.Application()
    app.router.add_routes(routes)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    return server


async def test_redirects_to_another_host_get_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Over real sockets, the other host of a redirect receives no request at all."""
    caplog.set_level(logging.DEBUG)
    received: list[web.Request] = []

    async def elsewhere(request: web.Request) -> web.Response:
        received.append(request)
        return web.json_response({"healthy": True, "version": "1"})

    other = await _serve(web.get("/{path:.*}", elsewhere))

    async def redirect(request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect(str(other.make_url(request.path)))

    server = await _serve(web.get("/{path:.*}", redirect))
    async with AsyncSandboxClient(SandboxConfig(str(server.make_url("/")), PASSWORD)) as client:
        with pytest.raises(RedirectRefused):
            await client.health()
        assert not (await client.test_connection()).ok
    await server.close()
    await other.close()
    assert received == []
    assert_hidden(caplog.text)


async def test_tls_to_a_server_without_tls() -> None:
    """Encryption that cannot be had is TLS trouble, and the password is not sent in the clear instead."""
    received: list[web.Request] = []

    async def anything(request: web.Request) -> web.Response:
        received.append(request)
        return web.Response()

    server = await _serve(web.get("/{path:.*}", anything))
    async with AsyncSandboxClient(SandboxConfig(f"https://127.0.0.1:{server.port}", PASSWORD)) as client:
        with pytest.raises(TlsFailed):
            await client.health()
    await server.close()
    assert received == []
