"""The contract on the nearest thing to a deployment: the real server behind a real proxy with TLS and a path prefix."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import certifi
import pytest
import trustme

from opencode_contract.local import LocalServer, Lodging, given_binary
from opencode_contract.targets.contract_script import contract_script
from opencode_fake.scripted_model import ScriptedModel

BINARY = os.environ.get("OPENCODE_TESTKIT_BINARY", "")
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(not BINARY, reason="OPENCODE_TESTKIT_BINARY names no OpenCode executable"),
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]

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
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.key;
        location /opencode/ {{
            proxy_pass {upstream}/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_read_timeout 60s;
        }}
        location / {{
            return 404;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Deployment:
    """A deployment on this machine."""

    url: str
    password: str
    authority: Path
    """The certificate of the authority that signed the proxy's."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What a check of it needs in the environment."""
        return {**os.environ, "OPENCODE_SERVER_PASSWORD": self.password, "SSL_CERT_FILE": str(self.authority)}


@asynccontextmanager
async def deployed(folder: Path) -> AsyncIterator[Deployment]:
    """The real server, scripted, behind nginx."""
    with Lodging() as lodging:
        async with (
            ScriptedModel(contract_script(), directory=str(lodging.workspace)) as model,
            LocalServer(
                given_binary(Path(BINARY)),
                lodging,
                config=model.opencode_config(),
                environment=model.environment(lodging.home),
            ) as server,
            _proxied(folder, server.url) as port,
        ):
            url = f"https://localhost:{port}/opencode"
            yield Deployment(url, server.password.get_secret_value(), folder / "authority.pem")


@asynccontextmanager
async def _proxied(folder: Path, upstream: str) -> AsyncIterator[int]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(str(folder / "server.key"))
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(str(folder / "server.pem"), append=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port, upstream=upstream))
    proxy = await asyncio.create_subprocess_exec(NGINX or "", "-c", str(configuration), "-p", str(folder))
    try:
        await _listening(port)
        yield port
    finally:
        proxy.terminate()
        await proxy.wait()


async def _listening(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


async def check(deployment: Deployment, *options: str, url: str = "", **variables: str) -> tuple[int, str]:
    """Exit code and output of ``opencode-contract check`` on it."""
    start = "from opencode_contract.cli import main; main()"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", start, "check", url or deployment.url, *options),
        env={**deployment.environment, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert deployment.password not in output.decode()
    return process.returncode or 0, output.decode()


async def test_the_contract_holds_behind_a_proxy_with_tls_and_a_prefix(tmp_path: Path) -> None:
    """At the level of a deployment, and at the one that prompts."""
    async with deployed(tmp_path) as deployment:
        code, output = await check(deployment)
        assert code == 0, output
        assert "0 failed" in output
        code, output = await check(deployment, "--level", "prompt")
        assert code == 0, output


async def test_what_keeps_a_check_from_the_server_is_told_apart(tmp_path: Path) -> None:
    """Exit code 2 each time: another password, a missing prefix, a certificate that nobody vouches for, or none."""
    async with deployed(tmp_path) as deployment:
        code, output = await check(deployment, OPENCODE_SERVER_PASSWORD="another")
        assert (code, "wrong password" in output) == (2, True), output
        code, output = await check(deployment, url=deployment.url.removesuffix("/opencode"))
        assert (code, deployment.url in output) == (2, True), output
        code, output = await check(deployment, SSL_CERT_FILE=certifi.where())
        assert (code, "certificate" in output.lower()) == (2, True), output
        code, output = await check(deployment, SSL_CERT_FILE=os.devnull)
        assert (code, "SSL_CERT_FILE" in output) == (2, True), output
