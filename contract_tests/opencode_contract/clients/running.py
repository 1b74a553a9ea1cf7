"""Runs a client as a process of its own, in a home of its own, and gives what it said."""

from __future__ import annotations

import asyncio
from pathlib import Path

from opencode_contract.clients.stage import Stage
from opencode_contract.errors import ClientFailed
from opencode_contract.local.environment import isolated_environment

SECONDS = 120


def client_environment(stage: Stage, home: Path) -> dict[str, str]:
    """The variables of a client that lives in ``home`` and knows the server's address and password."""
    return isolated_environment(home) | {
        "OPENCODE_SERVER_PASSWORD": stage.password.get_secret_value(),
        "OPENCODE_SERVER_URL": stage.url,
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
    }


async def run_client(stage: Stage, home: Path, *command: str, seconds: float = SECONDS) -> str:
    """What the command printed. Raises ClientFailed where it does not end well, or not in time."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=home,
        env=client_environment(stage, home),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds):
            said, complained = await process.communicate()
    except TimeoutError:
        process.kill()
        said, complained = await process.communicate()
        raise ClientFailed(_report(f"did not end within {seconds:g} s", command, said + complained)) from None
    if process.returncode != 0:
        raise ClientFailed(_report(f"ended with code {process.returncode}", command, said + complained))
    return said.decode("utf-8", "replace") + complained.decode("utf-8", "replace")


def _report(what: str, command: tuple[str, ...], said: bytes) -> str:
    return f"{Path(command[0]).name} {what} and said:\n{said.decode('utf-8', 'replace')[-3000:]}"
