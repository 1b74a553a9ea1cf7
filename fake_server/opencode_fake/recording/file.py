"""Recordings as files: a script with a head that says where it comes from and whether it is whole."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from opencode_fake.scripts.yaml_file import checksum

_WIDTH = 110


def written(words: dict[str, Any], *, version: str, at: datetime, unfinished: list[str], redacted: str) -> str:
    """The file's text."""
    head: dict[str, str | list[str]] = {
        "version": version,
        "date": at.isoformat(timespec="seconds"),
        "redacted": redacted,
        "checksum": checksum(words["replies"]),
    }
    if unfinished:
        head["unfinished"] = unfinished
    yaml = YAML()
    yaml.width = _WIDTH
    stream = io.StringIO()
    yaml.dump({"recorded": head, "replies": _literal(words["replies"])}, stream)
    return stream.getvalue()


def write(path: Path, text: str) -> None:
    """Writes a file in one go: who reads it meanwhile sees the old one."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _literal(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Texts of several lines as blocks, where YAML can write them so."""
    match value:
        case str() if "\n" in value.strip() and _is_plain(value):
            return LiteralScalarString(value)
        case list():
            return [_literal(each) for each in value]
        case dict():
            return {key: _literal(each) for key, each in value.items()}
        case _:
            return value


def _is_plain(text: str) -> bool:
    """Whether a block gives back the very same text."""
    ends = any(line.endswith(" ") for line in text.split("\n"))
    return not ends and not text.startswith((" ", "\n")) and all(each.isprintable() or each == "\n" for each in text)
