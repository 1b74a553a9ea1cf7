"""The clients of OpenCode itself, ``run --attach`` and the terminal interface, work against the fake."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opencode_contract.clients import Terminal, client_environment, run_client, stage
from opencode_contract.local import fetch_binary
from opencode_fake.scripts.model import Script

TARGETS = os.environ.get("OPENCODE_TESTKIT_CLIENTS", "").split()
NEWEST = "1.18.34"
OLD = "1.1.53"
SCRIPT = Script.model_validate(
    {
        "replies": [
            {
                "prompt": "look around",
                "title": "Looking",
                "steps": [
                    {"text": "I look around."},
                    {
                        "tool": "bash",
                        "input": {"command": "echo scripted-output", "description": "Say it"},
                        "output": "scripted-output\n",
                    },
                    {"text": "That was all."},
                ],
            }
        ]
    }
)

pytestmark = pytest.mark.clients


@pytest.mark.parametrize("target", TARGETS)
async def test_run_attach_prints_the_reply(target: str, tmp_path: Path) -> None:
    """``opencode run --attach URL PROMPT`` of the newest version ends well, with text and tool in its output."""
    binary = fetch_binary(NEWEST)
    async with stage(target, SCRIPT) as on:
        said = await run_client(on, tmp_path, str(binary.path), "run", "--attach", on.url, "look around")
    assert all(text in said for text in ("I look around.", "$ ", "echo scripted-output", "That was all.")), said


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
