"""A user's tests with every name typed, as an editor sees them: for wheel-test."""

from __future__ import annotations

import pytest

from opencode_fake import FakeServer, ManualClock, Prompt
from opencode_fake.scripts import Exactly, Reply, delay, reply, text, tool, write
from opencode_fixtures import OpencodeServer, Servers, names, script
from opencode_sandbox import AsyncSandboxClient, SandboxClient

REPLIES: list[Reply] = [
    reply("list the files", tool("bash", {"command": "ls"}, output="a.py\n"), text("Only a.py.")),
    reply(Exactly(exactly="write one"), write("b.py", "print()"), delay(60), text("Done.")),
]


@pytest.mark.opencode(script=REPLIES)
def test_the_files(opencode_server: OpencodeServer, opencode_client: SandboxClient) -> None:
    """Lists files."""
    session = opencode_client.create_session()
    answer: str = opencode_client.ask(session.id, "Please list the files", timeout=20).text
    assert answer == "Only a.py."
    opencode_server.assert_prompts("list the files")
    prompts: tuple[Prompt, ...] = opencode_server.assert_prompted("list", times=1)
    assert prompts[0].session_id == session.id
    assert [each.name for each in opencode_server.unused] == [None]


@pytest.mark.opencode(script="rate-limit", clock=ManualClock)
def test_patience(opencode_server: FakeServer, opencode_client: SandboxClient) -> None:
    """Steps over two retries."""
    session = opencode_client.create_session()
    opencode_client.send_prompt(session.id, "anything")
    for attempt in (1, 2):
        opencode_server.told("session.status", having={"status": {"type": "retry", "attempt": attempt}}).wait()
        opencode_server.advance(1)
    assert opencode_server.told("session.idle").wait().type == "session.idle"
    opencode_server.assert_requested("POST", "/session/*/prompt_async", times=1)


async def test_awaiting(opencode_server: OpencodeServer, opencode_async_client: AsyncSandboxClient) -> None:
    """The same to await."""
    opencode_server.play(reply("hello", text("Hi.")))
    async with opencode_async_client as client:
        session = await client.create_session()
        assert (await client.ask(session.id, "hello", timeout=20)).text == "Hi."
        assert (await opencode_server.prompted("hello")).text == "hello"


def test_several(opencode_servers: Servers, opencode_environment: dict[str, str]) -> None:
    """Two versions, and a script by its name."""
    old, new = opencode_servers(script("document")), opencode_servers(version="1.18.34")
    assert (old.version, new.version) == ("1.1.53", "1.18.34")
    assert "document" in names()
    assert opencode_environment["OPENCODE_SERVER_URL"].startswith("http://")
