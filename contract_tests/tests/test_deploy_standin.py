"""The stand-in for a deployment, on the fake: what passes through it, and the troubles that it makes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from opencode_contract.errors import StartFailed
from opencode_contract.standin import StandIn, Trouble, fake_executable, missing_programs

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(bool(missing_programs()), reason=f"not installed: {', '.join(missing_programs())}"),
]

HEALTH = "/global/health"


@asynccontextmanager
async def standing_in(folder: Path, **variables: str) -> AsyncIterator[tuple[StandIn, httpx.AsyncClient]]:
    """A stand-in on the fake, and a client that trusts it and knows its password."""
    async with StandIn(fake_executable(folder, "1.18.34"), environment=variables) as standin:
        trust = ssl.create_default_context(cafile=standin.certificates.authority)
        access = ("opencode", standin.password.get_secret_value())
        async with httpx.AsyncClient(verify=trust, trust_env=False, auth=access, timeout=60) as http:
            yield standin, http


async def outcome(http: httpx.AsyncClient, url: str) -> str:
    """The status, or the kind of error and what it says."""
    try:
        return str((await http.get(url)).status_code)
    except httpx.TransportError as problem:
        return f"{type(problem).__name__}: {problem}"


async def raw(
    http: httpx.AsyncClient, base: str, method: str, path: str, auth: httpx.Auth | None = None, **options: Any
) -> httpx.Response:
    """One request whose path reaches the wire as it is written."""
    url = httpx.URL(base)
    target = f"{url.raw_path.decode().rstrip('/')}{path}".encode()
    request = http.build_request(method, url, **options)
    request.extensions["target"] = target
    return await http.send(request, auth=auth or http.auth)


def essence(response: httpx.Response) -> tuple[int, str | None, bytes]:
    """What a proxy must not change."""
    return response.status_code, response.headers.get("content-type"), response.content


REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", HEALTH, {}),
    ("GET", "/session?limit=1&directory=%2Ftmp%20x", {}),
    ("GET", "/session/a%2Fb", {}),
    ("GET", "/session//status", {}),
    ("GET", "/session/../session/status", {}),
    ("GET", "/session/%2e%2e/x", {}),
    ("HEAD", "/session", {}),
    ("OPTIONS", "/session", {"headers": {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}}),
    ("GET", "/config", {"headers": {"Accept-Encoding": "gzip", "Origin": "http://localhost:3000"}}),
    ("GET", "/session", {"auth": httpx.BasicAuth("nobody", "at all")}),
    ("POST", "/session/ses_nobody/message", {"json": {"parts": [{"type": "text", "text": "x" * 2_000_000}]}}),
    ("DELETE", "/session/ses_nobody", {}),
]


async def test_requests_pass_through_as_they_are(tmp_path: Path) -> None:
    """Status, body and content type are those of OpenCode asked directly: path, query, password and body arrived."""
    async with standing_in(tmp_path, BODY_LIMIT="3m") as (standin, http):
        await standin.machine.start()
        direct = f"http://127.0.0.1:{standin.machine.opencode_port}"
        for method, path, options in REQUESTS:
            there = await raw(http, direct, method, path, **options)
            here = await raw(http, standin.url, method, path, **options)
            assert essence(here) == essence(there), (method, path)
        root = await raw(http, direct, "GET", "/?x=1")
        assert (await raw(http, standin.url, "GET", "?x=1")).status_code == root.status_code
        outside = standin.url.removesuffix("/opencode")
        for path in ("/", "/session", "/opencodex", "/x/../opencode/session", "//opencode/session"):
            assert (await raw(http, outside, "GET", path)).status_code == 404, path
        too_much = await raw(http, standin.url, "POST", "/session", content=b"x" * 4_000_000)
        assert too_much.status_code == 413
        assert (await raw(http, outside, "GET", "/healthz", httpx.Auth())).status_code == 204


async def test_events_are_not_held_back(tmp_path: Path) -> None:
    """What the server says on an open stream arrives while it stays open."""
    async with standing_in(tmp_path) as (standin, http), http.stream("GET", f"{standin.url}/event") as response:
        lines = response.aiter_lines()
        assert "server.connected" in await anext(lines)
        created = await http.post(f"{standin.url}/session", json={})
        async with asyncio.timeout(30):
            while created.json()["id"] not in await anext(lines):
                pass


ANSWERED = {
    Trouble.TOO_MANY_REQUESTS: "429",
    Trouble.BAD_GATEWAY: "502",
    Trouble.UNAVAILABLE: "503",
    Trouble.GATEWAY_TIMEOUT: "504",
    Trouble.RESET: "ReadError",
    Trouble.UNKNOWN_AUTHORITY: "unable to get local issuer certificate",
    Trouble.EXPIRED_CERTIFICATE: "certificate has expired",
    Trouble.WRONG_HOST: "Hostname mismatch",
    Trouble.HTML_PAGE: "200",
    Trouble.REDIRECT: "301",
}


async def test_each_trouble_is_made(tmp_path: Path) -> None:
    """And is over when told so; none of these needs the machine."""
    async with standing_in(tmp_path) as (standin, http):
        url = f"{standin.url}{HEALTH}"
        for trouble, wanted in ANSWERED.items():
            await standin.suffer(trouble)
            assert wanted in await outcome(http, url), trouble
        assert standin.machine.starts == 0
        await standin.suffer(Trouble.HTML_PAGE)
        assert (await http.post(url, content=b"x" * 100_000)).headers["content-type"].startswith("text/html")
        await standin.suffer(Trouble.BAD_GATEWAY, times=1)
        assert [await outcome(http, url) for _ in range(2)] == ["502", "200"]
        assert standin.machine.starts == 1


async def test_the_machine_is_started_on_demand(tmp_path: Path) -> None:
    """Connections are held until it listens, or answered with 502 meanwhile; what it was asked first is answered."""
    async with standing_in(tmp_path) as (standin, http):
        url = f"{standin.url}{HEALTH}"
        both = await asyncio.gather(outcome(http, url), outcome(http, url))
        assert (list(both), standin.machine.starts) == (["200", "200"], 1)
        await standin.suffer(Trouble.COLD_START_REFUSED)
        assert not standin.machine.runs
        assert await outcome(http, url) == "502"
        await standin.machine.start()
        assert await outcome(http, url) == "200"
        assert standin.machine.starts == 2


async def test_troubles_of_the_way_itself(tmp_path: Path) -> None:
    """A silent connection is cut, also in the middle of an answer; a prefix that is kept meets no route."""
    async with standing_in(tmp_path) as (standin, http):
        await standin.suffer(Trouble.PREFIX_KEPT)
        assert (await http.get(f"{standin.url}{HEALTH}")).headers["content-type"] != "application/json"
        await standin.suffer(Trouble.IDLE_CUT)
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(f"{standin.url}/event")
        assert await outcome(http, f"{standin.url}{HEALTH}") == "200"


async def test_a_machine_that_does_not_start_is_told(tmp_path: Path) -> None:
    """The client gets 502, and the stand-in fails in the end with what the machine printed."""
    broken = tmp_path / "opencode"
    broken.write_text("#!/bin/sh\necho no luck today\nexit 3\n")
    broken.chmod(0o755)
    standin = StandIn(broken)
    with pytest.raises(StartFailed, match="no luck today"):
        await ask_once(standin)


async def ask_once(standin: StandIn) -> None:
    """One request to a stand-in that cannot come up."""
    async with standin:
        trust = ssl.create_default_context(cafile=standin.certificates.authority)
        async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=60) as http:
            assert await outcome(http, standin.url) == "502"
