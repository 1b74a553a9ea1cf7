from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr

from opencode_contract.errors import BadTarget
from opencode_contract.requirements import ALL
from opencode_contract.runner import run_contract
from opencode_contract.targets import Access, Level
from opencode_contract.targets.connecting import connected
from opencode_contract.targets.wire import wire_to
from opencode_fake import FakeServer
from opencode_sandbox import ConfigurationError, SandboxConfig

HOST = "sandbox.example"
PASSWORD = "tell-nobody"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass
class Proxy:
    """An HTTP proxy that knows one host, and speaks TLS in its name."""

    upstream: int
    tls: ssl.SSLContext
    asked: list[str] = field(default_factory=list)
    """What it was asked to connect to."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers CONNECT, and passes on what follows."""
        asked = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(" ".join(asked.split()[:2]))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        await writer.start_tls(self.tls)
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        await asyncio.gather(_pass_on(reader, upstream_writer), _pass_on(upstream_reader, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        return
    finally:
        writer.close()


@asynccontextmanager
async def proxied(server: FakeServer, folder: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    """A proxy that the environment names, and an authority that it is told to trust."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(tls)
    proxy = Proxy(server.port, tls)
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    for name in VARIABLES:
        patch.delenv(name, raising=False)
        patch.delenv(name.lower(), raising=False)
    for name in VARIABLES[:3]:
        patch.setenv(name, f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
    patch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
    try:
        yield proxy
    finally:
        listener.close()


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    """A fake without script."""
    async with FakeServer(password=PASSWORD) as running:
        yield running


def access(url: str) -> Access:
    """How to get into a deployment."""
    return Access("deployment", url, SecretStr(PASSWORD), Level.WRITE)


async def test_a_deployment_is_reached_through_the_proxy_of_the_environment(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where HTTPS_PROXY names a proxy, everything goes through it, the stream of events included."""
    async with proxied(server, tmp_path, monkeypatch) as proxy:
        report = await run_contract("here", connected(access(f"https://{HOST}/opencode")), ALL)
    assert [(failure.requirement.id, failure.message) for failure in report.failures] == []
    assert report.left_behind == ()
    assert set(proxy.asked) == {f"CONNECT {HOST}:443"}


async def test_a_server_on_this_machine_is_never_reached_through_a_proxy(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would see the password, which goes to this machine in clear."""
    async with proxied(server, tmp_path, monkeypatch) as proxy, connected(access(server.url)) as subject:
        (await subject.send("GET", "/session")).expect(200)
    assert proxy.asked == []


async def test_a_proxy_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that names no proxy is told with what to write, and without the password that it may hold."""
    for value in ("nonsense://me:tell-nobody@host", "http://me:tell-nobody/@host"):
        monkeypatch.setenv("HTTPS_PROXY", value)
        with pytest.raises(BadTarget, match="HTTPS_PROXY") as caught:
            await connected(access(f"https://{HOST}/opencode")).__aenter__()
        assert "tell" not in str(caught.value)


def test_certificates_that_cannot_be_read_are_not_taken_for_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the two troubles is told by its own name."""
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        wire_to(SandboxConfig("https://your-app.fly.dev/opencode", "secret"))
