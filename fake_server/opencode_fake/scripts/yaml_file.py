"""Scripts written in YAML 1.2, and those that they include. Every problem is reported with its line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from pydantic import ValidationError

from opencode_fake.scripts.combining import combined
from opencode_fake.scripts.errors import InvalidScript, Problem, UnknownScript, UnreadableScript
from opencode_fake.scripts.model import JsonValue, Recorded, Reply, Script, ScriptFile
from opencode_fake.scripts.named import is_name, named_file
from opencode_fake.scripts.problems import Finding, findings

if TYPE_CHECKING:
    from opencode_fake.scripts.yaml_reader import Reading

ScriptLike: TypeAlias = Script | Iterable[Reply] | str | Path | None
"""A script, the replies of one, its name, the file that holds it, or None for an empty one."""


def as_script(given: ScriptLike) -> Script:
    """The script that is meant. A text without dots and slashes is the name of a ready-made one."""
    match given:
        case Script():
            return given
        case None:
            return Script()
        case str() if is_name(given):
            return load_script(named_file(given))
        case str() | Path():
            return load_script(given)
        case Mapping():
            hint = (
                "a dict is not a script; write Script.model_validate(...), the notation's script(...), or a file's path"
            )
            raise InvalidScript("script", [Problem(hint)])
        case replies:
            return Script(replies=tuple(replies))


def load_script(path: str | Path) -> Script:
    """Reads a script from a file, or raises a ``ScriptError`` that lists everything that is wrong with it."""
    return combined(*_Loader().load(Path(path), str(path)))


def loads_script(text: str, name: str = "script", *, folder: str | Path = ".") -> Script:
    """Reads a script from ``text``; errors call it ``name``, and the files that it includes lie in ``folder``."""
    return combined(*_Loader().loads(text, name, Path(folder)))


@dataclass(slots=True)
class _Loader:
    """Reads one script and those that it includes, each once."""

    _done: set[Path] = field(default_factory=set)
    _around: list[Path] = field(default_factory=list)
    """The files that are being read: each includes the one behind it."""

    def load(self, path: Path, name: str) -> list[Script]:
        """The script of a file, and behind it those that it includes."""
        text, place = _read(path, name), path.resolve()
        self._done.add(place)
        self._around.append(place)
        scripts = self.loads(text, name, path.parent)
        self._around.pop()
        return scripts

    def loads(self, text: str, name: str, folder: Path) -> list[Script]:
        """The script in a text, and behind it those that it includes."""
        script, reading = _parsed(text, name)
        scripts: list[Script] = [script]
        problems: list[Problem] = []
        for number, item in enumerate(script.include):
            try:
                scripts += self._included(item, folder)
            except _NotIncluded as fault:
                problems.append(reading.problem(Finding(("include", number), str(fault))))
        if problems:
            raise InvalidScript(name, problems, text)
        return scripts

    def _included(self, item: str, folder: Path) -> list[Script]:
        try:
            path = named_file(item) if is_name(item) else folder / item
            if path.resolve() in self._around:
                raise _NotIncluded(f"{item!r} includes this file, or is it: leave out one of the two")
            return [] if path.resolve() in self._done else self.load(path, str(path))
        except (UnknownScript, UnreadableScript) as error:
            raise _NotIncluded(f"{item!r}: {error.problems[0].message}") from error


class _NotIncluded(Exception):
    """What stands under ``include`` leads nowhere, or round in a circle."""


def _read(path: Path, name: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as problem:
        raise UnreadableScript(name, [Problem("there is no such file")]) from problem
    except IsADirectoryError as problem:
        raise UnreadableScript(name, [Problem("this is a folder; name the script in it")]) from problem
    except OSError as problem:
        raise UnreadableScript(name, [Problem(f"cannot be read: {problem.strerror}")]) from problem
    except UnicodeDecodeError as problem:
        line = problem.object.count(b"\n", 0, problem.start) + 1
        fault = Problem(f"not UTF-8 (byte 0x{problem.object[problem.start]:02x}); save the file as UTF-8", line=line)
        raise UnreadableScript(name, [fault]) from problem


def _parsed(text: str, name: str) -> tuple[ScriptFile, Reading]:
    """What a text says, without what it includes, and where each part of it stands."""
    from opencode_fake.scripts.yaml_reader import read_yaml  # here, since reading YAML is slow to import

    reading = read_yaml(text, name)
    if reading.problems:
        raise InvalidScript(name, reading.problems, text)
    try:
        # As JSON: it knows lists but no tuples, and strict then means what it means in the JSON Schema.
        script = ScriptFile.model_validate_json(json.dumps(reading.data), strict=True)
    except ValidationError as error:
        problems = [reading.problem(finding) for finding in findings(error, ScriptFile, reading.data)]
        problems.sort(key=lambda problem: problem.line or 0)
        raise InvalidScript(name, problems, text) from None
    if script.recorded is not None and isinstance(reading.data, dict):
        _check_whole(script.recorded, reading.data.get("replies"), name, text)
    return script, reading


def dumps_script(script: Script) -> str:
    """The script as YAML: ``loads_script`` gives back the same."""
    from opencode_fake.scripts.yaml_writer import dumps_words  # here, since it is slow to import

    return dumps_words(script.model_dump(mode="json", exclude_defaults=True))


def checksum(replies: JsonValue) -> str:
    """What shows whether the replies of a recording were changed: of their JSON with sorted keys."""
    text = json.dumps(replies, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:16]


def _check_whole(recorded: Recorded, replies: JsonValue, name: str, text: str) -> None:
    if recorded.checksum != checksum(replies):
        hint = (
            "this recording is not as it was recorded: record it again, or leave out 'recorded' if you changed it "
            "on purpose"
        )
        line = next((number for number, each in enumerate(text.splitlines(), 1) if each.startswith("recorded")), None)
        raise InvalidScript(name, [Problem(hint, "recorded.checksum", line)], text)
