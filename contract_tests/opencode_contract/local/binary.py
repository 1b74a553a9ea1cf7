"""An executable that has proved to be OpenCode, and the version that it says it is."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from opencode_contract.errors import BadTarget, BrokenBinary
from opencode_contract.local.archive import unpack_executable, verify
from opencode_contract.local.cache import BinaryCache
from opencode_contract.local.environment import isolated_environment
from opencode_contract.local.npm import Npm
from opencode_contract.local.platforms import Platform

VERSION_SECONDS = 15
_VERSION = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?")


@dataclass(frozen=True, slots=True)
class Binary:
    """An executable of OpenCode."""

    path: Path
    version: str


def given_binary(path: Path) -> Binary:
    """The executable at ``path``, asked for its version."""
    return Binary(path, _ask_version(path))


def fetch_binary(version: str, cache: BinaryCache | None = None, machine: Platform | None = None) -> Binary:
    """The executable of ``version``, from the cache or else from npm."""
    if not _VERSION.fullmatch(version):
        raise BadTarget(f"{version!r} is not a version: write one such as 1.1.53")
    cache = cache or BinaryCache()
    machine = machine or Platform.of_this_machine()

    def fetch(folder: Path) -> Path:
        npm = Npm()
        integrity = npm.integrity(machine.package, version)
        folder.mkdir()
        with _progress(f"Fetching {machine.package} {version} with npm (about 50 MB)"):
            archive = npm.pack(machine.package, version, folder)
        with _progress(f"Checking and unpacking {archive.name}"):
            verify(archive, integrity)
            executable = unpack_executable(archive, machine.executable, folder)
        _require_version(executable, version)
        return executable

    return Binary(cache.get_or_make(machine.package, version, fetch), version)


def _require_version(executable: Path, version: str) -> None:
    said = _ask_version(executable)
    if said != version:
        raise BrokenBinary(f"the executable fetched as {version} says that it is {said}: it is not used")


def _ask_version(path: Path) -> str:
    if not path.is_file():
        raise BrokenBinary(f"there is no file {path}: write the path of an OpenCode executable")
    if not os.access(path, os.X_OK):
        raise BrokenBinary(f"{path} is not executable: chmod +x {path}")
    with tempfile.TemporaryDirectory(prefix="opencode-version-") as home:
        try:
            with _progress(f"Waiting for '{path} --version'"):
                ended = _run([str(path), "--version"], Path(home))
        except OSError as problem:
            reason = problem.strerror or str(problem)
            raise BrokenBinary(f"{path} does not start: {reason}. Is it built for this machine?") from problem
        except subprocess.TimeoutExpired as problem:
            raise BrokenBinary(f"'{path} --version' did not end within {VERSION_SECONDS} s") from problem
    found = _VERSION.search(ended.stdout)
    if ended.returncode != 0 or found is None:
        said = (ended.stderr.strip() or ended.stdout.strip())[-1500:] or "nothing"
        raise BrokenBinary(f"'{path} --version' ended with code {ended.returncode} and said:\n{said}")
    return found[0]


def _run(command: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    with subprocess.Popen(  # noqa: S603 - the very program that the user asked for
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=isolated_environment(home),
        cwd=home,
        start_new_session=True,
    ) as process:
        try:
            printed, complaints = process.communicate(timeout=VERSION_SECONDS)
        except BaseException:
            _kill(process)
            raise
    return subprocess.CompletedProcess(command, process.returncode, printed, complaints)


def _kill(process: subprocess.Popen[str]) -> None:
    """Ends the program with what it has started: it may be a script around the real one."""
    if sys.platform == "win32":
        process.kill()
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def _progress(text: str) -> Iterator[None]:
    """Says on stderr what is being done; on a terminal with a spinner."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        console.print(Text(text), soft_wrap=True)
        yield
        return
    with console.status(Text(text)):
        yield
