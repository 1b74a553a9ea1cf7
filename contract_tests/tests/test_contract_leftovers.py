from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web
from pydantic import SecretStr
from typer.testing import CliRunner

from opencode_contract import cli
from opencode_contract.evidence import Json
from opencode_contract.requirements import ALL
from opencode_contract.runner import run_contract
from opencode_contract.safety import visit
from opencode_contract.safety.mark import Mark, mark_of
from opencode_contract.targets import Access, Level
from opencode_contract.targets.connecting import connected
from opencode_contract.targets.contract_script import contract_script
from opencode_fake import FakeServer, RealClock
from opencode_fake.scripts import delay, reply, text
from opencode_fake.server.app import App
from opencode_fake.server.exchange import Outgoing
from opencode_fake.server.journal import Received
from opencode_fake.server.streams import Reader
from opencode_fake.state.store import Session, Store

pytestmark = pytest.mark.system

PASSWORD = "tell-nobody"
OTHERS = ("somebody's work", "opencode-contract notes", "opencode-contract 20260101T000000Z by hand")
LONG_AGO = Mark(datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2), "0123abcd")
JUST_NOW = Mark(datetime.now(UTC).replace(microsecond=0), "4567cdef")
CHECK = [sys.executable, "-c", "from opencode_contract.cli import main; main()", "check"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """A deployment on which others work as well."""
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", PASSWORD)
    with FakeServer(contract_script(), password=PASSWORD, clock=RealClock()) as running:
        for title in OTHERS:
            create(running, title=title)
        yield running


def create(server: FakeServer, **body: object) -> str:
    """A session, made as others make theirs."""
    answer = httpx.post(f"{server.url}/session", json=body, auth=("opencode", PASSWORD), trust_env=False)
    return str(answer.json()["id"])


def titles(server: FakeServer) -> set[str]:
    """The titles of all sessions that there are."""
    answer = httpx.get(f"{server.url}/session", auth=("opencode", PASSWORD), trust_env=False)
    return {session["title"] for session in answer.json()}


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and output of ``opencode-contract``."""
    result = CliRunner().invoke(cli.app, list(arguments))
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("version", "level", "least"),
    [
        ("1.1.34", Level.WRITE, 30),
        ("1.1.53", Level.WRITE, 30),
        ("1.3.2", Level.WRITE, 30),
        ("1.18.34", Level.PROMPT, 50),
    ],
)
async def test_every_session_is_marked_from_its_birth(
    version: str, level: Level, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a requirement does on a deployment, no session exists without the mark, and none is left."""
    born: list[Any] = []
    add = Store.add

    def adding(store: Store, session: Session) -> None:
        born.append(deepcopy(session.info))
        add(store, session)

    monkeypatch.setattr(Store, "add", adding)
    async with FakeServer(contract_script(), version=version, password=PASSWORD, clock=RealClock()) as server:
        access = Access("deployment", server.url, SecretStr(PASSWORD), Level.PROMPT, scripted=True)
        report = await run_contract("here", connected(access), ALL, level=level)
    assert [(failure.requirement.id, failure.message) for failure in report.failures] == []
    assert len(born) > least
    # What is made below a session goes with it.
    assert [info for info in born if mark_of(info) is None and "parentID" not in info] == []
    assert {str(mark_of(info)) for info in born if "parentID" not in info} == {report.mark}
    assert report.left_behind == ()


def fatal(what: Callable[[web.BaseRequest], bool], times: int, victim: list[int]) -> Callable[..., Any]:
    """An App that kills the check after it has done what is asked, and before it answers."""
    original, seen = App._answer, [0]

    async def answer(app: App, request: web.BaseRequest, body: bytes, received: Received) -> Outgoing | Reader:
        outgoing = await original(app, request, body, received)
        seen[0] += what(request)
        if seen[0] == times and victim:
            os.kill(victim.pop(), signal.SIGKILL)
            # Nobody waits for the answer any more.
            await asyncio.sleep(0.05)
        return outgoing

    return answer


def creates(request: web.BaseRequest) -> bool:
    """Whether a session is made."""
    return request.method == "POST" and request.path.endswith(("/session", "/fork"))


def forks(request: web.BaseRequest) -> bool:
    """Whether a session is copied."""
    return request.path.endswith("/fork")


def prompts(request: web.BaseRequest) -> bool:
    """Whether a session is prompted."""
    return request.path.endswith("/prompt_async")


def deletes(request: web.BaseRequest) -> bool:
    """Whether a session is deleted."""
    return request.method == "DELETE" and "/session/ses_" in request.path


@pytest.mark.parametrize(
    ("moment", "times", "options"),
    [
        pytest.param(creates, 1, ["--only", "sessions"], id="the first session"),
        pytest.param(creates, 4, ["--only", "sessions"], id="one that the server names"),
        pytest.param(forks, 1, ["--only", "history"], id="a fork"),
        pytest.param(creates, 2, ["--only", "listing"], id="a child"),
        pytest.param(deletes, 5, ["--only", "sessions,listing"], id="while tidying up"),
        pytest.param(prompts, 1, ["--only", "messages", "--level", "prompt"], id="during a prompt"),
        pytest.param(creates, 1, ["--only", "actions"], id="one made by the client"),
    ],
)
def test_a_check_that_is_killed_leaves_nothing_that_a_sweep_does_not_find(
    server: FakeServer,
    monkeypatch: pytest.MonkeyPatch,
    moment: Callable[[web.BaseRequest], bool],
    times: int,
    options: list[str],
) -> None:
    """Killed between what the server did and its answer, at any moment: the sweep leaves what others have."""
    victim: list[int] = []
    monkeypatch.setattr(App, "_answer", fatal(moment, times, victim))
    with subprocess.Popen([*CHECK, server.url, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        victim.append(process.pid)
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert titles(server) > set(OTHERS)
    code, said = run("sweep", server.url)
    assert code == 0, said
    assert titles(server) == set(OTHERS)
    assert not any(title in said for title in OTHERS)


def test_the_next_check_tells_what_is_left_and_leaves_it_unless_told(server: FakeServer) -> None:
    """Where nobody can be asked, leftovers are told, and deleted with --sweep only; --no-sweep does not look."""
    left = {str(LONG_AGO), str(JUST_NOW)}
    for title in left:
        create(server, title=title)
    code, said = run("check", server.url, "--only", "health", "--level", "write")
    assert code == 0
    assert "2 sessions of earlier runs are here, 1 of runs that began more than an hour ago" in said
    assert f"opencode-contract sweep {server.url}" in said
    code, said = run("check", server.url, "--only", "health", "--no-sweep")
    assert "earlier runs" not in said
    assert left <= titles(server)
    code, said = run("check", server.url, "--only", "health", "--sweep")
    assert (code, "Deleted 2 sessions of earlier runs." in said) == (0, True), said
    assert titles(server) == set(OTHERS)


def test_who_is_asked_agrees_to_what_is_surely_over(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal the old leftovers are offered; a run that began just now may still run, and keeps its own."""

    async def agreed(question: str) -> bool:
        return "Delete the 1 old ones?" in question

    monkeypatch.setattr(visit, "_agreed", agreed)
    for mark in (LONG_AGO, JUST_NOW):
        create(server, title=str(mark))
    code, said = run("check", server.url, "--only", "sessions.list")
    assert (code, "Deleted 1 session of earlier runs." in said) == (0, True), said
    assert titles(server) == {*OTHERS, str(JUST_NOW)}


def test_a_check_that_only_reads_sweeps_nothing(server: FakeServer) -> None:
    """At the level read nothing is deleted either."""
    create(server, title=str(LONG_AGO))
    assert run("check", server.url, "--only", "health", "--level", "read", "--sweep")[0] == 0
    assert str(LONG_AGO) in titles(server)


def test_leftovers_that_stay_are_told(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be deleted is named, and the exit code says that the sweep did not do its work."""
    stuck = create(server, title=str(LONG_AGO))
    original = App._answer

    async def refusing(app: App, request: web.BaseRequest, body: bytes, received: Received) -> Outgoing | Reader:
        return Outgoing(500) if request.method == "DELETE" else await original(app, request, body, received)

    monkeypatch.setattr(App, "_answer", refusing)
    code, said = run("sweep", server.url)
    assert code == 2
    assert f"Could not delete session {stuck}." in said


def test_only_deployments_are_swept() -> None:
    """Other targets keep nothing."""
    code, said = run("sweep", "fake")
    assert (code, "write the URL of a deployment" in said) == (2, True)


def test_a_lost_answer_leaves_no_session(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session whose creation was answered by the proxy with 502 is found by its mark in the end."""
    original, lost = App._answer, [1]

    async def losing(app: App, request: web.BaseRequest, body: bytes, received: Received) -> Outgoing | Reader:
        answer = await original(app, request, body, received)
        if creates(request) and lost and lost.pop():
            return Outgoing(502)
        return answer

    monkeypatch.setattr(App, "_answer", losing)
    code, said = run("check", server.url, "--only", "sessions.create")
    assert (code, "1 passed" in said) == (0, True), said
    assert titles(server) == set(OTHERS)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_without_a_trace(number: signal.Signals, code: int) -> None:
    """Ctrl-C, or a polite kill, deletes the sessions first, and does not look like a failed requirement."""
    slow = [reply(None, delay(60), text("ready"))]
    with FakeServer(slow, password=PASSWORD, clock=RealClock()) as server:
        with subprocess.Popen(
            [*CHECK, server.url, "--level", "prompt", "--only", "messages"],
            env=os.environ | {"OPENCODE_SERVER_PASSWORD": PASSWORD},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            give_up = time.monotonic() + 60
            while not any(entry.path.endswith("/prompt_async") for entry in server.journal):
                assert time.monotonic() < give_up
                time.sleep(0.02)
            process.send_signal(number)
            _, said = process.communicate(timeout=30)
        assert process.returncode == code
        assert "interrupted" in said
        assert "Traceback" not in said
        assert titles(server) == set()


@pytest.mark.parametrize(
    "session",
    [
        {"title": "opencode-contract"},
        {"title": "opencode-contract 20260102T030405Z-0123"},
        {"title": f"about {JUST_NOW}"},
        {"title": "opencode-contract 20269902T030405Z-0123abcd"},
        {"title": None, "permission": "opencode-contract"},
        {"title": "x", "permission": [{"permission": "bash"}, None]},
        [],
    ],
)
def test_what_only_looks_like_a_mark_is_none(session: Json) -> None:
    """Titles of others are not taken for a mark."""
    assert mark_of(session) is None


def test_a_mark_is_read_as_it_was_written() -> None:
    """In a title, with more behind it, and among permissions."""
    mark = Mark.fresh()
    marked: tuple[Json, ...] = (
        {"title": str(mark)},
        {"title": f"{mark} (fork #1)"},
        {"title": "x", "permission": [mark.rule]},
    )
    for session in marked:
        assert mark_of(session) == mark
    assert LONG_AGO.is_older_than(timedelta(hours=1))
    assert not mark.is_older_than(timedelta(hours=1))
