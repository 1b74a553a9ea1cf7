from __future__ import annotations

import http.server
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web
from typer.testing import CliRunner, Result

from opencode_contract import cli
from opencode_fake import FakeServer
from opencode_fake.scripts import reply, text
from opencode_fake.server.app import App
from opencode_fake.server.exchange import Outgoing
from opencode_fake.server.journal import Received
from opencode_fake.server.streams import Reader

PASSWORD = "tell-nobody"


def run(*arguments: str) -> Result:
    """Runs ``opencode-contract``."""
    return CliRunner().invoke(cli.app, list(arguments))


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """A fake that is reached as a deployment is, its password in the environment."""
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", PASSWORD)
    with FakeServer([reply(None, text("ready"))], password=PASSWORD) as server:
        yield server


@pytest.fixture
def website() -> Iterator[str]:
    """A server that is not OpenCode."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_contract_that_holds_ends_with_0() -> None:
    """The fake passes, and a table says so."""
    result = run("check", "fake", "--only", "auth,health.version")
    assert result.exit_code == 0
    assert "11 passed, 0 failed" in result.stdout


def test_a_requirement_that_fails_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake without password check is found, with the evidence below the table."""
    monkeypatch.setattr("opencode_fake.server.gate.Gate.admits", lambda _gate, _headers, _query: True)
    result = run("check", "fake", "--only", "auth.without-password,health.version")
    assert result.exit_code == 1
    assert "GET /session should answer 401 and answers 200" in result.stdout
    assert "1 passed, 1 failed" in result.stdout


def test_a_deployment_is_checked_up_to_write(deployment: FakeServer) -> None:
    """On a deployment no prompt is sent unless it is asked for, and no session is left."""
    result = run("check", deployment.url, "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert report["level"] == "write"
    assert {each["outcome"] for each in report["results"] if each["level"] == "prompt"} == {"skipped"}
    assert _created(deployment) > 10
    assert report["left_behind"] == []
    assert PASSWORD not in result.output


def test_what_will_be_done_is_said_before_it_is_done(deployment: FakeServer) -> None:
    """The level and what it means, how many requirements that is, and the mark of the sessions."""
    result = run("check", deployment.url, "--only", "health,sessions", "--json")
    report = json.loads(result.stdout)
    checked = [each for each in report["results"] if each["outcome"] in {"passed", "failed"}]
    levels = [each["level"] for each in checked]
    assert "Level write: it reads, creates sessions and deletes them; it sends no prompt." in result.stderr
    assert f"{len(checked)} requirements: {levels.count('read')} read, {levels.count('write')} write." in result.stderr
    assert f"the mark '{report['mark']}'" in result.stderr
    assert "creates nothing" in run("check", deployment.url, "--level", "read", "--only", "health").stderr


def test_a_deployment_is_only_read_when_told_so(deployment: FakeServer) -> None:
    """At the level read nothing is created."""
    result = run("check", deployment.url, "--level", "read")
    assert result.exit_code == 0
    accepted = [entry for entry in deployment.journal if (entry.status or 0) < 400]
    assert {entry.method for entry in accepted if entry.path == "/session"} == {"GET"}


def test_prompts_to_a_deployment_can_be_allowed(deployment: FakeServer) -> None:
    """At the level prompt what needs no script is checked with any model."""
    result = run(
        "check", deployment.url, "--level", "prompt", "--only", "prompts.accepted,messages.finish,tools.output"
    )
    assert result.exit_code == 0
    assert "2 passed, 0 failed, 0 skipped, 1 not applicable" in result.stdout


@pytest.mark.parametrize(("only", "code"), [("health.json,health.version", 2), ("health,auth.without-password", 1)])
def test_what_the_network_broke_ends_with_2_unless_something_failed(
    deployment: FakeServer, monkeypatch: pytest.MonkeyPatch, only: str, code: int
) -> None:
    """A proxy that answers 502 to one path leaves the contract unchecked there; a failure elsewhere counts for more."""
    original = App._answer

    async def answer(app: App, request: web.BaseRequest, body: bytes, received: Received) -> Outgoing | Reader:
        return (
            Outgoing(502) if request.path.endswith("/session/status") else await original(app, request, body, received)
        )

    monkeypatch.setattr(App, "_answer", answer)
    if code == 1:
        monkeypatch.setattr("opencode_fake.server.gate.Gate.admits", lambda _gate, _headers, _query: True)
    result = run("check", deployment.url, "--only", only, "--wait", "1")
    assert result.exit_code == code
    assert "1 not checked" in result.stdout
    assert "the network: bad gateway: the proxy answers 502" in result.stdout


def test_a_wrong_password_ends_with_2(deployment: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong password is no failure of the server, and is not repeated."""
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", "wrong-one")
    result = run("check", deployment.url)
    assert result.exit_code == 2
    assert "wrong password" in result.stderr
    assert "wrong-one" not in result.output


def test_a_password_that_cannot_be_sent_ends_with_2(deployment: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an environment in Latin-1 holds is no text that a server could compare."""
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", os.fsdecode(b"p\xe4"))
    result = run("check", deployment.url)
    assert result.exit_code == 2
    assert "OPENCODE_SERVER_PASSWORD is not UTF-8" in result.stderr


def test_a_missing_password_ends_with_2(deployment: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a password the message says where to put it."""
    monkeypatch.delenv("OPENCODE_SERVER_PASSWORD")
    result = run("check", deployment.url)
    assert result.exit_code == 2
    assert "OPENCODE_SERVER_PASSWORD" in result.stderr


def test_a_wrong_prefix_ends_with_2(deployment: FakeServer) -> None:
    """A URL that lacks the path prefix is no failure of the server."""
    result = run("check", deployment.url.removesuffix("/opencode"))
    assert result.exit_code == 2
    assert "wrong prefix" in result.stderr
    assert deployment.url in result.stderr


def test_what_is_not_opencode_ends_with_2(website: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another kind of server is told as such."""
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", PASSWORD)
    result = run("check", website)
    assert result.exit_code == 2
    assert "a web page is answered where OpenCode answers JSON" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["check", "nonsense"], "write one of: fake"),
        (["check", "fake:0.0.1"], "0.0.1"),
        (["check", "local:/no/such/file"], "/no/such/file"),
        (["check", "fake", "--level", "all"], "read, write or prompt"),
        (["check", "fake", "--only", "health.verson"], "health.version"),
        (["check", "fake", "--junit", "/no/such/folder/x.xml", "--only", "health"], "/no/such/folder/x.xml"),
        (["check"], "check --help"),
        (["check", "https://opencode:tell-nobody@your-app.fly.dev/opencode"], "OPENCODE_SERVER_PASSWORD"),
        (["sweep", "https://opencode:tell-nobody@your-app.fly.dev/opencode"], "OPENCODE_SERVER_PASSWORD"),
        (["check", "HTTPS://opencode:tell-nobody@your-app.fly.dev/"], "OPENCODE_SERVER_PASSWORD"),
        (["check", "https://opencode:tell-nobody/@your-app.fly.dev:x/opencode"], "OPENCODE_SERVER_PASSWORD"),
        (["check", "opencode:tell-nobody@your-app.fly.dev/opencode"], "OPENCODE_SERVER_PASSWORD"),
        (["fetch", "newest"], "1.1.53"),
    ],
)
def test_bad_arguments_end_with_2(arguments: list[str], advice: str) -> None:
    """Whatever cannot be run says what to write, and does not look like a failed requirement."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert advice in result.stderr
    assert "Traceback" not in result.output
    assert "tell-nobody" not in result.output


def test_without_npm_fetching_ends_with_2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A real server that cannot be fetched is no failed requirement either."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for arguments in (["check", "local:1.1.53"], ["fetch", "1.1.53"]):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "npm is not installed" in result.stderr


def test_the_junit_report_is_written(tmp_path: Path) -> None:
    """Besides the table, or the JSON, there can be a file for build servers."""
    path = tmp_path / "report.xml"
    assert run("check", "fake", "--only", "health", "--junit", str(path)).exit_code == 0
    assert 'tests="4"' in path.read_text(encoding="utf-8")


def test_listing_checks_nothing() -> None:
    """``--list`` shows what would be checked; ``requirements`` shows all there is."""
    result = run("check", "local:9.9.9", "--list", "--only", "health,tools", "--level", "read")
    assert result.exit_code == 0
    assert "health.version" in result.stdout
    assert "tools.output" not in result.stdout
    assert "tools.output" in run("requirements").stdout


def _created(server: FakeServer) -> int:
    return sum((entry.method, entry.path, entry.status) == ("POST", "/session", 200) for entry in server.journal)
