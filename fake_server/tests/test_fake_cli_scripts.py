"""The commands of ``opencode-fake`` that are about scripts."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from opencode_fake.cli import app

GOOD = "replies: [{prompt: hello, steps: [{text: Hello.}]}]\n"


def run(*arguments: str | Path) -> tuple[int, str]:
    """Exit code and output."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A script without a fault."""
    file = tmp_path / "good.yaml"
    file.write_text(GOOD, encoding="utf-8")
    return file


def test_help_names_every_command() -> None:
    """One look shows what there is."""
    code, output = run("--help")
    assert code == 0
    assert all(command in output for command in ("serve", "model", "validate", "schema"))


def test_schema_prints_json() -> None:
    """An editor can be given it as it is."""
    code, output = run("schema")
    assert code == 0
    assert json.loads(output)["title"] == "OpenCode test script"


def test_validate_accepts(good: Path) -> None:
    """A fine script is said to be fine."""
    assert run("validate", good) == (0, f"{good}: fine, 1 reply\n1 script checked, 0 problems\n")


def test_validate_lists_every_problem_of_every_file(good: Path, tmp_path: Path) -> None:
    """One bad file does not hide another, and the exit code tells."""
    bad = tmp_path / "bad.yaml"
    bad.write_text("replies:\n  - promt: a\n    cost: x\n", encoding="utf-8")
    code, output = run("validate", bad, good, tmp_path / "none.yaml")
    assert code == 1
    lines = output.splitlines()
    assert f"{bad}:2: replies[0]: unknown key 'promt'; did you mean 'prompt'?" in lines[0]
    assert lines[1].strip() == "2 |   - promt: a"
    assert lines[3] == f"{bad}:3: replies[0].cost: 'cost' is a number of USD, such as 0.04; got the text 'x'"
    assert lines[4:] == [
        f"{good}: fine, 1 reply",
        f"{tmp_path}/none.yaml: there is no such file",
        "3 scripts checked, 3 problems",
    ]


def test_validate_wants_a_file() -> None:
    """Used wrongly is another exit code than problems found."""
    assert run("validate")[0] == 2


def test_model_refuses_a_bad_script(tmp_path: Path) -> None:
    """Before it listens."""
    code, output = run("model", "--script", tmp_path / "none.yaml")
    assert (code, output) == (1, f"{tmp_path}/none.yaml: there is no such file\n")


def test_model_names_a_port_in_use(good: Path) -> None:
    """And says what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, output = run("model", "--script", good, "--port", str(port))
    assert code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in output
    assert "choose another --port" in output
