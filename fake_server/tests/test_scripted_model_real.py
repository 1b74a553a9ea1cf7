"""Scripts performed to a real server: needs ``OPENCODE_TESTKIT_BINARY``, the path of one."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
import pytest

from opencode_fake.scripted_model import ScriptedModel
from opencode_fake.scripts import (
    delay,
    edit,
    loads_script,
    provider_error,
    reasoning,
    reply,
    script,
    stream_error,
    text,
    tool,
    turn,
    write,
)
from opencode_fake.scripts.model import Script

BINARY = os.environ.get("OPENCODE_TESTKIT_BINARY")
READY_WITHIN = 30.0
Found = TypeVar("Found")

pytestmark = [pytest.mark.local, pytest.mark.skipif(not BINARY, reason="OPENCODE_TESTKIT_BINARY names no server")]

DOCUMENTED = """
replies:
  - prompt: list the files
    title: List current directory files
    steps:
      - text: I'll list the files for you.
      - tool: bash
        input: {command: ls -la}
        output: "total 60\\n..."
      - text: The directory holds three files.
    tokens: {input: 3, output: 87}
"""


async def eventually(what: Callable[[], Awaitable[Found]]) -> Found:
    """What ``what`` finds, as soon as it finds something."""
    async with asyncio.timeout(READY_WITHIN):
        while not (found := await what()):  # noqa: ASYNC110 (the server tells nobody)
            await asyncio.sleep(0.05)
    return found


class Session:
    """One session of a real server."""

    def __init__(self, http: httpx.AsyncClient, session_id: str) -> None:
        self.id = session_id
        self._http = http

    async def ask(self, prompt: str) -> dict[str, Any]:
        """Prompts and returns the last assistant message."""
        response = await self._http.post(f"/session/{self.id}/message", json=_prompt(prompt))
        return cast("dict[str, Any]", response.json())

    async def send(self, prompt: str) -> None:
        """Prompts and does not wait."""
        await self._http.post(f"/session/{self.id}/prompt_async", json=_prompt(prompt))

    async def abort(self) -> None:
        """Aborts the run, and waits until it is over: a prompt that comes sooner is never answered."""
        await self._http.post(f"/session/{self.id}/abort")

        async def over() -> bool:
            return "completed" in (await self.messages())[-1]["info"]["time"]

        await eventually(over)

    async def get(self) -> dict[str, Any]:
        """The session."""
        return cast("dict[str, Any]", (await self._http.get(f"/session/{self.id}")).json())

    async def messages(self) -> list[dict[str, Any]]:
        """Its messages."""
        return cast("list[dict[str, Any]]", (await self._http.get(f"/session/{self.id}/message")).json())

    async def tools(self) -> list[dict[str, Any]]:
        """The states of its tool calls."""
        parts = [part for message in await self.messages() for part in message["parts"]]
        return [part["state"] for part in parts if part["type"] == "tool"]

    async def until_a_tool_runs(self) -> None:
        """Waits for a tool call that is running."""

        async def running() -> bool:
            return any(state["status"] == "running" for state in await self.tools())

        await eventually(running)

    async def first_diffs(self) -> list[dict[str, Any]]:
        """What the first prompt changed."""
        summary = (await self.messages())[0]["info"].get("summary", {})
        return cast("list[dict[str, Any]]", summary.get("diffs", []))

    async def until_titled(self, title: str) -> None:
        """Waits for the title, which comes a little after the reply or before it."""

        async def titled() -> bool:
            return bool((await self.get())["title"] == title)

        await eventually(titled)


def _prompt(prompt: str) -> dict[str, object]:
    return {"parts": [{"type": "text", "text": prompt}]}


class Stage:
    """A real server with a scripted model."""

    def __init__(self, http: httpx.AsyncClient, workspace: Path, model: ScriptedModel) -> None:
        self.workspace = workspace
        self.model = model
        self._http = http

    async def session(self) -> Session:
        """A new session."""
        return Session(self._http, (await self._http.post("/session")).json()["id"])

    async def until_performed(self, number: int) -> None:
        """Waits until so many prompts have reached the model."""

        async def performed() -> bool:
            return len(self.model.casting.performances) >= number

        await eventually(performed)


@asynccontextmanager
async def performed(played: Script, folder: Path) -> AsyncIterator[Stage]:
    """Performs a script to a server of its own."""
    workspace = _workspace(folder)
    async with ScriptedModel(played, directory=workspace) as model:
        password = secrets.token_hex()
        port = _free_port()
        environment = _environment(folder, password, model)
        with (
            (folder / "log").open("w") as log,
            subprocess.Popen(  # noqa: ASYNC220
                [str(BINARY), "serve", "--hostname", "127.0.0.1", "--port", str(port)],
                cwd=workspace,
                env=environment,
                stdout=log,
                stderr=log,
            ) as process,
        ):
            try:
                url = f"http://127.0.0.1:{port}"
                await _until_ready(url, password)
                async with httpx.AsyncClient(base_url=url, auth=("opencode", password), timeout=60) as http:
                    yield Stage(http, workspace, model)
            finally:
                process.terminate()


def _workspace(folder: Path) -> Path:
    workspace = folder / "workspace"
    workspace.mkdir()
    (workspace / "old.txt").write_text("a\nb\n")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        identity = ["-c", "user.name=a", "-c", "user.email=a@localhost"]
        subprocess.run(["git", *identity, *command], cwd=workspace, check=True)
    return workspace


def _environment(folder: Path, password: str, model: ScriptedModel) -> dict[str, str]:
    homes = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("DATA", "CONFIG", "STATE", "CACHE")}
    switches = ("AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "OPENCODE_SERVER_PASSWORD": password,
        "OPENCODE_CONFIG_CONTENT": json.dumps(model.opencode_config()),
        **homes,
        **{f"OPENCODE_DISABLE_{name}": "1" for name in switches},
        **model.environment(folder / "shell"),
    }


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


async def _until_ready(url: str, password: str) -> None:
    async with asyncio.timeout(READY_WITHIN):
        while True:
            # Newer servers never answer on the connections of their first moments.
            async with httpx.AsyncClient(base_url=url, auth=("opencode", password), timeout=0.5) as http:
                try:
                    if (await http.get("/global/health")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.1)


async def test_the_documented_reply(tmp_path: Path) -> None:
    """Texts, the output of the command to the byte, tokens, title: as scripted, and nothing was executed."""
    async with performed(loads_script(DOCUMENTED), tmp_path) as stage:
        session = await stage.session()
        last = await session.ask("Please list the files")
        assert [part["text"] for part in last["parts"] if part["type"] == "text"] == [
            "The directory holds three files."
        ]
        assert (last["info"]["finish"], last["info"]["tokens"]["input"], last["info"]["tokens"]["output"]) == (
            "stop",
            3,
            87,
        )
        (state,) = await session.tools()
        assert (state["status"], state["output"], state["input"]["command"]) == (
            "completed",
            "total 60\n...",
            "ls -la",
        )
        await session.until_titled("List current directory files")


async def test_commands_of_all_kinds(tmp_path: Path) -> None:
    """Exit codes, repeated and parallel commands, and none that the script does not run."""
    played = script(
        reply(
            "go",
            tool("bash", {"command": "rm -rf ."}, output="no\n", exit=3),
            tool("bash", {"command": "x"}, output="one", duration=0.3),
            tool("bash", {"command": "x"}, output="two"),
            tool("bash", {"command": "y"}, output="three", parallel=True),
            text("done"),
        )
    )
    async with performed(played, tmp_path) as stage:
        session = await stage.session()
        await session.ask("go")
        states = await session.tools()
        assert [(state["output"], state["metadata"]["exit"]) for state in states] == [
            ("no\n", 3),
            ("one", 0),
            ("two", 0),
            ("three", 0),
        ]
        assert (stage.workspace / "old.txt").exists()


async def test_files_change_and_are_counted(tmp_path: Path) -> None:
    """Writes and edits reach the workspace, old files too, and each prompt knows its diff."""
    played = script(
        reply(
            "go",
            write("new.txt", "one\ntwo\n"),
            edit("/data/workspace/new.txt", "two", "2"),
            edit("old.txt", "b", "c"),
            write("old.txt", "all new\n"),
        )
    )
    async with performed(played, tmp_path) as stage:
        session = await stage.session()
        await session.ask("go")
        assert [state["status"] for state in await session.tools()] == ["completed"] * 4
        assert (stage.workspace / "new.txt").read_text() == "one\n2\n"
        assert (stage.workspace / "old.txt").read_text() == "all new\n"
        diffs = await eventually(session.first_diffs)
        assert {diff["file"]: (diff["additions"], diff["deletions"]) for diff in diffs} == {
            "new.txt": (2, 0),
            "old.txt": (1, 2),
        }


async def test_aborts_do_not_disturb_what_follows(tmp_path: Path) -> None:
    """An aborted command and an aborted silence are over at once; the next prompt gets its own reply."""
    played = script(
        reply("run", tool("bash", {"command": "x"}, output="never", duration=600)),
        reply("wait", sequence=[turn(delay(600)), turn(text("second"))]),
        reply("x again", tool("bash", {"command": "x"}, output="now"), text("third")),
    )
    async with performed(played, tmp_path) as stage:
        session = await stage.session()
        await session.send("run")
        await session.until_a_tool_runs()
        await session.abort()
        await session.send("wait")
        await stage.until_performed(2)
        await session.abort()
        assert (await session.ask("wait"))["parts"][1]["text"] == "second"
        assert (await session.ask("x again"))["parts"][1]["text"] == "third"
        assert (await session.tools())[-1]["output"] == "now"


async def test_failures_of_the_provider(tmp_path: Path) -> None:
    """Refusals, retries, broken streams and unmatched prompts are what the server makes of them."""
    played = script(
        reply("refuse", error=provider_error(401, "bad key")),
        reply("retry", provider_error(429, "slow down", times=2, retry_after=0.1), reasoning("Hm."), text("at last")),
        reply("break", text("partial "), error=stream_error("the line broke")),
    )
    async with performed(played, tmp_path) as stage:
        session = await stage.session()
        refused = (await session.ask("refuse"))["info"]["error"]
        assert (refused["data"]["statusCode"], refused["data"]["message"]) == (401, "bad key")
        retried = await session.ask("retry")
        assert [part.get("text") for part in retried["parts"] if "text" in part] == ["Hm.", "at last"]
        assert "the line broke" in (await session.ask("break"))["info"]["error"]["data"]["message"]
        unmatched = (await session.ask("what?"))["info"]["error"]
        assert unmatched["data"]["message"] == str(stage.model.unmatched[0])
        assert len(stage.model.casting.performances) == 4


async def test_sessions_titles_and_queued_prompts(tmp_path: Path) -> None:
    """Replies know their session, equal prompts have titles of their own, and a queued prompt is answered as itself."""
    played = script(
        reply("hello", text("first session"), session=1, title="One"),
        reply("hello", text("second session"), session=2, title="Two"),
        reply("slow", delay(1), text("slow")),
        reply("queued", text("queue")),
    )
    async with performed(played, tmp_path) as stage:
        for answer, title in [("first session", "One"), ("second session", "Two")]:
            session = await stage.session()
            assert (await session.ask("hello"))["parts"][1]["text"] == answer
            await session.until_titled(title)
        await session.send("slow")
        await stage.until_performed(3)
        assert (await session.ask("queued"))["parts"][1]["text"] == "queue"
        assert [performance.prompt for performance in stage.model.casting.performances][2:] == ["slow", "queued"]
