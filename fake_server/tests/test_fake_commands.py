"""Commands, shell commands and summaries of a session."""

from __future__ import annotations

import json
import re

import pytest
from conftest import Serving

from opencode_fake.clock import VirtualClock
from opencode_fake.identifiers import Identifiers
from opencode_fake.run.shell import Shell
from opencode_fake.scripts.compaction import SUMMARY
from opencode_fake.scripts.matching import Casting
from opencode_fake.scripts.model import Script
from opencode_fake.state.world import World
from opencode_fake.versions import behaviours

SCRIPT = {
    "replies": [
        {"prompt": "list", "steps": [{"tool": "bash", "input": {"command": "ls"}, "output": "a.txt\n"}]},
        {"prompt": "Continue", "steps": [{"text": "Went on."}]},
        {"steps": [{"text": "Hello."}]},
    ]
}
MODEL = {"providerID": "scripted", "modelID": "script-1"}


async def test_a_command_is_a_prompt_made_of_its_template(serving: Serving) -> None:
    """With the arguments filled in; one that does not exist is an error."""
    async with serving(SCRIPT) as served:
        session = await served.session()
        body = {"command": "init", "arguments": "for Bob"}
        answer = await served.http.post(f"/session/{session}/command", json=body)
        unknown = await served.http.post(f"/session/{session}/command", json={**body, "command": "nosuch"})
        prompt = (await served.messages(session))[0]["parts"][0]["text"]
    assert answer.json()["parts"][1]["text"] == "Hello."
    assert prompt.endswith("for Bob")
    assert unknown.status_code == 500
    assert "command3.agent" in unknown.text


async def test_init_is_the_command_of_that_name(serving: Serving) -> None:
    """It says no more than that it is done."""
    async with serving(SCRIPT) as served:
        session = await served.session()
        answer = await served.http.post(f"/session/{session}/init", json={**MODEL, "messageID": "msg_0"})
        messages = await served.messages(session)
    assert answer.json() is True
    assert [message["info"]["role"] for message in messages] == ["user", "assistant"]


@pytest.mark.parametrize(
    ("version", "body", "status", "told"),
    [
        ("1.1.53", {"command": "nosuch"}, 500, None),
        ("1.3.2", {"command": "nosuch"}, 500, 'Command not found: "nosuch". Available commands: init, review'),
        (
            "1.1.53",
            {"agent": "nosuch"},
            500,
            'Agent not found: "nosuch". Available agents: build, plan, general, explore',
        ),
        (
            "1.3.2",
            {"agent": "nosuch"},
            500,
            'Agent not found: "nosuch". Available agents: build, explore, general, plan',
        ),
        ("1.3.2", {"model": "scripted/nosuch"}, 400, "Model not found: scripted/nosuch."),
        ("1.14.34", {"model": "scripted/nosuch"}, 500, "Model not found: scripted/nosuch."),
    ],
)
async def test_what_a_command_names_in_vain_is_told_to_its_session(
    serving: Serving, version: str, body: dict[str, str], status: int, told: str | None
) -> None:
    """By an error on the streams; nothing is stored."""
    async with serving(SCRIPT, version=version) as served, served.http.stream("GET", "/event") as stream:
        session = await served.session()
        given = {"command": "init", "arguments": "", **body}
        answer = await served.http.post(f"/session/{session}/command", json=given)
        await served.http.delete(f"/session/{session}")
        said: list[str] = []
        async for line in stream.aiter_lines():
            event = json.loads(line.removeprefix("data: ") or "{}")
            if event.get("type") == "session.error":
                said.append(event["properties"]["error"]["data"]["message"])
            if event.get("type") == "session.deleted":
                break
    assert (answer.status_code, said) == (status, [told] if told else [])


async def test_a_command_for_an_agent_that_does_tasks(serving: Serving) -> None:
    """It becomes a task for that agent, whatever the command says."""
    async with serving(SCRIPT) as served:
        session = await served.session()
        given = {"command": "init", "arguments": "", "agent": "general"}
        await served.http.post(f"/session/{session}/command", json=given)
        (part,) = (await served.messages(session))[0]["parts"]
        (child,) = (await served.http.get(f"/session/{session}/children")).json()
    assert (part["type"], part["agent"], part["command"]) == ("subtask", "general", "init")
    assert child["title"] == f"{part['description']} (@general subagent)"


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("1.1.53", ["session.status", "session.idle"]),
        ("1.14.34", ["session.status", "session.status", "session.idle"]),
        ("1.15.0", []),
    ],
)
async def test_a_shell_command_in_no_session(serving: Serving, version: str, told: list[str]) -> None:
    """Older versions find out that there is none when it has begun to run."""
    async with serving(SCRIPT, version=version) as served:
        body = {"agent": "build", "command": "ls"}
        answer = await served.http.post("/session/ses_00000000000000000000000000/shell", json=body)
        heard = [each.type for each in served.server.events]
    assert (answer.status_code, heard) == (404, told)


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("1.2.27", ["session.status", "session.idle"]),
        ("1.3.2", ["session.error", "session.status", "session.idle"]),
        ("1.14.34", ["session.status", "session.error", "session.status", "session.idle"]),
    ],
)
async def test_a_shell_command_of_nobody_lets_the_session_begin_to_run(
    serving: Serving, version: str, told: list[str]
) -> None:
    """It is idle again at once."""
    async with serving(SCRIPT, version=version) as served, served.http.stream("GET", "/event") as stream:
        session = await served.session()
        await served.http.post(f"/session/{session}/shell", json={"agent": "nosuch", "command": "ls"})
        statuses = (await served.http.get("/session/status")).json()
        heard: list[str] = []
        async for line in stream.aiter_lines():
            kind = json.loads(line.removeprefix("data: ") or "{}").get("type", "")
            heard += [kind] if kind in told else []
            if kind == "session.idle":
                break
    assert (heard, statuses) == (told, {})


async def test_a_shell_command_shows_what_the_script_says_it_prints(serving: Serving) -> None:
    """As a tool call that nobody asked the model for; the session is not named after it."""
    async with serving(SCRIPT) as served:
        session = await served.session()
        body = {"agent": "build", "command": "ls"}
        answer = (await served.http.post(f"/session/{session}/shell", json=body)).json()
        user, _ = await served.messages(session)
        title = (await served.http.get(f"/session/{session}")).json()["title"]
        nobody = await served.http.post(f"/session/{session}/shell", json={**body, "agent": "nosuch"})
    assert user["parts"][0]["text"] == "The following tool was executed by the user"
    (part,) = answer["parts"]
    assert part["state"]["output"] == "a.txt\n"
    assert "finish" not in answer["info"]
    assert title.startswith("New session - ")
    assert nobody.status_code == 500


@pytest.mark.parametrize(
    ("version", "metadata"),
    [
        ("1.1.53", {"output": "a.txt\n", "description": ""}),
        ("1.14.34", {"output": "a.txt\n", "description": ""}),
        ("1.18.34", {"output": "a.txt\n"}),
    ],
)
async def test_what_a_shell_command_is_in_a_version(serving: Serving, version: str, metadata: dict[str, str]) -> None:
    """The server makes its call's id itself; newer versions describe it no more."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        answer = await served.http.post(f"/session/{session}/shell", json={"agent": "build", "command": "ls"})
    (part,) = answer.json()["parts"]
    assert re.fullmatch(r"01[0-9A-HJKMNP-TV-Z]{24}", part["callID"])
    assert part["state"]["metadata"] == metadata


@pytest.mark.parametrize(("version", "busy"), [("1.3.2", False), ("1.14.34", True), ("1.18.34", True)])
def test_a_session_is_busy_with_a_shell_command(version: str, busy: bool) -> None:
    """From 1.14.34 on it says so."""
    casting = Casting(Script.model_validate(SCRIPT))
    world = World(version, behaviours(version), "/data/workspace", casting, Identifiers(0), VirtualClock().now)
    shell = Shell(world, world.create_session("/data/workspace"), "build", None, "ls")
    told = [event.properties["status"] for event in shell.events() if event.type == "session.status"]
    assert told == [{"type": "busy"}, {"type": "idle"}][not busy :]


async def test_a_summary_names_its_session_before_it_is_paid(serving: Serving) -> None:
    """The title comes while the summary is written, so that it does not show its cost."""
    told: list[tuple[bool, float]] = []
    async with serving(SCRIPT, version="1.18.34") as served, served.http.stream("GET", "/event") as stream:
        session = await served.session()
        await served.http.post(f"/session/{session}/summarize", json=MODEL)
        await served.http.delete(f"/session/{session}")
        async for line in stream.aiter_lines():
            event = json.loads(line.removeprefix("data: ") or "{}")
            if event.get("type") == "session.updated":
                info = event["properties"]["info"]
                told.append((info["title"].startswith("New session"), info["cost"]))
            if event.get("type") == "session.deleted":
                break
    assert [named_late for named_late, _ in told] == [False, False]
    assert told[0][1] == 0 < told[1][1]


async def test_a_summary_is_an_answer_of_its_own_agent(serving: Serving) -> None:
    """On its own account the server goes on afterwards."""
    async with serving(SCRIPT) as served:
        session = await served.session()
        await served.prompt(session, "hello")
        done = await served.http.post(f"/session/{session}/summarize", json=MODEL)
        asked, summary = (await served.messages(session))[2:]
        await served.http.post(f"/session/{session}/summarize", json={**MODEL, "auto": True})
        last = (await served.messages(session))[-1]
    assert done.json() is True
    assert [(part["type"], part["auto"]) for part in asked["parts"]] == [("compaction", False)]
    assert (summary["info"]["agent"], summary["info"]["summary"]) == ("compaction", True)
    assert summary["parts"][1]["text"] == SUMMARY
    assert last["parts"][1]["text"] == "Went on."


async def test_text_files_of_a_prompt_are_read(serving: Serving) -> None:
    """From a data URL, in old versions with rubbish in front, and from the workspace; a missing one is told."""
    script = {"replies": [{"steps": [{"write": "a.txt", "content": "hi\n"}, {"text": "Wrote."}]}]}
    data = {"type": "file", "mime": "text/plain", "filename": "b.txt", "url": "data:text/plain;base64,aGVsbG8="}
    local = {"type": "file", "mime": "text/plain", "url": "file:///data/workspace/a.txt"}
    texts = {}
    for version in ("1.1.53", "1.3.2"):
        async with serving(script, version=version) as served:
            session = await served.session()
            await served.prompt(session, "write")
            body = {"noReply": True, "parts": [data, local, {**local, "url": "file:///data/workspace/no.txt"}]}
            message = (await served.http.post(f"/session/{session}/message", json=body)).json()
        texts[version] = [part.get("text", part["type"]) for part in message["parts"]]
    old, new = texts["1.1.53"], texts["1.3.2"]
    assert old[0] == 'Called the Read tool with the following input: {"filePath":"b.txt"}'
    assert old[1].endswith("hello")
    assert len(old[1]) > len("hello")
    assert new[1] == "hello"
    assert old[2] == old[5] == "file"
    assert old[4].startswith("<file>\n00001| hi")
    assert old[-1].startswith(
        "Read tool failed to read /data/workspace/no.txt with the following error: File not found"
    )
    assert len(old) == 8


async def test_binary_files_are_stored_as_sent(serving: Serving) -> None:
    """A picture is nothing to read."""
    picture = {"type": "file", "mime": "image/png", "filename": "a.png", "url": "data:image/png;base64,iVBORw0KGgo="}
    async with serving() as served:
        session = await served.session()
        body = {"noReply": True, "parts": [picture]}
        parts = (await served.http.post(f"/session/{session}/message", json=body)).json()["parts"]
    assert [part["url"] for part in parts] == [picture["url"]]
