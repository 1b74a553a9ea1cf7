"""Running other people's clients: where they get the server from, and how their failures are told."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from opencode_contract.clients import Stage, Terminal, client_environment, run_client, stage
from opencode_contract.document import kept, without_prose
from opencode_contract.errors import BadTarget, ClientFailed
from opencode_fake.scripts.model import JsonObject, Script

pytestmark = pytest.mark.system

NOWHERE = Stage("http://127.0.0.1:9", SecretStr("a-secret"), "1.1.53", "/data/workspace")


async def test_a_stage_is_a_server_at_the_root_of_its_address() -> None:
    """Clients take no path in the address."""
    async with stage("fake:1.1.53", Script()) as on, httpx.AsyncClient(trust_env=False) as http:
        password = on.password.get_secret_value()
        answer = await http.get(f"{on.url}/path", auth=("opencode", password))
    assert answer.json()["directory"] == on.directory
    assert password not in repr(on)


@pytest.mark.parametrize("target", ["fake", "fake:", "https://example.com", "real:1.1.53"])
async def test_what_performs_no_script_is_refused(target: str) -> None:
    """The message says what to write."""
    with pytest.raises(BadTarget, match=r"write fake:1\.1\.53"):
        async with stage(target, Script()):
            pass


async def test_a_client_knows_address_and_password_by_variables(tmp_path: Path) -> None:
    """They are in no command line, and its home is not the user's."""
    program = "import os; print(*(os.environ[n] for n in ('OPENCODE_SERVER_URL', 'OPENCODE_SERVER_PASSWORD', 'HOME')))"
    said = await run_client(NOWHERE, tmp_path, sys.executable, "-c", program)
    assert said.split() == [NOWHERE.url, "a-secret", str(tmp_path)]


async def test_a_client_that_fails_is_quoted(tmp_path: Path) -> None:
    """Code and last words."""
    with pytest.raises(ClientFailed, match=r"ended with code 3 and said:\nalas"):
        await run_client(NOWHERE, tmp_path, sys.executable, "-c", "import sys; print('alas'); sys.exit(3)")


async def test_a_client_that_does_not_end_is_ended(tmp_path: Path) -> None:
    """And said so."""
    with pytest.raises(ClientFailed, match=r"was not at its end within 0\.5 s"):
        await run_client(NOWHERE, tmp_path, sys.executable, "-c", "import time; time.sleep(60)", seconds=0.5)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
async def test_a_terminal_is_typed_into_and_read(tmp_path: Path) -> None:
    """What does not come is told together with the screen."""
    environment = client_environment(NOWHERE, tmp_path)
    async with Terminal("cat", environment=environment, folder=tmp_path) as terminal:
        await terminal.type("hello; world")
        await terminal.press("Enter")
        screen = await terminal.shows("hello; world\nhello; world")
        with pytest.raises(ClientFailed, match=r"(?s)\['bye'\] did not come.*hello; world"):
            await terminal.shows("bye", seconds=0.3)
    assert screen.count("hello") == 2


def lives(process: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
async def test_a_program_does_not_outlive_its_terminal(tmp_path: Path) -> None:
    """One that ignores the end of its terminal is ended all the same."""
    program = (
        "import os, signal, time; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        "print('pid', os.getpid(), 'end', flush=True); time.sleep(60)"
    )
    environment = client_environment(NOWHERE, tmp_path)
    async with Terminal(sys.executable, "-c", program, environment=environment, folder=tmp_path) as terminal:
        words = (await terminal.shows("pid", "end")).split()
    async with asyncio.timeout(10):
        while lives(int(words[1])):  # noqa: ASYNC110 - nothing tells of the end of somebody else's child
            await asyncio.sleep(0.01)


def test_a_description_is_kept_without_its_prose() -> None:
    """A property that is called as prose is stays."""
    schema: JsonObject = {
        "type": "object",
        "description": "A",
        "properties": {"title": {"type": "string", "title": "B"}},
    }
    assert without_prose(schema) == {"type": "object", "properties": {"title": {"type": "string"}}}


def test_a_description_is_kept_without_what_the_fake_never_serves() -> None:
    """The schemas that only that led to go too."""
    answer: JsonObject = {
        "200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}
    }
    other: JsonObject = {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/B"}}}}}
    document = kept(
        {
            "openapi": "3.1.0",
            "info": {},
            "paths": {
                "/a": {"get": {"operationId": "a", "responses": answer}},
                "/tui/b": {"get": {"operationId": "b", "responses": other}},
            },
            "components": {"schemas": {"A": {"type": "string"}, "B": {"type": "number"}}},
        }
    )
    assert document["paths"] == {
        "/a": {
            "get": {
                "operationId": "a",
                "responses": {
                    "200": {
                        "description": "",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}},
                    }
                },
            }
        }
    }
    assert document["components"] == {"schemas": {"A": {"type": "string"}}}
