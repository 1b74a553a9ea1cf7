from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from opencode_contract.errors import NoWorkspace, PortInUse, StartFailed
from opencode_contract.local import Binary, LocalServer, Lodging
from opencode_contract.local.environment import isolated_environment, server_environment

pytestmark = pytest.mark.system

PATIENCE = 20.0

# Stands in for OpenCode: announces itself, asks for the password, and starts a command as the tool bash does.
STUB = """#!{python} -IS
import base64, http.server, os, pathlib, subprocess, sys, time
mode = {mode!r}
port = int(sys.argv[sys.argv.index("--port") + 1])
if mode == "exits":
    sys.exit("no config for " + os.environ["OPENCODE_SERVER_PASSWORD"])
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
pathlib.Path({pids!r}).write_text(f"{{os.getpid()}} {{child.pid}}")
if mode == "stubborn":
    import signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        wanted = base64.b64encode(b"opencode:" + os.environ["OPENCODE_SERVER_PASSWORD"].encode()).decode()
        ok = mode != "sick" and self.headers["Authorization"] == "Basic " + wanted
        self.send_response(200 if ok else 401)
        self.end_headers()
    def log_message(self, *arguments):
        pass

try:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
except OSError:
    sys.exit("Failed to start server")
print(f"opencode server listening on http://127.0.0.1:{{port}}", flush=True)
server.serve_forever()
"""

OWNER = """
import asyncio, pathlib, signal, sys
from opencode_contract.local import Binary, LocalServer, Lodging

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored in all that nohup starts

async def main():
    with Lodging() as lodging:
        async with LocalServer(Binary(pathlib.Path(sys.argv[1]), "1"), lodging, config={}):
            print(lodging.folder, flush=True)
            await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture
def stub(tmp_path: Path) -> Callable[[str], Binary]:
    """Makes a program that behaves as a server in some mode does."""

    def make(mode: str) -> Binary:
        path = tmp_path / "opencode"
        path.write_text(STUB.format(python=sys.executable, mode=mode, pids=str(tmp_path / "pids")))
        path.chmod(0o755)
        return Binary(path, "1.1.53")

    return make


def lives(process: int) -> bool:
    """Whether a process is there and not merely waiting to be buried."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return not Path("/proc/self").exists()


def gone(processes: list[int]) -> bool:
    """Whether none of the processes lives, or lives on for long."""
    give_up = time.monotonic() + PATIENCE
    while any(map(lives, processes)) and time.monotonic() < give_up:
        time.sleep(0.02)
    return not any(map(lives, processes))


def started(tmp_path: Path) -> list[int]:
    """The server and the command that it has started."""
    return [int(word) for word in (tmp_path / "pids").read_text().split()]


def commands(processes: list[int]) -> list[str]:
    """The command lines of processes, as everybody on the machine sees them."""
    listed = subprocess.run(
        ["ps", "-o", "args=", "-p", ",".join(map(str, processes))], capture_output=True, text=True, check=True
    )
    return listed.stdout.splitlines()


@pytest.mark.parametrize("mode", ["well", "stubborn"])
async def test_a_server_starts_and_ends_with_all_that_it_started(
    stub: Callable[[str], Binary], tmp_path: Path, mode: str
) -> None:
    """After the end neither the server nor its command lives, even if it does not want to; its folder is gone."""
    with Lodging() as lodging:
        async with LocalServer(stub(mode), lodging, config={}) as server:
            processes = started(tmp_path)
            assert all(map(lives, processes))
            assert server.url.startswith("http://127.0.0.1:")
            assert (lodging.workspace / ".git").is_dir()
        assert gone(processes)
    assert not lodging.folder.exists()


async def test_an_error_inside_ends_the_server(stub: Callable[[str], Binary], tmp_path: Path) -> None:
    """An exception on the way does not leave the server behind."""
    with pytest.raises(ZeroDivisionError), Lodging() as lodging:
        async with LocalServer(stub("well"), lodging, config={}):
            raise ZeroDivisionError
    assert gone(started(tmp_path))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_the_server_ends_when_its_owner_is_killed(
    stub: Callable[[str], Binary], tmp_path: Path, number: signal.Signals
) -> None:
    """Whatever kills the program that started the server, nothing of the server is left: process, command, folder."""
    binary = stub("well")
    owner = subprocess.Popen(
        [
            sys.executable,
            "-c",
            OWNER,
            str(binary.path),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    with owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        processes = started(tmp_path)
        assert folder.is_dir()
        assert all(map(lives, processes))
        owner.send_signal(number)
    assert gone(processes)
    give_up = time.monotonic() + PATIENCE
    while folder.exists() and time.monotonic() < give_up:
        time.sleep(0.02)
    assert not folder.exists()


async def test_a_server_that_ends_at_once_is_told_with_its_last_words(stub: Callable[[str], Binary]) -> None:
    """The error holds the exit code and what the server printed, but not its password."""
    with Lodging() as lodging:
        server = LocalServer(stub("exits"), lodging, config={})
        with pytest.raises(StartFailed, match=r"code 1(.|\n)*no config for \[password\]"):
            await server.__aenter__()


async def test_a_server_that_never_gets_healthy_is_ended(stub: Callable[[str], Binary], tmp_path: Path) -> None:
    """A server that listens but is not healthy in time is an error, and does not stay."""
    with Lodging() as lodging:
        server = LocalServer(stub("sick"), lodging, config={}, start_seconds=1.0)
        with pytest.raises(StartFailed, match="healthy within 1 s"):
            await server.__aenter__()
    assert gone(started(tmp_path))


async def test_a_port_that_is_taken_is_told(stub: Callable[[str], Binary], tmp_path: Path) -> None:
    """A port of one's own choice that somebody else has is an error that names it; no command is left behind."""
    with socket.create_server(("127.0.0.1", 0)) as other, Lodging() as lodging:
        port = other.getsockname()[1]
        with pytest.raises(PortInUse, match=str(port)):
            await LocalServer(stub("well"), lodging, config={}, port=port).__aenter__()
    if sys.platform == "linux":
        assert gone(started(tmp_path))


async def test_afree_port_that_was_snatched_away_is_replaced(
    stub: Callable[[str], Binary], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the port is not one's own choice, another one is tried."""
    with socket.create_server(("127.0.0.1", 0)) as other, socket.create_server(("127.0.0.1", 0)) as free:
        ports = iter([other.getsockname()[1], free.getsockname()[1]])
        free.close()
        monkeypatch.setattr("opencode_contract.local.server.free_port", lambda: next(ports))
        with Lodging() as lodging:
            async with LocalServer(stub("well"), lodging, config={}) as server:
                assert server.url


async def test_a_program_that_cannot_be_executed_is_told(tmp_path: Path) -> None:
    """A file of another machine's format is an error with its name, not a traceback."""
    path = tmp_path / "opencode"
    path.write_bytes(b"\x7fELF nonsense")
    path.chmod(0o755)
    with Lodging() as lodging, pytest.raises(StartFailed, match="opencode"):
        await LocalServer(Binary(path, "1"), lodging, config={}).__aenter__()


async def test_the_password_is_nowhere_but_in_the_environment(stub: Callable[[str], Binary], tmp_path: Path) -> None:
    """Neither the command line of the server nor the representation of its objects shows the password."""
    with Lodging() as lodging:
        async with LocalServer(stub("well"), lodging, config={}) as server:
            password = server.password.get_secret_value()
            assert not any(password in command for command in commands(started(tmp_path)))
            assert password not in f"{server!r} {vars(server)!r} {server.last_words}"


def test_nothing_of_the_users_is_passed_on(tmp_path: Path) -> None:
    """Keys, proxies, git's and OpenCode's variables stay here; the home is the given one."""
    users = {
        "PATH": "/bin",
        "HOME": "/home/user",
        "ANTHROPIC_API_KEY": "secret",
        "OPENCODE_CONFIG": "/home/user/opencode.json",
        "GIT_DIR": "/home/user/.git",
        "HTTPS_PROXY": "http://proxy",
        "XDG_CONFIG_HOME": "/home/user/.config",
    }
    environment = isolated_environment(tmp_path, users)
    assert environment["PATH"] == "/bin"
    assert not any("secret" in value or "/home/user" in value or "//proxy" in value for value in environment.values())
    assert environment["HOME"] == str(tmp_path)


def test_the_server_is_told_to_stay_offline(tmp_path: Path) -> None:
    """The variables that keep OpenCode from looking for updates, models and plugins are set."""
    environment = server_environment(tmp_path, "password", tmp_path / "opencode.json")
    for what in ("AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS"):
        assert environment[f"OPENCODE_DISABLE_{what}"] == "1"


def test_without_git_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace needs git; without it the error says so, and no folder stays."""
    monkeypatch.setenv("PATH", "")
    lodging = Lodging()
    with pytest.raises(NoWorkspace, match="install git"):
        lodging.__enter__()
    assert not lodging.folder.exists()


async def test_cancelling_a_start_ends_the_server(stub: Callable[[str], Binary], tmp_path: Path) -> None:
    """Ctrl-C while the server starts leaves nothing behind."""
    with Lodging() as lodging:
        start = asyncio.create_task(LocalServer(stub("sick"), lodging, config={}).__aenter__())
        for _ in range(int(PATIENCE / 0.02)):
            await asyncio.sleep(0.02)
            if (tmp_path / "pids").exists():
                break
        start.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start
    assert gone(started(tmp_path))
