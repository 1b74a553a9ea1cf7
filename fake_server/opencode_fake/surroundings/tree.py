"""The virtual workspace as a tree: folders, files, and how well a name fits what somebody looks for."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator

from opencode_fake.state.workspace import Workspace

_WORD_START = re.compile(r"(?:^|[/._\- ])$")


class Escapes(ValueError):
    """The path leads out of the workspace."""


def locate(workspace: Workspace, path: str) -> str:
    """The absolute path of ``path`` below the workspace, whether or not there is anything. Raises Escapes."""
    found = posixpath.normpath(f"{workspace.directory}/{path}")
    if found != workspace.directory and not found.startswith(f"{workspace.directory}/"):
        raise Escapes(path)
    return found


def files(workspace: Workspace) -> list[str]:
    """All files, relative to the workspace."""
    inside = f"{workspace.directory}/"
    return sorted(path.removeprefix(inside) for path in workspace.files if path.startswith(inside))


def folders(workspace: Workspace) -> list[str]:
    """All folders that hold files, relative to the workspace, each with a slash at its end."""
    found = {f"{each}/" for path in files(workspace) for each in _parents(path)}
    return sorted(found)


def children(workspace: Workspace, folder: str) -> tuple[list[str], list[str]]:
    """The names of the folders and the files right below an absolute folder, as a reader would sort them."""
    inside = f"{folder}/"
    below = [path.removeprefix(inside) for path in workspace.files if path.startswith(inside)]
    subfolders = {path.split("/", 1)[0] for path in below if "/" in path}
    return sorted(subfolders, key=alphabetic), sorted((path for path in below if "/" not in path), key=alphabetic)


def closest(query: str, names: Iterable[str]) -> list[str]:
    """The names that hold the letters of ``query`` in this order, the best fit first.

    The real server ranks with a library of its own; this keeps its main points: letters side by side before scattered
    ones, beginnings of words before their middles, early before late, short before long.
    """
    ranked = [(rank, name) for name in names if (rank := _rank(query.lower(), name.lower())) is not None]
    return [name for _, name in sorted(ranked)]


def _rank(query: str, name: str) -> tuple[bool, bool, int, int] | None:
    position = name.find(query)
    if position >= 0:
        return (False, _WORD_START.search(name[:position]) is None, position, len(name))
    letters = iter(name)
    if all(letter in letters for letter in query):
        return (True, True, name.find(query[0]), len(name))
    return None


def _parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def alphabetic(name: str) -> tuple[str, str]:
    """What to sort names by so that neither case nor accents part them."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    return (plain.lower(), name)
