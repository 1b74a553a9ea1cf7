"""Testing the connection tells the troubles apart and never raises for them."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import TypeAlias

import httpx
import pytest

from opencode_sandbox import AsyncSandboxClient, ConnectionReport, ConnectionState, SandboxClient, SandboxConfig

Handler: TypeAlias = Callable[[httpx.Request], httpx.Response]
HEALTH = {"healthy": True, "version": "1.1.53"}
UNKNOWN_PATH = {
    "name": "UnknownError",
    "data": {"message": "Error: Unable to connect. Is the computer able to access?"},
}


async def examine(url: str, handler: Handler) -> ConnectionReport:
    """Test a connection with both clients, which must agree."""
    config = SandboxConfig(url, "hunter2")
    with SandboxClient(config, transport=httpx.MockTransport(handler)) as client:
        report = client.test_connection()
    async with AsyncSandboxClient(config, transport=httpx.MockTransport(handler)) as other:
        assert await other.test_connection() == report
    assert "hunter2" not in repr(report)
    assert report.as_json()["state"] == report.state.value
    return report


def failing(error: Exception) -> Handler:
    """Return a handler that raises."""

    def handler(_: httpx.Request) -> httpx.Response:
        raise error

    return handler


def untrusted() -> httpx.ConnectError:
    """Return what httpx raises for a bad certificate."""
    error = httpx.ConnectError("certificate verify failed")
    error.__cause__ = ssl.SSLCertVerificationError("certificate verify failed")
    return error


CASES: list[tuple[Handler, ConnectionState, str]] = [
    (lambda _: httpx.Response(200, json=HEALTH), ConnectionState.OK, "version 1.1.53"),
    (
        lambda _: httpx.Response(401, text="Unauthorized"),
        ConnectionState.WRONG_PASSWORD,
        "OPENCODE_SERVER_PASSWORD",
    ),
    (failing(httpx.ConnectError("refused")), ConnectionState.NOBODY_THERE, "host and port"),
    (failing(httpx.ConnectTimeout("")), ConnectionState.NOBODY_THERE, "host and port"),
    (failing(httpx.ReadTimeout("")), ConnectionState.NOBODY_THERE, "broke off"),
    (failing(untrusted()), ConnectionState.TLS_TROUBLE, "certificate"),
    (lambda _: httpx.Response(200, html="<html>"), ConnectionState.NOT_OPENCODE, "prefix"),
    (lambda _: httpx.Response(200, json={"ok": True}), ConnectionState.NOT_OPENCODE, "prefix"),
    (lambda _: httpx.Response(404, html="<html>"), ConnectionState.NOT_OPENCODE, "prefix"),
    (lambda _: httpx.Response(503), ConnectionState.SERVER_FAILING, "503"),
    (
        lambda _: httpx.Response(302, headers={"location": "https://login/"}),
        ConnectionState.REDIRECT,
        "https://login/",
    ),
]


@pytest.mark.parametrize(("handler", "state", "advice"), CASES)
async def test_states(handler: Handler, state: ConnectionState, advice: str) -> None:
    """Each trouble has its state and its advice."""
    report = await examine("https://host.example/opencode", handler)
    assert report.state is state
    assert report.ok is (state is ConnectionState.OK)
    assert advice in report.advice


def at(prefix: str, elsewhere: Handler) -> Handler:
    """Return a server that lives at a prefix."""
    path = f"{prefix}/global/health"
    return lambda request: httpx.Response(200, json=HEALTH) if request.url.path == path else elsewhere(request)


@pytest.mark.parametrize(
    "elsewhere",
    [
        lambda _: httpx.Response(404),
        lambda _: httpx.Response(200, html="x"),
        lambda _: httpx.Response(500, json=UNKNOWN_PATH),
    ],
)
@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        ("https://h.example", "/opencode"),
        ("https://h.example/opencode", ""),
        ("https://h.example/a/b", "/a"),
        ("https://h.example/a/b", ""),
        ("https://h.example/a", "/a/opencode"),
    ],
)
async def test_wrong_prefix(url: str, prefix: str, elsewhere: Handler) -> None:
    """A server at another prefix of the same origin is found, and its URL suggested."""
    report = await examine(url, at(prefix, elsewhere))
    assert report.state is ConnectionState.WRONG_PREFIX
    assert report.suggested_url == f"https://h.example{prefix}"
    assert report.version == "1.1.53"
    assert str(report.suggested_url) in report.advice


async def test_wrong_prefix_and_wrong_password() -> None:
    """A server at another prefix that refuses the password is suggested all the same."""

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401 if request.url.path.startswith("/opencode") else 404)

    report = await examine("https://h.example", handler)
    assert report.state is ConnectionState.WRONG_PREFIX
    assert "refuses the password" in report.advice


async def test_only_the_same_origin_is_asked() -> None:
    """Looking for the prefix sends the password to no other host."""
    asked: set[str] = set()

    def handler(request: httpx.Request) -> httpx.Response:
        asked.add(str(request.url.copy_with(path="/")))
        return httpx.Response(404)

    await examine("https://h.example:8443/a/b/c", handler)
    assert asked == {"https://h.example:8443/"}


def test_every_state_is_tested() -> None:
    """No state exists that the tests above do not reach."""
    states = {state for _, state, _ in CASES}
    assert states | {ConnectionState.WRONG_PREFIX} == set(ConnectionState)
