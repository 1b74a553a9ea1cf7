"""What ``opencode-fake serve`` is given: its defaults, and what it does not take."""

from __future__ import annotations

import inspect
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from opencode_fake.cli import app
from opencode_fake.cli.serve import serve
from opencode_fake.scripts.model import DOCUMENT_WORKSPACE
from opencode_fake.versions import DEFAULT_VERSION


def test_its_defaults_are_those_of_the_package() -> None:
    """The command spells them out, so that its help is shown without importing a web server."""
    defaults = inspect.signature(serve).parameters
    assert defaults["version"].default == DEFAULT_VERSION
    assert defaults["directory"].default == DOCUMENT_WORKSPACE


def failing(*arguments: str) -> tuple[int, str]:
    """Exit code and errors of a server that does not start."""
    ended = CliRunner().invoke(app, ["serve", *arguments])
    assert ended.exception is None or isinstance(ended.exception, SystemExit)
    return ended.exit_code, ended.stderr


def test_a_port_in_use_is_named() -> None:
    """With what to do about it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, errors = failing("--port", str(taken.getsockname()[1]))
    assert code == 1
    assert "name another one with --port" in errors


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--script", "/nonexistent/script.yaml"), 1, "script.yaml"),
        (("--as", "latest"), 1, "write three numbers"),
        (("--as", "0.9.0"), 1, "the fake can be"),
        (("--base-path", "/a b"), 1, "write one such as '/opencode'"),
        (("--port", "70000"), 2, "65535"),
        (("--nonsense",), 2, "--nonsense"),
    ],
)
def test_wrong_input_is_an_error_that_says_what_to_write(arguments: tuple[str, ...], code: int, message: str) -> None:
    """1 for what cannot be done, 2 for what was not understood; never a traceback."""
    ended, errors = failing(*arguments)
    assert ended == code
    assert message in errors


def test_a_broken_script_is_named_with_its_line(tmp_path: Path) -> None:
    """As ``validate`` names it."""
    script = tmp_path / "broken.yaml"
    script.write_text("replies:\n  - promt: hello\n")
    code, errors = failing("--script", str(script))
    assert code == 1
    assert "broken.yaml:2" in errors
    assert "did you mean 'prompt'" in errors
