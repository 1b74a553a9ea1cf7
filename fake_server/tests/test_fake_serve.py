"""``opencode-fake serve``, run as a launcher runs the real server."""

from __future__ import annotations

import inspect
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from opencode_fake.cli import app
from opencode_fake.cli.serve import serve
from opencode_fake.scripts.model import DOCUMENT_WORKSPACE
from opencode_fake.versions import DEFAULT_VERSION

SCRIPT = "replies:\n  - prompt: hello\n    steps:\n      - text: Hi.\n"


def command(*arguments: str) -> list[str]:
    """The command as a process of this interpreter."""
    return [sys.executable, "-c", "from opencode_fake.cli import main; main()", "serve", *arguments]


@contextmanager
def served(*arguments: str, password: str | None = "secret") -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address that a running server printed, and the server."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENCODE_")}
    if password is not None:
        environment["OPENCODE_SERVER_PASSWORD"] = password
    pipe = subprocess.PIPE
    process = subprocess.Popen(command(*arguments), env=environment, stdout=pipe, stderr=pipe, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"opencode server listening on (http://\S+)\n", line)
        assert found, f"{line!r} {process.stderr.read() if process.stderr and not line else ''}"
        yield found[1], process
    finally:
        process.terminate()
        process.communicate(timeout=20)


def get(url: str, password: str | None = "secret") -> httpx.Response:
    """One request with the password."""
    return httpx.get(url, auth=("opencode", password) if password else None, trust_env=False)


def test_its_defaults_are_those_of_the_package() -> None:
    """The command spells them out, so that its help is shown without importing a web server."""
    defaults = inspect.signature(serve).parameters
    assert defaults["version"].default == DEFAULT_VERSION
    assert defaults["directory"].default == DOCUMENT_WORKSPACE


def test_it_prints_the_real_servers_line_and_takes_its_flags(tmp_path: Path) -> None:
    """A launcher that starts the real server finds this one; the fake's own flags work beside them."""
    script = tmp_path / "script.yaml"
    script.write_text(SCRIPT)
    flags = ("--hostname", "127.0.0.1", "--port", "0", "--cors", "https://mine.example", "--print-logs")
    own = ("--script", str(script), "--as", "1.1.65", "--base-path", "/opencode")
    with served(*flags, *own) as (url, process):
        assert url.endswith("/opencode")
        assert get(f"{url}/global/health").json() == {"healthy": True, "version": "1.1.65"}
        assert get(f"{url}/global/health", password=None).status_code == 401
        session = httpx.post(f"{url}/session", auth=("opencode", "secret"), trust_env=False).json()["id"]
        body = {"parts": [{"type": "text", "text": "hello"}]}
        path = f"{url}/session/{session}/message"
        answer = httpx.post(path, json=body, auth=("opencode", "secret"), trust_env=False)
        assert answer.json()["parts"][1]["text"] == "Hi."
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "GET /global/health -> 401" in errors
        assert "secret" not in errors


def test_without_a_password_it_warns_and_lets_everybody_in() -> None:
    """In the real server's words, on stderr."""
    with served(password=None) as (url, process):
        assert get(f"{url}/session", password=None).json() == []
        process.terminate()
        assert "OPENCODE_SERVER_PASSWORD is not set" in process.communicate(timeout=20)[1]


def test_two_without_a_port_get_one_each() -> None:
    """The first takes 4096 if nobody has it, the other any free one."""
    with served() as (one, _), served() as (two, _):
        assert one != two
        assert get(f"{one}/session").status_code == get(f"{two}/session").status_code == 200


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


def test_a_version_that_was_never_tried_is_named_on_stderr() -> None:
    """It runs all the same, as the newest one that was."""
    with served("--as", "99.0.0", "--port", "0") as (url, process):
        assert get(f"{url}/global/health").json() == {"healthy": True, "version": "99.0.0"}
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert "Warning: OpenCode 99.0.0 was never tried: the fake behaves as 1.18.34 does" in errors


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
