"""Scripts by name, as installed packages offer them.

A package offers those of one of its folders by an entry point of the group ``opencode_fake.scripts`` that names it::

    [project.entry-points."opencode_fake.scripts"]
    my_team = "my_team.scripts"

Each YAML file in the folder ``my_team/scripts`` is a script, called as the file is without ``.yaml``. Recordings lie in
folders below it that are called as their version, and are named with that: ``1.1.53/tool-loop``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

from opencode_fake.scripts.errors import Problem, UnknownScript

GROUP = "opencode_fake.scripts"
SUFFIX = ".yaml"
_NAME = re.compile(r"(?:\d+\.\d+\.\d+/)?[\w-]+")


def is_name(text: str) -> bool:
    """Whether a text names a script by itself; any other one with a dot or a slash is the path of a file."""
    return _NAME.fullmatch(text) is not None


def named_file(name: str, others: Iterable[str] = ()) -> Path:
    """The file of the script of this name. Raises UnknownScript, also where several packages offer one.

    The error tells of ``others`` that are known besides.
    """
    offered = _offered()
    found = [path for offer, path in offered if offer == name]
    if len(found) > 1:
        raise UnknownScript(name, [Problem(f"several packages offer it: {', '.join(map(str, found))}; name the file")])
    if not found:
        listed = sorted({*others, *(offer for offer, _ in offered)})
        raise unknown(name, "ready-made script", listed, f"; a file is './{name}'")
    return found[0]


def unknown(name: str, kind: str, listed: Sequence[str], otherwise: str = "") -> UnknownScript:
    """The error that nothing of a kind has this name, with the nearest of those listed, and what to write otherwise."""
    near = get_close_matches(name, listed, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    names = f"there are: {', '.join(listed)}" if listed else "no installed package offers any"
    return UnknownScript(name, [Problem(f"no {kind} has this name; {hint}{names}{otherwise}")])


def _offered() -> list[tuple[str, Path]]:
    folders = [Path(str(files(entry.module))) for entry in entry_points(group=GROUP)]
    found = ((file.relative_to(folder), file) for folder in folders for file in folder.rglob(f"*{SUFFIX}"))
    return [(place.with_suffix("").as_posix(), file) for place, file in found]
