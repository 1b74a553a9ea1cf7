"""The clients of OpenCode itself, ``run --attach`` and the terminal interface, work against the fake."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from opencode_contract.clients import Stage, Terminal, client_environment, running_client, stage
from opencode_contract.local import fetch_binary
from opencode_fake.scripts.model import Script

TARGETS = os.environ.get("OPENCODE_TESTKIT_CLIENTS", "").split()
NEWEST = "1.18.34"
OLD = "1.1.53"
SECONDS = 60.0
SCRIPT = Script.model_validate(
    {
        "replies": [
            {
                "prompt": "look around",
                "title": "Looking",
                "steps": [
                    {"text": "I look around.", "name": "start"},
                    {
                        "tool": "bash",
                        "input": {"command": "echo scripted-output", "description": "Say it"},
                        "output": "scripted-output\n",
                    },
                    {"text": "That was all."},
                    {"tool": "bash", "input": {"command": "true", "description": "End"}, "output": "", "name": "end"},
                    {"text": "Goodbye."},
                ],
            }
        ]
    }
)

Step: TypeAlias = Callable[[], Awaitable[None]]

pytestmark = pytest.mark.clients


@pytest.mark.parametrize("target", TARGETS)
async def test_run_attach_prints_the_reply(target: str, tmp_path: Path) -> None:
    """``opencode run --attach URL PROMPT`` of the newest version ends well, with text and tool in its output."""
    binary = fetch_binary(NEWEST)
    async with stage(target, SCRIPT) as on:
        command = (str(binary.path), "run", "--attach", on.url, "look around")
        async with _slow_enough(on) as (start, end), running_client(on, tmp_path, *command) as client:
            await start()
            await client.says("I look around.", "$ ", "echo scripted-output", "That was all.")
            await end()
            await client.ended()


@asynccontextmanager
async def _slow_enough(on: Stage) -> AsyncIterator[tuple[Step, Step]]:
    """Lets a run on the fake begin when somebody hears of it, and end when it was heard.

    ``run --attach`` of 1.18.34 does not wait for its own reader of events: it ends with the answer to its prompt, and
    has printed nothing where that came first. No model is as fast as the fake, so real servers need none of this.
    """

    async def nothing() -> None:
        return

    if (fake := on.fake) is None:
        yield nothing, nothing
        return
    with fake.hold("start") as start, fake.hold("end", running=True) as end:

        async def begin() -> None:
            await fake.requested("GET", "/event", timeout=SECONDS)
            start.release()

        async def finish() -> None:
            await end.reached
            end.release()

        yield begin, finish


@pytest.mark.parametrize("target", TARGETS)
async def test_the_terminal_interface_shows_the_reply(target: str, tmp_path: Path) -> None:
    """``opencode attach URL`` of the server's version opens, takes a prompt and shows the reply with its tool call."""
    async with stage(target, SCRIPT) as on:
        binary = fetch_binary(OLD if on.version.startswith("1.1.") else NEWEST)
        environment = client_environment(on, tmp_path)
        command = (str(binary.path), "attach", on.url)
        async with Terminal(*command, environment=environment, folder=tmp_path) as terminal:
            await terminal.shows("Ask anything", "Script 1", f"{on.directory}:main")
            await terminal.type("look around")
            await terminal.shows("look around")
            await terminal.press("Enter")
            await terminal.shows("I look around.", "$ echo scripted-output", "That was all.", "Build")
