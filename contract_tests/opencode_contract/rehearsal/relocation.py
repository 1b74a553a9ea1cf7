"""Gives the sessions of a copy other directories: a rehearsal works neither in somebody's projects nor without any.

A server finds a session by the project of its directory, and runs prompts there. The directory may be on another
machine, or be a project with settings and plugins of its own. So each becomes an empty one, in a repository of the same
project: OpenCode keeps a project's id in the file ``.git/opencode``. Messages are left as they are.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path, PurePath

from opencode_contract.local.workspace import make_workspace
from opencode_contract.rehearsal.stored import PROJECT_FILES, SESSION_FILES, Stored, databases, read_file

NO_PROJECT = "global"
"""The project of directories outside of repositories."""


class Relocation:
    """Makes the directories as they are asked for."""

    def __init__(self, folder: Path, home: Path) -> None:
        self._folder = folder
        self._home = home
        self._roots: dict[tuple[str, str], Path] = {}

    def move(self, data: Path, found: Stored) -> None:
        """Changes the copy ``data``."""
        sessions = {
            each.id: str(self._place(each.directory, each.project, found.worktrees.get(each.project, "")))
            for each in found.sessions
        }
        projects = {
            project: str(self._root(project, worktree))
            for project, worktree in found.worktrees.items()
            if project != NO_PROJECT
        }
        for pattern, key, values in ((SESSION_FILES, "directory", sessions), (PROJECT_FILES, "worktree", projects)):
            for path in data.glob(pattern):
                _change_file(path, key, values)
        for path in databases(data):
            _change_database(path, sessions, projects)

    def _place(self, directory: str, project: str, worktree: str) -> Path:
        if project == NO_PROJECT or not PurePath(directory).is_relative_to(worktree):
            return self._root(project, directory)
        place = self._root(project, worktree) / PurePath(directory).relative_to(worktree)
        place.mkdir(parents=True, exist_ok=True)
        return place

    def _root(self, project: str, directory: str) -> Path:
        key = (project, directory)
        if key not in self._roots:
            root = self._folder / str(len(self._roots))
            make_project(root, project, self._home)
            self._roots[key] = root
        return self._roots[key]


def make_project(folder: Path, project: str, home: Path) -> None:
    """Makes an empty directory that belongs to ``project``."""
    if project == NO_PROJECT:
        folder.mkdir(parents=True)
        return
    make_workspace(folder, home)
    (folder / ".git" / "opencode").write_text(project, encoding="utf-8")


def _change_file(path: Path, key: str, values: Mapping[str, str]) -> None:
    held = read_file(path)
    if held["id"] in values:
        path.write_text(json.dumps(held | {key: values[held["id"]]}), encoding="utf-8")


def _change_database(path: Path, sessions: Mapping[str, str], projects: Mapping[str, str]) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        columns = {row[1] for row in database.execute("pragma table_info(session)")}
        if "directory" not in columns:
            return
        database.executemany("update session set directory = ? where id = ?", _turned(sessions))
        database.executemany("update project set worktree = ? where id = ?", _turned(projects))
        if "path" in columns:
            # Outside of repositories this is the directory once more.
            database.execute("update session set path = ltrim(directory, '/') where project_id = ?", (NO_PROJECT,))


def _turned(values: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(value, key) for key, value in values.items()]
