"""The shell that plays commands and executes none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from opencode_fake.scripted_model.shell import ScriptedShell, Take, take
from opencode_fake.scripts import tool


@pytest.fixture
def shell(tmp_path: Path) -> ScriptedShell:
    """A shell in a folder whose name needs quoting."""
    shell = ScriptedShell(tmp_path / "a folder's")
    shell.install()
    return shell


def run(shell: ScriptedShell, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the shell as a server does."""
    return subprocess.run([str(shell.program), *arguments], capture_output=True, text=True, check=False, env={})


def test_it_prints_what_was_laid_down(shell: ScriptedShell) -> None:
    """Output and exit code are the script's, to the byte, and the command is not executed."""
    shell.announce("ses_1", "ls -la; echo 'é'", Take("total 60\n...", 3, 0))
    done = run(shell, "-c", "ls -la; echo 'é'")
    assert (done.stdout, done.stderr, done.returncode) == ("total 60\n...", "", 3)


def test_a_repeated_command_is_a_queue(shell: ScriptedShell) -> None:
    """Each run plays the next take, and the last one leaves nothing behind."""
    for output in ("one", "two"):
        shell.announce("ses_1", "x", Take(output, 0, 0))
    assert [run(shell, "-c", "x").stdout for _ in range(3)] == ["one", "two", ""]
    assert [path.name for path in shell.program.parent.iterdir()] == ["scripted-shell"]


def test_a_user_may_run_the_scripts_commands(shell: ScriptedShell) -> None:
    """Again and again; what the model's call laid down goes first."""
    shell.stand_by({"x": Take("as ever", 3, 0)})
    shell.announce("ses_1", "x", Take("called", 0, 0))
    done = [run(shell, "-c", "x") for _ in range(3)]
    assert [(each.stdout, each.returncode) for each in done] == [("called", 0), ("as ever", 3), ("as ever", 3)]


def test_other_commands_are_refused(shell: ScriptedShell, tmp_path: Path) -> None:
    """Nothing is executed; the message says what to write."""
    done = run(shell, "-c", f"touch {tmp_path}/made")
    assert (done.returncode, done.stdout) == (127, "")
    assert "nothing was executed: the script does not run 'touch" in done.stderr
    assert "give the reply a step with 'tool: bash'" in done.stderr
    assert not (tmp_path / "made").exists()
    assert run(shell).returncode == 127


def test_login_shells_are_played_too(shell: ScriptedShell) -> None:
    """Servers add options before the command."""
    shell.announce("ses_1", "x", Take("one", 0, 0))
    assert run(shell, "-l", "-c", "x").stdout == "one"


def test_what_never_ran_is_taken_back(shell: ScriptedShell) -> None:
    """Of one session only."""
    shell.announce("ses_1", "x", Take("stale", 0, 0))
    shell.announce("ses_2", "x", Take("other", 0, 0))
    shell.retract("ses_1")
    shell.retract("ses_3")
    assert run(shell, "-c", "x").stdout == "other"


def test_takes_of_a_script() -> None:
    """Output, exit code and running time."""
    assert take(tool("bash", {"command": "ls"}, output="a", exit=2, duration=1.5)) == Take("a", 2, 1.5)
    assert take(tool("bash", {"command": "ls"})) == Take("", 0, 0)
