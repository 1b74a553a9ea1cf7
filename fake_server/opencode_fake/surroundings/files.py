"""The files of the workspace: list, read, find. Other directories hold none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from opencode_fake.scripts.model import JsonObject
from opencode_fake.server import checks, errors
from opencode_fake.server.errors import Refused
from opencode_fake.server.exchange import Incoming, Outgoing, answer
from opencode_fake.state.workspace import Workspace, count_lines
from opencode_fake.surroundings import schemas, tree

if TYPE_CHECKING:
    from opencode_fake.server.app import App

FOUND = 100
"""How many files a search names where no limit is given."""
MATCHES = 10
"""How many matches a search for text names."""


async def listed(app: App, incoming: Incoming) -> Outgoing:
    """``GET /file``: what lies in one folder, folders first."""
    checks.query(incoming, schemas.PATH)
    workspace = _workspace(app, incoming)
    folder = _locate(workspace, incoming)
    subfolders, names = tree.children(workspace, folder)
    strict = app.world.behaviours.strict_files
    at_root = folder == app.world.directory
    if strict and not at_root and not subfolders and not names:
        raise Refused(errors.unknown(f"{folder} is no folder"))
    if strict and at_root:
        subfolders.insert(0, ".git")
    entries = [_entry(workspace, f"{folder}/{name}", "directory", slash=strict) for name in subfolders]
    entries += [_entry(workspace, f"{folder}/{name}", "file") for name in names]
    return answer(entries)


async def read(app: App, incoming: Incoming) -> Outgoing:
    """``GET /file/content``: a file's text without white space around it; no text where there is no file."""
    checks.query(incoming, schemas.PATH)
    workspace = _workspace(app, incoming)
    path = _locate(workspace, incoming)
    if app.world.behaviours.strict_files and _is_folder(workspace, path):
        raise Refused(errors.unknown(f"{path} is a folder"))
    return answer({"type": "text", "content": workspace.files.get(path, "").strip()})


async def status(app: App, incoming: Incoming) -> Outgoing:
    """``GET /file/status``: the files that are not committed; later versions name none."""
    if not app.world.behaviours.file_status_known:
        return answer([])
    workspace = _workspace(app, incoming)
    return answer(
        [
            {"path": name, "added": _text(workspace, name).count("\n") + 1, "removed": 0, "status": "added"}
            for name in tree.files(workspace)
        ]
    )


async def changed(app: App, incoming: Incoming) -> Outgoing:
    """``GET /vcs/status``: the files that are not committed."""
    workspace = _workspace(app, incoming)
    return answer(
        [
            {
                "file": name,
                "additions": count_lines("", _text(workspace, name))[0],
                "deletions": 0,
                "status": "added",
            }
            for name in sorted(tree.files(workspace), key=tree.alphabetic)
        ]
    )


async def find_files(app: App, incoming: Incoming) -> Outgoing:
    """``GET /find/file``: the files and folders whose names fit."""
    checks.query(incoming, schemas.FIND_FILES)
    strict = app.world.behaviours.strict_files
    if strict and incoming.directory != app.world.directory:
        raise Refused(errors.unknown(f"{incoming.directory} is no folder"))
    workspace, query = _workspace(app, incoming), incoming.query
    kind, wanted = query.get("type"), query["query"]
    with_folders = kind == "directory" or (kind is None and query.get("dirs") != "false")
    names = [*(["/"] if strict else []), *tree.folders(workspace)] if with_folders else []
    # Asked for anything at all, older servers offer folders to begin with.
    if kind != "directory" and (wanted or strict or not with_folders):
        names += tree.files(workspace)
    found = tree.closest(wanted, names) if wanted else names
    return answer(found[: int(checks.limit(incoming) or FOUND)])


async def find_text(app: App, incoming: Incoming) -> Outgoing:
    """``GET /find``: the lines that a regular expression matches."""
    checks.query(incoming, schemas.PATTERN)
    strict = app.world.behaviours.strict_files
    try:
        pattern = re.compile(incoming.query["pattern"])
    except re.error:
        if strict:
            raise Refused(errors.unknown("no regular expression")) from None
        return answer([])
    if not pattern.pattern and not strict:
        return answer([])
    workspace = _workspace(app, incoming)
    matches: list[JsonObject] = []
    for name in tree.files(workspace):
        matches += _matches(pattern, name, _text(workspace, name))
    return answer(matches[:MATCHES])


async def find_symbols(_: App, incoming: Incoming) -> Outgoing:
    """``GET /find/symbol``: none, as without a language server."""
    checks.query(incoming, schemas.QUERY)
    return answer([])


def _matches(pattern: re.Pattern[str], name: str, text: str) -> list[JsonObject]:
    found: list[JsonObject] = []
    offset = 0
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        submatches: list[JsonObject] = [
            {
                "match": {"text": match[0]},
                "start": len(line[: match.start()].encode()),
                "end": len(line[: match.end()].encode()),
            }
            for match in pattern.finditer(line)
        ]
        if submatches:
            found.append(
                {
                    "path": {"text": name},
                    "lines": {"text": line},
                    "line_number": number,
                    "absolute_offset": offset,
                    "submatches": [*submatches],
                }
            )
        offset += len(line.encode())
    return found


def _workspace(app: App, incoming: Incoming) -> Workspace:
    here = incoming.directory == app.world.directory
    return app.world.workspace if here else Workspace(incoming.directory)


def _locate(workspace: Workspace, incoming: Incoming) -> str:
    try:
        return tree.locate(workspace, incoming.query["path"])
    except tree.Escapes:
        raise Refused(errors.unknown("Error: Access denied: path escapes project directory")) from None


def _entry(workspace: Workspace, absolute: str, kind: str, *, slash: bool = False) -> JsonObject:
    relative = workspace.relative(absolute)
    return {
        "name": absolute.rpartition("/")[2],
        "path": f"{relative}/" if slash else relative,
        "absolute": absolute,
        "type": kind,
        "ignored": False,
    }


def _is_folder(workspace: Workspace, path: str) -> bool:
    return path == workspace.directory or any(each.startswith(f"{path}/") for each in workspace.files)


def _text(workspace: Workspace, name: str) -> str:
    return workspace.files[f"{workspace.directory}/{name}"]
