"""Copies of data directories: what is copied, what is not, and that the original stays as it is."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from opencode_contract.errors import BadTarget
from opencode_contract.rehearsal.copying import copy_original, find_data
from opencode_contract.rehearsal.relocation import Relocation
from opencode_contract.rehearsal.stored import StoredSession, stored

Make = Callable[[Path], Path]

PROJECT = "f" * 40
IN_PROJECT = StoredSession("ses_1", "/data/workspace/below", PROJECT)
OUTSIDE = StoredSession("ses_2", "/somewhere", "global")


def write(path: Path, value: object) -> None:
    """Writes a file of JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def make_files(data: Path) -> Path:
    """Data as versions up to 1.1.65 keep it."""
    for session in (IN_PROJECT, OUTSIDE):
        held = {"id": session.id, "directory": session.directory, "projectID": session.project, "title": "T"}
        write(data / "storage" / "session" / session.project / f"{session.id}.json", held)
    write(data / "storage" / "project" / f"{PROJECT}.json", {"id": PROJECT, "worktree": "/data/workspace"})
    write(data / "storage" / "project" / "global.json", {"id": "global", "worktree": "/"})
    write(data / "storage" / "message" / "ses_1" / "msg_1.json", {"id": "msg_1"})
    return data


def make_database(data: Path) -> Path:
    """Data as later versions keep it, as far as it matters here."""
    data.mkdir(parents=True)
    with closing(sqlite3.connect(data / "opencode.db")) as database, database:
        database.execute("create table project (id text, worktree text)")
        database.execute("create table session (id text, directory text, project_id text, path text)")
        database.executemany("insert into project values (?, ?)", [(PROJECT, "/data/workspace"), ("global", "/")])
        rows = [(each.id, each.directory, each.project, each.directory[1:]) for each in (IN_PROJECT, OUTSIDE)]
        database.executemany("insert into session values (?, ?, ?, ?)", rows)
    return data


def fingerprint(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Every file and folder with what it holds, its time and its mode."""

    def entries() -> Iterator[tuple[str, tuple[str, int, int]]]:
        for path in sorted(folder.rglob("*")):
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            yield str(path), (digest, path.stat().st_mtime_ns, path.stat().st_mode)

    return dict(entries())


@pytest.mark.parametrize("make", [make_files, make_database])
def test_what_is_stored(tmp_path: Path, make: Make) -> None:
    """Sessions and worktrees are found in both kinds of storage."""
    found = stored(make(tmp_path / "opencode"))
    assert sorted(found.sessions, key=lambda each: each.id) == [IN_PROJECT, OUTSIDE]
    assert found.worktrees == {PROJECT: "/data/workspace", "global": "/"}


@pytest.mark.parametrize("make", [make_files, make_database])
def test_the_original_stays_as_it_is(tmp_path: Path, make: Make) -> None:
    """Also read-only data is copied, can be written to in the copy, and is the same byte for byte afterwards."""
    data = make(tmp_path / "original" / "opencode")
    for path in [data, *data.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = fingerprint(tmp_path / "original")
    home = copy_original(data, tmp_path / "copy")
    Relocation(tmp_path / "projects", tmp_path).move(home / "opencode", stored(home / "opencode"))
    assert fingerprint(tmp_path / "original") == before
    assert len(stored(home / "opencode").sessions) == 2
    assert all(path.stat().st_mode & 0o200 for path in home.rglob("*"))


def test_keys_are_not_copied(tmp_path: Path) -> None:
    """Nor what is large and not needed; the shared memory of a database in use would mislead its copy."""
    data = make_database(tmp_path / "opencode")
    for name in ("auth.json", "mcp-auth.json", "log/a.log", "snapshot/x", "opencode.db-shm", "storage/kept.json"):
        write(data / name, {})
    home = copy_original(data, tmp_path / "copy")
    copied = {str(path.relative_to(home / "opencode")) for path in home.rglob("*") if path.is_file()}
    assert copied == {"opencode.db", "storage/kept.json"}


def test_what_the_log_of_a_database_holds_is_copied(tmp_path: Path) -> None:
    """A server that was stopped leaves its last writes in the file beside the database."""
    data = make_database(tmp_path / "opencode")
    with closing(sqlite3.connect(data / "opencode.db")) as database:
        database.execute("pragma journal_mode = wal")
        database.execute("insert into session values ('ses_3', '/x', 'global', 'x')")
        database.commit()
        home = copy_original(data, tmp_path / "copy")
    assert "ses_3" in {session.id for session in stored(home / "opencode").sessions}


def test_data_that_is_written_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of data that changes meanwhile is nothing to judge an upgrade by."""
    data = make_files(tmp_path / "opencode")
    really = shutil.copyfile

    def while_a_server_writes(source: str, target: Path) -> None:
        really(source, target)
        with (data / "storage" / "message" / "ses_1" / "msg_1.json").open("a") as file:
            file.write(" ")

    monkeypatch.setattr("opencode_contract.rehearsal.copying.shutil.copyfile", while_a_server_writes)
    with pytest.raises(BadTarget, match=r"a server is writing to .*: stop it"):
        copy_original(data, tmp_path / "copy")


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    """It would be blamed on the upgrade."""
    data = make_database(tmp_path / "opencode")
    content = bytearray((data / "opencode.db").read_bytes())
    content[4096:8192] = b"\xff" * 4096
    (data / "opencode.db").write_bytes(content)
    with pytest.raises(BadTarget, match=r"opencode\.db is damaged"):
        copy_original(data, tmp_path / "copy")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """With what to do about it."""
    data = make_files(tmp_path / "opencode")
    (data / "storage" / "session" / "global" / "ses_2.json").write_text("{")
    with pytest.raises(BadTarget, match=r"ses_2\.json in the data is damaged"):
        stored(data)


def test_finding_the_data(tmp_path: Path) -> None:
    """The folder itself, or the data home around it; what holds none is refused with what to write."""
    data = make_files(tmp_path / "opencode")
    assert find_data(data) == find_data(tmp_path) == data
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadTarget, match="holds no data of OpenCode: write the directory"):
        find_data(tmp_path / "empty")
    with pytest.raises(BadTarget, match="there is no directory"):
        find_data(tmp_path / "absent")


@pytest.mark.parametrize("make", [make_files, make_database])
def test_sessions_move_to_directories_of_the_rehearsals_own(tmp_path: Path, make: Make) -> None:
    """Each to one of the same project, which git finds to be a repository, and below it where it was below."""
    data = make(tmp_path / "opencode")
    Relocation(tmp_path / "projects", tmp_path).move(data, stored(data))
    found = stored(data)
    moved = {session.id: Path(session.directory) for session in found.sessions}
    root = moved["ses_1"].parent
    assert moved["ses_1"].name == "below"
    assert root.parent == moved["ses_2"].parent == tmp_path / "projects"
    assert found.worktrees == {PROJECT: str(root), "global": "/"}
    assert (root / ".git" / "opencode").read_text() == PROJECT
    top = subprocess.run(["git", "rev-parse", "--show-toplevel"], cwd=root, capture_output=True, text=True, check=True)
    assert top.stdout.strip() == str(root)
    assert list(moved["ses_2"].iterdir()) == []


def test_the_path_of_a_moved_session_follows(tmp_path: Path) -> None:
    """Versions that keep it look sessions up by it."""
    data = make_database(tmp_path / "opencode")
    Relocation(tmp_path / "projects", tmp_path).move(data, stored(data))
    with closing(sqlite3.connect(data / "opencode.db")) as database:
        paths = dict(database.execute("select id, path from session"))
    assert paths["ses_1"] == IN_PROJECT.directory[1:]
    assert f"/{paths['ses_2']}" == {each.id: each.directory for each in stored(data).sessions}["ses_2"]
