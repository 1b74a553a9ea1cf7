from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from opencode_contract.contract_run import SessionLeftBehind, contract_run
from opencode_contract.errors import TargetUnreachable
from opencode_contract.requirements import by_id
from opencode_contract.requirements.requirement import requirement
from opencode_contract.targets import Level, Subject
from opencode_fake import FakeServer

pytestmark = pytest.mark.system


def run_pytest(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the contract's tests in a folder that knows nothing of this repository."""
    quick = ("-p", "no:cacheprovider", "-p", "no:schemathesis")
    command = [sys.executable, "-m", "pytest", "--pyargs", "opencode_contract", *quick]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OPENCODE_", "PYTEST_"))}
    return subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("mode", ["prepend", "importlib"])
def test_the_contract_runs_by_its_name(tmp_path: Path, mode: str) -> None:
    """``pytest --pyargs opencode_contract`` checks the fake, whatever the import mode."""
    ended = run_pytest(tmp_path, "-k", "health", f"--import-mode={mode}", "--opencode-target", "fake:1.1.53")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "4 passed" in ended.stdout


def test_a_target_that_cannot_be_had_ends_with_2(tmp_path: Path) -> None:
    """A bad target ends the test run with 2 and its message, and no test fails."""
    ended = run_pytest(tmp_path, "-k", "health", OPENCODE_CONTRACT_TARGET="nonsense")
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert "'nonsense' is not a target" in ended.stdout + ended.stderr
    assert "failed" not in ended.stdout


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "xdist"])
def test_a_wrong_password_is_told_once_for_each_process(tmp_path: Path, workers: list[str]) -> None:
    """The reason stands there in one line and ends the test run with 2, also from workers of pytest-xdist."""
    with FakeServer(password="right-one") as server:
        ended = run_pytest(
            tmp_path,
            *("-k", "health", "--opencode-target", server.url, *workers),
            OPENCODE_SERVER_PASSWORD="wrong-one",
            COLUMNS="300",
        )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 2, said
    assert re.search(r"Interrupted: http://\S+: wrong password", said), said
    errors = [line for line in said.splitlines() if line.startswith("ERROR ")]
    assert 1 <= len(errors) <= 2, said
    assert all("wrong password" in line for line in errors)
    assert "crashed" not in said
    assert "wrong-one" not in said


def test_a_server_that_is_gone_ends_the_test_run() -> None:
    """What keeps the contract from going on is the reason for the end of all tests, not of one."""

    async def dies(_: Subject) -> None:
        """It lives."""
        raise TargetUnreachable("it is gone")

    tests = SimpleNamespace(shouldstop=False)
    run_ends = pytest.raises(pytest.fail.Exception, match="it is gone")
    with contract_run(cast("pytest.Session", tests), "fake", None) as run, run_ends:
        run.check(requirement("test.lives", Level.READ, "document: test")(dies))
    assert tests.shouldstop == "it is gone"


def test_sessions_that_stay_are_told_in_pytest(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that could not be deleted is named in a warning, as the command names it."""

    async def does_nothing(_: Subject, __: str) -> None:
        """Deletes nothing."""

    monkeypatch.setattr(Subject, "_delete_session", does_nothing)
    (creating,) = by_id(["sessions.create"])
    is_told = pytest.warns(SessionLeftBehind, match=r"Could not delete session ses_\w+, which this run has created")
    with is_told, contract_run(request.session, "fake", "write") as run:
        run.check(creating)


def test_levels_skip_tests(tmp_path: Path) -> None:
    """What is above the level is skipped."""
    ended = run_pytest(tmp_path, "-k", "costs.cost or health.version", "--opencode-level", "read")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed, 1 skipped" in ended.stdout
