from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from opencode_contract.errors import NetworkFailed
from opencode_contract.network import Patience, Trouble, troubles
from opencode_contract.requirements import by_id
from opencode_contract.requirements.requirement import requirement
from opencode_contract.runner import Outcome, run_contract
from opencode_contract.targets import Access, Level, Subject
from opencode_contract.targets.connecting import connected
from opencode_fake import FakeServer, RealClock

PASSWORD = "tell-nobody"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = [pytest.mark.system, pytest.mark.skipif(NGINX is None, reason="nginx is not installed")]

CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder};
    proxy_temp_path {folder};
    fastcgi_temp_path {folder};
    uwsgi_temp_path {folder};
    scgi_temp_path {folder};
    limit_req_zone $binary_remote_addr zone=few:1m rate=1r/m;
    server {{
        listen 127.0.0.1:{port};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_buffering off;
        proxy_read_timeout 1s;
        location /sandbox/ {{ proxy_pass {upstream}/; }}
        location /few/ {{ limit_req zone=few; limit_req_status 429; proxy_pass {upstream}/; }}
        location /kept/ {{ proxy_pass {upstream}; }}
        location /down/ {{ proxy_pass http://127.0.0.1:{nobody}/; }}
        location /slow/ {{ proxy_pass http://127.0.0.1:{silent}/; }}
        location /busy/ {{ return 503; }}
        location /elsewhere/ {{ return 301 https://localhost$request_uri; }}
        location /page/ {{ default_type text/html; return 200 "<html><title>Sign in</title></html>"; }}
    }}
}}
"""


@asynccontextmanager
async def proxied(folder: Path, upstream: str) -> AsyncIterator[str]:
    """A server behind nginx, with each trouble at a prefix of its own; yields the address without a prefix."""
    with socket.create_server(("127.0.0.1", 0)) as free, socket.create_server(("127.0.0.1", 0)) as nobody:
        port, closed = free.getsockname()[1], nobody.getsockname()[1]
    configuration = folder / "nginx.conf"
    # It listens, and accepts nobody.
    with socket.create_server(("127.0.0.1", 0)) as mute:
        silent = mute.getsockname()[1]
        configuration.write_text(
            CONFIGURATION.format(folder=folder, port=port, nobody=closed, silent=silent, upstream=upstream)
        )
        proxy = await asyncio.create_subprocess_exec(NGINX or "", "-c", str(configuration), "-p", str(folder))
        try:
            await _listening(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            proxy.terminate()
            await proxy.wait()


async def _listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return


def access(url: str) -> Access:
    """A deployment that is there at once, or not."""
    return Access("deployment", url, SecretStr(PASSWORD), Level.WRITE, patience=Patience(0.0))


AT: dict[str, Trouble] = {
    "few": troubles.RATE_LIMITED,
    "kept": troubles.PREFIX_NOT_STRIPPED,
    "down": troubles.BAD_GATEWAY,
    "busy": troubles.UNAVAILABLE,
    "slow": troubles.GATEWAY_TIMEOUT,
    "elsewhere": troubles.REDIRECTED,
    "page": troubles.PAGE,
}


@pytest.mark.parametrize("version", ["1.1.53", "1.18.34"])
async def test_what_a_real_proxy_does_is_told_by_name(version: str, tmp_path: Path) -> None:
    """Each trouble that nginx makes, before anything is checked; and where it makes none, the contract holds."""
    async with (
        FakeServer(version=version, password=PASSWORD, base_path="", clock=RealClock()) as server,
        proxied(tmp_path, server.url) as url,
    ):
        for prefix, trouble in AT.items():
            with pytest.raises(NetworkFailed) as caught:
                await connected(access(f"{url}/{prefix}")).__aenter__()
            assert f"/{prefix}: {trouble.name}: {trouble.sentence}" in str(caught.value)
        report = await run_contract("here", connected(access(f"{url}/sandbox")), by_id(["health", "sessions"]))
    assert report.holds, report.failures
    assert report.left_behind == ()


async def test_a_stream_that_a_real_proxy_cuts_is_told(tmp_path: Path) -> None:
    """An idle stream is closed after a second here; a requirement that waits for longer is not checked."""

    async def waits(subject: Subject) -> None:
        """It holds."""
        subject.events.patience = 3.0
        await subject.events.wait_for(lambda event: event.type == "never.said", "never.said")

    waiting = requirement("test.waits", Level.READ, "document: test")(waits)
    async with (
        FakeServer(password=PASSWORD, base_path="", clock=RealClock()) as server,
        proxied(tmp_path, server.url) as url,
    ):
        report = await run_contract("here", connected(access(f"{url}/sandbox")), [waiting])
    assert [result.outcome for result in report.results] == [Outcome.NOT_CHECKED]
    assert f"the network: {troubles.STREAM_CUT.name}" in report.results[0].message
