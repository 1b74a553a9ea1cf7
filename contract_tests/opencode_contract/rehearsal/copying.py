"""Copies of data directories. The original is only ever read."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from opencode_contract.errors import BadTarget
from opencode_contract.rehearsal.stored import DATABASES, databases

ATTEMPTS = 3
NAME = "opencode"
LEFT_OUT = frozenset({"auth.json", "mcp-auth.json", "log", "bin", "snapshot", "repos", "worktree", "tool-output"})
"""Keys, and what is large and no part of a session: what a rehearsal does not need is not copied."""
_SHARED_MEMORY = "-shm"
"""SQLite makes it anew; the copy of one in use would only mislead it."""


def find_data(path: Path) -> Path:
    """The folder ``opencode`` of a data home, or that folder itself."""
    given = path.expanduser().resolve()
    if not given.is_dir():
        raise BadTarget(f"there is no directory {path}: write the one that holds 'opencode.db' or 'storage'")
    for folder in (given, given / NAME):
        if any(folder.glob(DATABASES)) or (folder / "storage").is_dir():
            return folder
    raise BadTarget(
        f"{path} holds no data of OpenCode: write the directory that holds 'opencode.db' or 'storage' "
        "(of a server: $XDG_DATA_HOME/opencode, else ~/.local/share/opencode)"
    )


def copy_original(source: Path, home: Path) -> Path:
    """Copies ``source`` into the data home ``home``, when nothing writes there meanwhile."""
    for _ in range(ATTEMPTS):
        if _copied_in_peace(source, home / NAME):
            _require_whole(home / NAME)
            return home
        shutil.rmtree(home / NAME, ignore_errors=True)
    raise BadTarget(f"a server is writing to {source}: stop it, or give a copy that was made while it was stopped")


def copy_home(source: Path, home: Path) -> Path:
    """Copies a data home of the rehearsal's own."""
    _copy(source / NAME, home / NAME)
    return home


def _copied_in_peace(source: Path, target: Path) -> bool:
    try:
        before = _signature(source)
        _copy(source, target, left_out=LEFT_OUT)
        return _signature(source) == before
    except FileNotFoundError:
        # It was there a moment ago.
        return False


def _copy(source: Path, target: Path, left_out: frozenset[str] = frozenset()) -> None:
    # Contents only: the copy of what is read-only must not be.
    target.mkdir(parents=True)
    for entry in os.scandir(source):
        if entry.name in left_out or entry.name.endswith(_SHARED_MEMORY):
            continue
        if entry.is_dir(follow_symlinks=False):
            _copy(Path(entry.path), target / entry.name)
        elif entry.is_file():
            shutil.copyfile(entry.path, target / entry.name)


def _signature(folder: Path) -> dict[str, tuple[int, int]]:
    """What changes when somebody writes to what is copied."""
    found = {}
    for place, folders, files in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name not in LEFT_OUT]
            files = [name for name in files if name not in LEFT_OUT]
        for name in files:
            # Readers of a database touch its shared memory, too.
            if not name.endswith(_SHARED_MEMORY):
                status = (Path(place) / name).stat()
                found[f"{place}/{name}"] = (status.st_size, status.st_mtime_ns)
    return found


def _require_whole(data: Path) -> None:
    for path in databases(data):
        with closing(sqlite3.connect(path)) as database:
            try:
                said = database.execute("pragma quick_check").fetchone()[0]
            except sqlite3.DatabaseError as problem:
                said = str(problem)
        if said != "ok":
            raise BadTarget(f"the database {path.name} is damaged: {said}")
