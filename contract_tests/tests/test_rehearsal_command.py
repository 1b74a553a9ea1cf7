"""The whole command on stand-ins for OpenCode that lose sessions as the real versions do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from typer.testing import CliRunner, Result

from opencode_contract.cli import app
from opencode_contract.errors import NpmMissing

pytestmark = pytest.mark.system

STUB = Path(__file__).with_name("rehearsal_stub.py")
SECRET = "secret of the user"
ALL = ("subagent", "fork", "elsewhere", "attachment", "failed", "structured", "interrupted", "tools", "child")
WITHOUT = ("--without", ",".join(ALL))
"""What the stand-ins cannot write."""

Rehearse = Callable[..., Result]


def no_npm() -> NoReturn:
    """Stands in for npm where there is none."""
    raise NpmMissing("npm is not installed")


@pytest.fixture(autouse=True)
def proven(monkeypatch: pytest.MonkeyPatch) -> None:
    """The versions that there are stand-ins for; they need no second chance, and npm is not asked for more."""
    monkeypatch.setattr("opencode_contract.rehearsal.command.PROVEN_VERSIONS", ("1.15.13", "1.17.19"))
    monkeypatch.setattr("opencode_contract.rehearsal.witness.PATIENCE", 0)
    monkeypatch.setattr("opencode_contract.rehearsal.command.Npm", no_npm)


@pytest.fixture
def binaries(tmp_path: Path) -> Callable[..., tuple[str, ...]]:
    """Makes stand-ins, some of which do something wrong, and gives the options that name them."""

    def make(**modes: str) -> tuple[str, ...]:
        options: list[str] = []
        for version in ("1.1.53", "1.1.65", "1.15.13", "1.17.19", "1.18.34"):
            path = tmp_path / f"opencode-{version}"
            mode = modes.get("v" + version.replace(".", "_"), "well")
            path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{STUB}" {version} {mode} "$@"\n')
            path.chmod(0o755)
            options += ["--binary", f"{version}={path}"]
        return tuple(options)

    return make


@pytest.fixture
def rehearse(binaries: Callable[..., tuple[str, ...]]) -> Rehearse:
    """Runs the command on stand-ins."""

    def run(*arguments: str, **modes: str) -> Result:
        kinds = () if "--data" in arguments else WITHOUT
        return CliRunner().invoke(app, ["rehearse", *arguments, *kinds, *binaries(**modes)])

    return run


def make_data(folder: Path) -> Path:
    """Data of somebody's own, in a directory that is not there."""
    path = folder / "opencode" / "storage" / "session" / "global" / "ses_1.json"
    path.parent.mkdir(parents=True)
    part = {"id": "prt_1", "type": "text", "text": SECRET}
    messages = [{"info": {"id": "msg_1", "role": "user"}, "parts": [part]}]
    held = {"id": "ses_1", "directory": "/nowhere", "projectID": "global", "title": SECRET, "messages": messages}
    path.write_text(json.dumps(held))
    return folder / "opencode"


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file, what it holds and when it was written."""
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def report(result: Result) -> dict[str, Any]:
    """What ``--json`` printed."""
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def marks(upgrade: dict[str, Any]) -> list[str]:
    """How the questions were answered."""
    return [each["mark"] for each in upgrade["questions"]]


def test_a_safe_upgrade(rehearse: Rehearse) -> None:
    """Everything is there, goes on, and can be gone back from."""
    result = rehearse("1.1.53", "1.1.65", "--json")
    assert result.exit_code == 0, result.output
    found = report(result)
    assert found["verdict"] == "safe"
    assert marks(found["asked"]) == ["good"] * 4
    assert found["before"]["sessions"] == found["before"]["stored"] == 3
    assert found["asked"]["findings"] == []
    assert found["proposed"] is None


def test_an_upgrade_that_loses_data_and_the_way_round(rehearse: Rehearse) -> None:
    """The loss is found although health is green; the newest version on the way is found that helps, and tried."""
    result = rehearse("1.1.53", "1.18.34", "--json")
    assert result.exit_code == 1, result.output
    found = report(result)
    assert "3 of 3 sessions are gone" in found["headline"]
    assert "health check stays green" in found["alarms"][0]
    assert marks(found["asked"]) == ["bad", "bad", "warning"]
    assert found["proposed"]["path"] == ["1.1.53", "1.15.13", "1.18.34"]
    assert marks(found["proposed"]) == ["good", "good", "good", "warning"]
    assert "fetch 1.15.13)" in "".join(found["advice"])
    assert "Do not start 1.18.34 on the data before that" in "".join(found["advice"])
    assert [each["path"] for each in found["tried"] if each["keeps all"]] == [
        ["1.1.53", "1.15.13"],
        ["1.1.53", "1.15.13", "1.18.34"],
    ]


def test_a_given_path(rehearse: Rehearse) -> None:
    """It is tried as it is."""
    result = rehearse("1.1.53", "1.18.34", "--path", "1.15.13", "--json")
    assert result.exit_code == 0
    assert report(result)["asked"]["path"] == ["1.1.53", "1.15.13", "1.18.34"]


def test_unreadable_messages(rehearse: Rehearse) -> None:
    """A session that is listed and cannot be read is lost."""
    result = rehearse("1.1.53", "1.1.65", "--json", v1_1_65="blind")
    assert result.exit_code == 1
    assert {finding["rule"] for finding in report(result)["asked"]["findings"]} == {"messages-unreadable"}


def test_a_history_that_does_not_reach_the_model(rehearse: Rehearse) -> None:
    """What a server shows it may still have forgotten."""
    result = rehearse("1.1.53", "1.1.65", "--json", v1_1_65="forgets")
    assert result.exit_code == 1
    assert marks(report(result)["asked"]) == ["good", "good", "bad", "good"]


def test_a_version_that_does_not_start_on_the_data(rehearse: Rehearse) -> None:
    """That is a verdict where it starts without any."""
    result = rehearse("1.1.53", "1.1.65", "--path", "direct", v1_1_65="ill")
    assert result.exit_code == 1
    assert "does not work on this data" in result.stdout
    assert "cannot read the data" in result.stdout


def test_given_data_stays_as_it_is_and_out_of_the_report(rehearse: Rehearse, tmp_path: Path) -> None:
    """Nothing is written to it, and nothing of what it holds is printed."""
    data = make_data(tmp_path / "given")
    before = contents(tmp_path / "given")
    for arguments in (("1.1.65", "--json"), ("1.18.34", "--path", "direct")):
        result = rehearse("1.1.53", *arguments, "--data", str(data), v1_1_65="blind")
        assert result.exit_code == 1, result.output
        assert "ses_1" in result.stdout
        assert SECRET not in result.output
    assert contents(tmp_path / "given") == before


def test_data_that_the_old_version_does_not_see(rehearse: Rehearse, tmp_path: Path) -> None:
    """There is nothing to compare with: it cannot be rehearsed."""
    result = rehearse("1.17.19", "1.18.34", "--data", str(make_data(tmp_path)))
    assert result.exit_code == 2
    assert "1.17.19 itself shows none of the 1 sessions" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["one", "1.1.65"], "'one' is no version: write one such as 1.1.53"),
        (["1.1.53", "local:/no/such/file"], "there is no file /no/such/file"),
        (["1.1.53", "1.1.65", "--data", "/no/such/folder"], "there is no directory /no/such/folder"),
        (["1.1.53", "1.1.65", "--data", ".", "--without", "fork"], "leave it out"),
        (["1.1.53", "1.1.65", "--without", "nonsense"], "no sessions of the kind 'nonsense'"),
        (["1.1.53", "1.1.65", "--binary", "1.1.53"], "write VERSION=PATH"),
    ],
)
def test_what_cannot_be_rehearsed(arguments: list[str], message: str) -> None:
    """A clear message, and exit code 2."""
    result = CliRunner().invoke(app, ["rehearse", *arguments])
    assert result.exit_code == 2
    assert message in result.output


def test_nothing_is_left_after_an_interrupt(binaries: Callable[..., tuple[str, ...]], tmp_path: Path) -> None:
    """Neither servers nor folders."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-c", "from opencode_contract.cli import main; main()", "rehearse", "1.1.53", "1.18.34"]
    with subprocess.Popen(
        [*command, *WITHOUT, *binaries()],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    ) as process:
        assert process.stderr is not None
        assert any("1.1.53 writes" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        process.stderr.read()
        assert process.wait() == 130
    left = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout
    assert str(temporary) not in left
    deadline = time.monotonic() + 20
    while any(temporary.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(temporary.iterdir()) == []
