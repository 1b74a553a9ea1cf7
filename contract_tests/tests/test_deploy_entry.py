"""The entry script of the recipe: what it refuses, how it ends, and what it leaves to see."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from opencode_contract.local.server import free_port
from opencode_contract.standin import ENTRY, missing_programs

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(bool(missing_programs()), reason=f"not installed: {', '.join(missing_programs())}"),
]

PASSWORD = 'pä$$"word with | & @PORT@'
GUARDED = "response.writeHead(request.headers.authorization ? 200 : 401)"
"""Answers as a server with a password does; quicker to start than the fake."""


def program(path: Path, answer: str = GUARDED) -> Path:
    """Writes an ``opencode`` that tells its environment to a file and answers everything with ``answer``."""
    path.mkdir()
    executable = path / "opencode"
    executable.write_text(
        "#!/usr/bin/env node\n"
        "require('fs').writeFileSync(__dirname + '/environment', JSON.stringify(process.env))\n"
        "require('http').createServer((request, response) => {\n"
        f"  {answer}\n"
        "  const streams = request.url === '/global/event' && request.headers.authorization\n"
        "  if (streams) return response.write('data: {}\\n\\n')\n"
        "  response.end()\n"
        "}).listen(Number(process.argv[process.argv.indexOf('--port') + 1]), '127.0.0.1')\n"
    )
    executable.chmod(0o755)
    return path


@dataclass
class Sandbox:
    """A run of the entry script."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int
    opencode_port: int

    @property
    def text(self) -> str:
        """What it printed."""
        return self.log.read_text()

    def ready(self) -> None:
        """Returns when it is healthy."""
        while not (listens(self.port) and httpx.get(f"http://127.0.0.1:{self.port}/healthz").status_code == 204):
            assert self.process.poll() is None, self.text
            time.sleep(0.05)

    def end(self) -> int:
        """Its exit code, when it ends by itself."""
        return self.process.wait(60)

    def below(self, name: str) -> int:
        """The process that it started, directly or not, by its command line."""
        lines = {pid: command_line(pid) for pid in descendants(self.process.pid)}
        found = [pid for pid, line in lines.items() if re.match(name, line)]
        assert found, lines
        return found[0]


@contextmanager
def sandbox(folder: Path, programs: Path, **variables: str) -> Iterator[Sandbox]:
    """Starts the entry script with an environment of its own, and ends what is left of it."""
    port, opencode_port, log = free_port(), free_port(), folder / "log"
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "OPENCODE_PORT": str(opencode_port),
        "DATA_DIR": str(folder / "data"),
        "RUN_DIR": str(folder / "run"),
        "OPENCODE_SERVER_PASSWORD": PASSWORD,
        **variables,
    }
    # A shell cannot trap what was ignored when it began, as SIGINT is in everything that was started in the background.
    command = ["env", "--default-signal=INT", str(ENTRY)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)
    try:
        yield Sandbox(process, log, port, opencode_port)
    finally:
        left = [process.pid, *descendants(process.pid)] if process.poll() is None else []
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        process.wait()


def descendants(pid: int) -> list[int]:
    """The processes below this one, parents first."""
    try:
        children = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
    return [each for child in children for each in (child, *descendants(child))]


def command_line(pid: int) -> str:
    """How a process was started."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"OPENCODE_SERVER_PASSWORD": ""}, "give the secret OPENCODE_SERVER_PASSWORD"),
        ({"BASE_PATH": "opencode"}, "write a path such as /opencode"),
        ({"BASE_PATH": "/a|b"}, "write a path such as /opencode"),
    ],
)
def test_bad_settings_are_refused(tmp_path: Path, variables: Mapping[str, str], complaint: str) -> None:
    """With what to write instead, before anything is started."""
    with sandbox(tmp_path, program(tmp_path / "bin"), **variables) as run:
        assert run.end() == 1
        assert complaint in run.text
        assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("process.exit(3)", "OpenCode ended before it answered"),
        ("response.writeHead(200)", "OpenCode lets everybody in"),
        ("return", "OpenCode did not answer in 2 s"),
    ],
)
def test_an_opencode_that_does_not_come_up_ends_it(tmp_path: Path, answer: str, complaint: str) -> None:
    """Code 1, so that Fly starts the machine anew; nginx never listens."""
    with sandbox(tmp_path, program(tmp_path / "bin", answer), START_SECONDS="2") as run:
        assert run.end() == 1
        assert complaint in run.text
        assert not listens(run.opencode_port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_of_it(tmp_path: Path, number: signal.Signals) -> None:
    """Code 0, and nobody listens any longer."""
    with sandbox(tmp_path, program(tmp_path / "bin")) as run:
        run.ready()
        started = descendants(run.process.pid)
        run.process.send_signal(number)
        assert run.end() == 0, run.text
        assert [pid for pid in started if Path(f"/proc/{pid}").exists()] == []
        assert not listens(run.port)


@pytest.mark.parametrize(
    ("name", "told"),
    [("node .*bin/opencode", "OpenCode"), ("nginx: master", "nginx"), (r"node .*idle\.mjs", "the watch")],
)
def test_when_one_of_them_dies_all_end(tmp_path: Path, name: str, told: str) -> None:
    """Code 1, whichever it is."""
    with sandbox(tmp_path, program(tmp_path / "bin")) as run:
        run.ready()
        os.kill(run.below(name), signal.SIGKILL)
        assert run.end() == 1
        assert f"{told} ended with code" in run.text
        assert not listens(run.port)
        assert not listens(run.opencode_port)


def test_it_ends_when_idle(tmp_path: Path) -> None:
    """Code 0, which leaves a machine stopped."""
    with sandbox(tmp_path, program(tmp_path / "bin"), IDLE_SECONDS="1") as run:
        assert run.end() == 0, run.text
        assert "idle for 1 s" in run.text


def test_the_password_is_nowhere_to_see(tmp_path: Path) -> None:
    """Not in a command line, not in a file, not in a log; a query, which may hold it, is not logged either."""
    with sandbox(tmp_path, program(tmp_path / "bin")) as run:
        run.ready()
        url = f"http://127.0.0.1:{run.port}"
        query, access = {"auth_token": PASSWORD}, ("opencode", PASSWORD)
        httpx.get(f"{url}/opencode/session", params=query, auth=access)
        httpx.post(f"{url}/opencode/session", params=query, auth=access, content=b"x" * 1_000_000)
        assert httpx.get(f"{url}/healthz").status_code == 204
        lines = [command_line(pid) for pid in descendants(run.process.pid)]
        run.process.send_signal(signal.SIGTERM)
        assert run.end() == 0
        files = [path for path in (tmp_path / "run").iterdir() if stat.S_ISREG(path.stat().st_mode)]
        texts = [*lines, run.text, *(path.read_text() for path in files)]
        assert "GET /opencode/session 200" in run.text
        assert len(files) >= 1
        assert [text for text in texts if "auth_token" in text or "word with" in text] == []


def test_data_and_settings_are_on_the_volume(tmp_path: Path) -> None:
    """Home and XDG folders; the workspace is a repository with a commit, and stays what it was after a crash."""
    programs = program(tmp_path / "bin")
    for _ in range(2):
        with sandbox(tmp_path, programs) as run:
            run.ready()
        told = httpx.Response(200, content=(programs / "environment").read_bytes()).json()
        data = str(tmp_path / "data")
        assert told["OPENCODE_SERVER_PASSWORD"] == PASSWORD
        assert told["OPENCODE_CONFIG"] == str(ENTRY.parent / "opencode.json")
        folders = ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"]
        assert [name for name in folders if not told[name].startswith(f"{data}/")] == []
        count = ["git", "-C", f"{data}/workspace", "rev-list", "--count", "HEAD"]
        assert subprocess.run(count, capture_output=True, text=True, check=True).stdout == "1\n"
