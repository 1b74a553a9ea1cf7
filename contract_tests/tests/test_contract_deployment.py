"""The contract on the nearest thing to a deployment: the recipe to deploy, run as it is behind an edge with TLS."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
from pathlib import Path

import certifi
import httpx
import pytest

from opencode_contract.standin import StandIn, missing_programs
from opencode_fake.scripts import delay, script, text, turn

BINARY = os.environ.get("OPENCODE_TESTKIT_BINARY", "")
pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(not BINARY, reason="OPENCODE_TESTKIT_BINARY names no OpenCode executable"),
    pytest.mark.skipif(bool(missing_programs()), reason=f"not installed: {', '.join(missing_programs())}"),
]


async def check(standin: StandIn, *options: str, url: str = "", **variables: str) -> tuple[int, str]:
    """Exit code and output of ``opencode-contract check`` on it."""
    start = "from opencode_contract.cli import main; main()"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", start, "check", url or standin.url, *options),
        env={**standin.environment, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert standin.password.get_secret_value() not in output.decode()
    return process.returncode or 0, output.decode()


async def test_the_contract_holds_on_the_recipe_at_every_level() -> None:
    """From a stopped machine on: at the level of a deployment, and at the one that prompts."""
    async with StandIn(Path(BINARY)) as standin:
        for level in ("read", "write", "prompt"):
            code, output = await check(standin, "--level", level)
            assert code == 0, output
            assert "0 failed" in output
        assert standin.machine.starts == 1
        assert "[password]" not in standin.machine.log


async def test_a_reply_in_the_background_keeps_the_machine() -> None:
    """Longer than an idle one stays, and without a connection; the machine stops once it is over, the reply is kept."""
    slow = script(default=turn(delay(6), text("All done.")))
    async with StandIn(Path(BINARY), script=slow, environment={"IDLE_SECONDS": "2"}) as standin:
        trust = ssl.create_default_context(cafile=standin.certificates.authority)
        access = ("opencode", standin.password.get_secret_value())
        async with httpx.AsyncClient(verify=trust, trust_env=False, auth=access, timeout=60) as http:
            session = f"{standin.url}/session/{(await http.post(f'{standin.url}/session', json={})).json()['id']}"
            prompt = {"parts": [{"type": "text", "text": "Work in the background."}]}
            assert (await http.post(f"{session}/prompt_async", json=prompt)).status_code == 204
            assert await standin.machine.ended() == 0, standin.machine.log
            messages = (await http.get(f"{session}/message")).json()
        assert standin.machine.starts == 2
        assert messages[-1]["info"]["finish"] == "stop"
        assert messages[-1]["parts"][-2]["text"] == "All done."


async def test_what_keeps_a_check_from_the_server_is_told_apart() -> None:
    """Exit code 2 each time: another password, a missing prefix, a certificate that nobody vouches for, or none."""
    async with StandIn(Path(BINARY)) as standin:
        await standin.machine.start()
        code, output = await check(standin, OPENCODE_SERVER_PASSWORD="another")
        assert (code, "wrong password" in output) == (2, True), output
        code, output = await check(standin, url=standin.url.removesuffix("/opencode"))
        assert (code, standin.url in output) == (2, True), output
        code, output = await check(standin, SSL_CERT_FILE=certifi.where())
        assert (code, "certificate" in output.lower()) == (2, True), output
        code, output = await check(standin, SSL_CERT_FILE=os.devnull)
        assert (code, "SSL_CERT_FILE" in output) == (2, True), output
