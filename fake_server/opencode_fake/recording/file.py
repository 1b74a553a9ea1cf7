"""Recordings as files: a script with a head that says where it comes from and whether it is whole."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from opencode_fake.scripts.model import JsonObject, JsonValue
from opencode_fake.scripts.yaml_file import checksum
from opencode_fake.scripts.yaml_writer import dumps_words


def written(words: JsonObject, *, version: str, at: datetime, unfinished: list[str], redacted: str) -> str:
    """The file's text."""
    head: JsonObject = {
        "version": version,
        "date": at.isoformat(timespec="seconds"),
        "redacted": redacted,
        "checksum": checksum(words["replies"]),
    }
    if unfinished:
        head["unfinished"] = list[JsonValue](unfinished)
    return dumps_words({"recorded": head, "replies": words["replies"]})


def write(path: Path, text: str) -> None:
    """Writes a file in one go: who reads it meanwhile sees the old one."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
