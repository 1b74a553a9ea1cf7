from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest


def run_pytest(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the contract's tests in a folder that knows nothing of this repository."""
    installed = any(entry.value == "opencode_contract.plugin" for entry in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "opencode_contract.plugin"]
    command = [sys.executable, "-m", "pytest", *plugin, "--pyargs", "opencode_contract", "-p", "no:cacheprovider"]
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


def test_levels_skip_tests(tmp_path: Path) -> None:
    """What is above the level is skipped."""
    ended = run_pytest(tmp_path, "-k", "costs.cost or health.version", "--opencode-level", "read")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed, 1 skipped" in ended.stdout
