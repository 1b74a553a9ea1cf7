"""The commands of ``opencode-fake`` that run until they are stopped, started as users and launchers start them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from conftest import prompt_body

from opencode_fake.scripts import load_script

pytestmark = pytest.mark.system

COMMAND = [sys.executable, "-c", "from opencode_fake.cli import main; main()"]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A file with a script of one reply."""
    file = tmp_path / "script.yaml"
    file.write_text("replies: [{prompt: hello, steps: [{text: Hi.}]}]\n")
    return file


@contextmanager
def served(*arguments: str, password: str | None = "secret") -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address that a running server printed, and the server."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENCODE_")}
    if password is not None:
        environment["OPENCODE_SERVER_PASSWORD"] = password
    pipe = subprocess.PIPE
    process = subprocess.Popen([*COMMAND, "serve", *arguments], env=environment, stdout=pipe, stderr=pipe, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"opencode server listening on (http://\S+)\n", line)
        assert found, f"{line!r} {process.stderr.read() if process.stderr and not line else ''}"
        yield found[1], process
    finally:
        process.terminate()
        process.communicate(timeout=20)


def ask(url: str, password: str) -> httpx.Response:
    """The answer to a prompt in a new session."""
    with httpx.Client(base_url=url, auth=("opencode", password), trust_env=False) as http:
        session = http.post("/session").json()["id"]
        return http.post(f"/session/{session}/message", json=prompt_body("hello"))


def get(url: str, password: str | None = "secret") -> httpx.Response:
    """One request with the password."""
    return httpx.get(url, auth=("opencode", password) if password else None, trust_env=False)


def test_it_prints_the_real_servers_line_and_takes_its_flags(script: Path) -> None:
    """A launcher that starts the real server finds this one; the fake's own flags work beside them."""
    flags = ("--hostname", "127.0.0.1", "--port", "0", "--cors", "https://mine.example", "--print-logs")
    own = ("--script", str(script), "--as", "1.1.65", "--base-path", "/opencode")
    with served(*flags, *own) as (url, process):
        assert url.endswith("/opencode")
        assert get(f"{url}/global/health").json() == {"healthy": True, "version": "1.1.65"}
        assert get(f"{url}/global/health", password=None).status_code == 401
        assert ask(url, "secret").json()["parts"][1]["text"] == "Hi."
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


def test_a_version_that_was_never_tried_is_named_on_stderr() -> None:
    """It runs all the same, as the newest one that was."""
    with served("--as", "99.0.0", "--port", "0") as (url, process):
        assert get(f"{url}/global/health").json() == {"healthy": True, "version": "99.0.0"}
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert "Warning: OpenCode 99.0.0 was never tried: the fake behaves as 1.18.34 does" in errors


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_model_runs_until_it_is_stopped(script: Path, tmp_path: Path, stop: signal.Signals) -> None:
    """It prints where it listens, the configuration and the environment, and leaves nothing behind."""
    command = [*COMMAND, "model", "--script", str(script)]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith("scripted model listening on http://127.0.0.1:")
        url = first.split()[-1]
        assert httpx.get(f"{url}/models").status_code == 200
        process.send_signal(stop)
        rest = process.stdout.read()
        assert process.wait() == 0
    config = json.loads(rest[rest.index("{") : rest.index("environment for the server:")])
    assert config["provider"]["scripted"]["options"]["baseURL"] == url
    assert f"export SHELL={tmp_path}/opencode-fake-" in rest
    assert [path.name for path in tmp_path.iterdir()] == [script.name]


def test_record_writes_the_file_when_it_is_interrupted(script: Path, tmp_path: Path) -> None:
    """Before that it says where to go and what opens it."""
    file = tmp_path / "recording.yaml"
    command = [*COMMAND, "record", "fake:1.18.34", "--script", str(script), "-o", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address, password = process.stdout.readline().split()[-1], process.stdout.readline().strip()
        assert ask(address, password.partition("OPENCODE_SERVER_PASSWORD=")[2]).status_code == 200
        process.send_signal(signal.SIGINT)
        told = process.stdout.read()
        assert process.wait() == 0
    assert told.startswith(f"{file}: 1 sessions; nothing that looks like a secret")
    assert load_script(file).replies[0].steps
