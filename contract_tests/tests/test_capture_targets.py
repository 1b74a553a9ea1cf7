"""Captures of targets: what they hold, what they leave behind, and what they keep to themselves; the two commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from opencode_contract.capture.command import Taking
from opencode_contract.capture.model import read_capture
from opencode_contract.capture.probes import Probe, harmless, probes
from opencode_contract.cli import app
from opencode_contract.errors import BadTarget
from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.cast import Cast, complete
from opencode_contract.fidelity.compare import Performance
from opencode_contract.fidelity.scene import PATIENT
from opencode_contract.fidelity.steps import Await, Send
from opencode_contract.safety.mark import mark_of
from opencode_contract.targets import Level
from opencode_fake import FakeServer
from opencode_sandbox import AsyncSandboxClient, SandboxConfig

PASSWORD = "ein-Geheimnis-das-nie-erscheint"
SECRET = "the plan that nobody may read"
SOME = "health,create.title,patch.title,fresh.get,list.limit-1,get.session-missing,around.path"


async def test_deployment_is_only_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default nothing is created on a deployment, and neither its contents nor the password are written down."""
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", PASSWORD)
    async with (
        FakeServer(password=PASSWORD, version="1.18.34") as server,
        AsyncSandboxClient(SandboxConfig(server.url, PASSWORD)) as client,
    ):
        session = await client.create_session(SECRET)
        capture = await Taking.of(server.url).run()
        assert [each.id for each in await client.list_sessions()] == [session.id]
    text = capture.to_json()
    assert (capture.level, capture.contents, capture.version) == ("read", "placeholders", "1.18.34")
    listed = next(each for each in capture.observations if each.probe == "around.session")
    assert '"title": "<text>"' in json.dumps(listed.answer.body)
    assert SECRET not in text
    assert session.id not in text
    assert PASSWORD not in text
    assert capture.document.routes


async def test_sessions_made_on_a_deployment_are_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the level write sessions are made, and in the end only those of others are left."""
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", PASSWORD)
    async with (
        FakeServer(password=PASSWORD) as server,
        AsyncSandboxClient(SandboxConfig(server.url, PASSWORD)) as client,
    ):
        session = await client.create_session(SECRET)
        capture = await Taking.of(server.url, Level.WRITE, SOME).run()
        assert [each.id for each in await client.list_sessions()] == [session.id]
    assert any(each.probe == "patch.title" and each.answer.status == 200 for each in capture.observations)
    assert SECRET not in capture.to_json()


async def test_no_prompts_on_a_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real model never says the same twice, so prompts are refused with what to do instead."""
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", PASSWORD)
    with pytest.raises(BadTarget, match="Capture local:VERSION"):
        Taking.of("https://your-app.fly.dev/opencode", Level.PROMPT)


def test_sessions_on_deployments_carry_a_mark() -> None:
    """Whatever makes a session there puts the mark into its title, and nothing but sessions is touched."""
    for probe in filter(None, map(harmless, probes(Level.WRITE))):
        for step in complete(probe.case):
            if isinstance(step, Send) and step.method == "POST" and step.path.strip("/") == "session":
                assert isinstance(step.body, dict), probe.case.name
                assert mark_of(step.body) is not None, probe.case.name


def test_read_level_creates_nothing() -> None:
    """Its probes only look."""
    found = probes(Level.READ)
    methods = {step.method for probe in found for step in complete(probe.case) if isinstance(step, Send)}
    assert len(found) > 50
    assert methods == {"GET", "HEAD", "OPTIONS"}


async def test_what_was_waited_for_in_vain_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy server is late, which says nothing of what it does; what never comes is put down in the end."""
    monkeypatch.setattr("opencode_contract.fidelity.scene.AWAITING_SECONDS", 0.01)
    never = Case("never", "GET /event", "events", (Await("no.such.event"), Send("GET", "/global/health")), events=True)
    monkeypatch.setattr("opencode_contract.capture.taking.probes", lambda *_: (Probe(never, Level.READ, odd=False),))
    played: list[float | None] = []
    play = Cast.play

    async def noted(cast: Cast, case: Case, quiet: float | None = None) -> Performance:
        shown = await play(cast, case, quiet)
        if case is never:
            played.append(quiet)
            assert shown.late
        return shown

    monkeypatch.setattr(Cast, "play", noted)
    capture = await Taking.of("fake").run()
    assert played == [None, PATIENT]
    assert [each.answer.status for each in capture.observations] == [200]


def test_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A capture is written and compared with a target; the exit codes tell safe, breaking and neither."""
    monkeypatch.setattr("opencode_contract.commands.capture.Taking", _Some)
    monkeypatch.setattr("opencode_contract.compare.command.Taking", _Some)
    runner = CliRunner()
    old, new = (tmp_path / f"{version}.json" for version in ("1.1.53", "1.18.34"))
    for path in (old, new):
        result = runner.invoke(app, ["capture", f"fake:{path.stem}", "-o", str(path)])
        assert result.exit_code == 0, result.output
        assert read_capture(path).version == path.stem
    assert runner.invoke(app, ["compare", str(old), "fake:1.1.53"]).exit_code == 0
    breaking = runner.invoke(app, ["compare", str(old), str(new)])
    assert breaking.exit_code == 1
    assert "BREAKING" in breaking.output
    assert "todo: id" in breaking.output
    told = json.loads(runner.invoke(app, ["compare", str(old), str(new), "--json"]).output)
    assert told["verdict"] == "breaking"
    assert told["counts"]["breaking"] == sum(each["severity"] == "breaking" for each in told["findings"])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", None, "there is no file"),
        ("a.json", "[]", "is no capture (at its beginning: Input should be an object)"),
        (
            "a.json",
            '{"format": 99, "kit": "", "target": "", "kind": "fake", "version": "", "level": "read"}',
            "format 99",
        ),
        ("a", None, "is not a target"),
    ],
)
def test_what_cannot_be_compared(tmp_path: Path, name: str, text: str | None, said: str) -> None:
    """Exit code 2, and what to write instead."""
    path = tmp_path / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["compare", str(path), "fake:1.1.53"])
    assert result.exit_code == 2
    assert said in result.output


class _Some(Taking):
    """A capture of a few probes."""

    @classmethod
    def of(cls, target: str, level: Level | None = None, only: str = "*", *, contract: bool = False) -> Taking:
        """The same, with less to ask."""
        return Taking.of(target, level, f"{SOME},tool.todos" if only == "*" else only, contract=contract)
