"""Runs a server and ends it for sure, also when the program that wanted it is killed.

A process of its own, started as a script: its standard input is a pipe that the other program holds open and never
writes to. When that program ends in whatever way, the pipe closes, and the keeper ends the server with everything that
the server started, and removes its folder. Nothing of this package is imported here, so it starts at once. A server
that ends by itself leaves its folder to its owner.

Usage: ``python keeper.py FOLDER COMMAND...``
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

GRACE_SECONDS = 3.0

_SET_CHILD_SUBREAPER = 36


class Keeper:
    """One server and what becomes of it."""

    def __init__(self, folder: str, command: list[str]) -> None:
        self._folder = folder
        self._server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
        self._started: set[int] = set()
        self._ending = False
        self._watch = threading.Thread(target=self._bury)
        self._watch.start()

    def wait_for_the_end(self) -> None:
        """Blocks until the pipe is closed, then ends the server."""
        while os.read(0, 4096):
            pass
        self.end()

    def end(self) -> None:
        """Asks the server to end, and kills it when it does not."""
        self._ending = True
        self._remember_what_it_started()
        _signal(self._server.pid, signal.SIGTERM)
        self._watch.join(GRACE_SECONDS)
        if self._watch.is_alive():
            self._remember_what_it_started()
            _signal(self._server.pid, signal.SIGKILL)
            self._watch.join()

    def _bury(self) -> None:
        code = self._server.wait()
        for group in {self._server.pid, *self._started, *_groups_below(os.getpid())}:
            _signal(group, signal.SIGKILL)
        if self._ending:
            shutil.rmtree(self._folder, ignore_errors=True)
        # The main thread may be blocked on its pipe for ever.
        os._exit(code if code >= 0 else 128 - code)

    def _remember_what_it_started(self) -> None:
        # A shell that the server starts has a session, hence a group, of its own.
        self._started.update(_groups_below(self._server.pid))


def _adopt_orphans() -> None:
    """Makes what a server leaves behind a child of this process, so that it is found (Linux has this only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1)


def _signal(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        # Nobody is left in it (macOS says the latter of a group that holds only the dead).
        return


def _groups_below(root: int) -> set[int]:
    below = {root}
    groups = set()
    table = sorted(_processes())
    found = True
    while found:
        found = False
        for process, parent, group in table:
            if parent in below and process not in below:
                below.add(process)
                groups.add(group)
                found = True
    return groups - {os.getpgid(0)}


def _processes() -> Iterator[tuple[int, int, int]]:
    """Every process with its parent and its group."""
    if Path("/proc/self/stat").exists():
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                # The name, in brackets, may hold anything; what follows it are plain numbers.
                fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            yield int(folder.name), int(fields[1]), int(fields[2])
        return
    listed = subprocess.run(["/bin/ps", "-A", "-o", "pid=,ppid=,pgid="], capture_output=True, text=True, check=False)
    for line in listed.stdout.splitlines():
        process, parent, group = line.split()
        yield int(process), int(parent), int(group)


def main(arguments: list[str]) -> None:
    """Keeps the server that ``arguments`` name."""
    folder, *command = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _adopt_orphans()
    try:
        keeper = Keeper(folder, command)
    except OSError as problem:
        sys.exit(f"{command[0]} does not start: {problem.strerror}")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: keeper.end())
    keeper.wait_for_the_end()


if __name__ == "__main__":
    main(sys.argv[1:])
