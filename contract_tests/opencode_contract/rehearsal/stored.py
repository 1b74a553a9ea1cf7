"""What lies in a data directory, read without a server: OpenCode's files of JSON, and its SQLite database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from opencode_contract.errors import BadTarget

DATABASES = "opencode*.db"
SESSION_FILES = "storage/session/*/ses_*.json"
PROJECT_FILES = "storage/project/*.json"


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session, and where it belongs."""

    id: str
    directory: str
    project: str


@dataclass(frozen=True, slots=True)
class Stored:
    """The sessions and the projects of a data directory."""

    sessions: tuple[StoredSession, ...]
    worktrees: dict[str, str]
    """Of each project."""


def stored(data: Path) -> Stored:
    """What ``data`` holds. It is opened for writing (SQLite cannot read without), so it has to be a copy."""
    sessions = {session.id: session for session in _sessions_in_files(data)}
    worktrees = dict(_projects_in_files(data))
    for path in databases(data):
        with closing(sqlite3.connect(path)) as database:
            tables = {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}
            if {"session", "project"} <= tables:
                rows = database.execute("select id, directory, project_id from session")
                sessions |= {row[0]: StoredSession(*row) for row in rows}
                worktrees |= dict(database.execute("select id, worktree from project"))
    return Stored(tuple(sessions.values()), worktrees)


def databases(data: Path) -> list[Path]:
    """The files of SQLite, without those that lie beside each."""
    return sorted(data.glob(DATABASES))


def _sessions_in_files(data: Path) -> Iterator[StoredSession]:
    for path in sorted(data.glob(SESSION_FILES)):
        held = read_file(path)
        yield StoredSession(held["id"], held.get("directory", ""), held.get("projectID", ""))


def _projects_in_files(data: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(data.glob(PROJECT_FILES)):
        held = read_file(path)
        yield held["id"], held.get("worktree", "")


def read_file(path: Path) -> dict[str, str]:
    """What a file of a session or project holds, of which only texts are of interest."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise BadTarget(f"{path.name} in the data is damaged ({problem}): take it out of a copy") from None
    if not isinstance(held, dict) or "id" not in held:
        raise BadTarget(f"{path.name} in the data is not what OpenCode writes: take it out of a copy")
    return held
