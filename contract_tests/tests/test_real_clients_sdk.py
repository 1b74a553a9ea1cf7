"""The official SDKs work against the fake as against the real server."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

import opencode_contract.clients
from opencode_contract.clients import Stage, node_package, python_with, run_client, stage
from opencode_fake.scripts.model import Script

TARGETS = os.environ.get("OPENCODE_TESTKIT_CLIENTS", "").split()
SCRIPT = Script.model_validate(
    {
        "replies": [
            {
                "prompt": "look around",
                "title": "Looking",
                "steps": [
                    {"text": "I look around."},
                    {"tool": "bash", "input": {"command": "echo seen"}, "output": "seen\n"},
                    {"write": "note.txt", "content": "noted\n"},
                    {"text": "That was all."},
                ],
            }
        ]
    }
)
JAVASCRIPT = ["1.1.42", "1.19.3"]
"""A release of the time of OpenCode 1.1.53 and the newest one."""
PYTHON = "opencode-ai==0.1.0a36"
AGENTS = ["build", "compaction", "explore", "general", "plan", "summary", "title"]

pytestmark = pytest.mark.clients


async def javascript(on: Stage, home: Path, version: str, generation: str) -> dict[str, Any]:
    """What the SDK saw."""
    package = node_package("@opencode-ai/sdk", version)
    # Node looks for packages above the script, not where it is started.
    script = shutil.copy(Path(opencode_contract.clients.__file__).with_name("sdk.mjs"), package / "sdk.mjs")
    said = await run_client(on, home, "node", str(script), generation)
    seen: dict[str, Any] = json.loads(said)
    return seen


@pytest.mark.parametrize("generation", ["v1", "v2"])
@pytest.mark.parametrize("version", JAVASCRIPT)
@pytest.mark.parametrize("target", TARGETS)
async def test_the_javascript_sdk_works(target: str, version: str, generation: str, tmp_path: Path) -> None:
    """It creates, prompts, listens and lists, and asks for all that surrounds sessions."""
    async with stage(target, SCRIPT) as on:
        seen = await javascript(on, tmp_path, version, generation)
    events = seen.pop("events")
    assert events[0] == "server.connected"
    assert {"session.created", "message.updated", "message.part.updated", "session.status", "session.idle"} <= {*events}
    commands, files = seen.pop("commands"), seen.pop("files")
    assert commands[:2] == ["init", "review"]
    assert "note.txt" in files
    assert seen == {
        "title": "From the SDK",
        "reply": ["That was all."],
        "roles": ["user", "assistant", "assistant", "assistant"],
        "tools_called": [["bash", "completed"], ["write", "completed"]],
        "listed": True,
        "model": "scripted/script-1",
        "default_model": "script-1",
        "connected": True,
        "agents": AGENTS,
        "directory": on.directory,
        "vcs": "git",
        "tools": ["invalid", "question", "bash"],
        "content": "noted",
        "branch": "main",
        "logged": True,
        "mcp": {},
        "same": True,
        "deleted": True,
    }


PYTHON_SCRIPT = """
import json, os
import httpx
from opencode_ai import Opencode

authentication = httpx.BasicAuth("opencode", os.environ["OPENCODE_SERVER_PASSWORD"])
client = Opencode(base_url=os.environ["OPENCODE_SERVER_URL"], http_client=httpx.Client(auth=authentication, timeout=60))
session = client.session.create(extra_body={"title": "From Python"})
model = {"providerID": "scripted", "modelID": "script-1"}
with client.event.list() as stream:
    client.session.chat(
        session.id,
        model_id="",
        provider_id="",
        parts=[{"type": "text", "text": "look around"}],
        extra_body={"model": model},
    )
    events = []
    for event in stream:
        events.append(event.type)
        if event.type == "session.idle":
            break
messages = client.session.messages(session.id)
print(json.dumps({
    "title": session.title,
    "listed": session.id in [each.id for each in client.session.list()],
    "roles": [each.info.role for each in messages],
    "texts": [part.text for each in messages for part in each.parts if part.type == "text"],
    "events": list(dict.fromkeys(events)),
    "model": client.config.get().model,
    "providers": client.app.providers().default["scripted"],
    "logged": client.app.log(level="info", message="hello", service="sdk"),
    "found": client.find.files(query="note.txt"),
    "aborted": client.session.abort(session.id),
    "deleted": client.session.delete(session.id),
}))
"""


@pytest.mark.parametrize("target", TARGETS)
async def test_the_python_sdk_works(target: str, tmp_path: Path) -> None:
    """Old as it is, what it knows of still works."""
    async with stage(target, SCRIPT) as on:
        seen = json.loads(await run_client(on, tmp_path, str(python_with(PYTHON)), "-c", PYTHON_SCRIPT))
    events, found = seen.pop("events"), seen.pop("found")
    assert {"server.connected", "message.updated", "session.idle"} <= {*events}
    assert "note.txt" in found or target.startswith("local:")  # a real server may have no ripgrep
    assert seen == {
        "title": "From Python",
        "listed": True,
        "roles": ["user", "assistant", "assistant", "assistant"],
        "texts": ["look around", "I look around.", "That was all."],
        "model": "scripted/script-1",
        "providers": "script-1",
        "logged": True,
        "aborted": True,
        "deleted": True,
    }
