"""Scripts written in YAML 1.2. Every problem is reported with its line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from pydantic import ValidationError

from opencode_fake.scripts.errors import InvalidScript, Problem, UnreadableScript
from opencode_fake.scripts.model import JsonValue, Recorded, Reply, Script
from opencode_fake.scripts.problems import findings

ScriptLike: TypeAlias = Script | Iterable[Reply] | str | Path | None
"""A script, the replies of one, the file that holds one, or None for an empty one."""


def as_script(given: ScriptLike) -> Script:
    """The script that is meant."""
    match given:
        case Script():
            return given
        case None:
            return Script()
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
    name = str(path)
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
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
    return loads_script(text, name)


def loads_script(text: str, name: str = "script") -> Script:
    """Reads a script from ``text``; ``name`` is what errors call it."""
    from opencode_fake.scripts.yaml_reader import read_yaml  # here, since reading YAML is slow to import

    reading = read_yaml(text, name)
    if reading.problems:
        raise InvalidScript(name, reading.problems, text)
    try:
        # As JSON: it knows lists but no tuples, and strict then means what it means in the JSON Schema.
        script = Script.model_validate_json(json.dumps(reading.data), strict=True)
    except ValidationError as error:
        problems = [reading.problem(finding) for finding in findings(error, Script, reading.data)]
        problems.sort(key=lambda problem: problem.line or 0)
        raise InvalidScript(name, problems, text) from None
    if script.recorded is not None and isinstance(reading.data, dict):
        _check_whole(script.recorded, reading.data.get("replies"), name, text)
    return script


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
