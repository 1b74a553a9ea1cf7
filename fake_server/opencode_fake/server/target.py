"""Where a request goes: the path and the query of its target, read as the router of the version reads them.

To 1.14.41 the path is resolved as an address is, and an escape that stands for no text stays as it is. From 1.15.0 on
nothing is resolved, a semicolon ends the path, and one with such an escape cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote_to_bytes

Query: TypeAlias = "Mapping[str, str | list[str]]"

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESOLVED = re.compile(r"\\|/(?:\.|%2e)", re.IGNORECASE)
_HERE = frozenset({".", "%2e"})
_ABOVE = frozenset({"..", ".%2e", "%2e.", "%2e%2e"})


@dataclass(frozen=True, slots=True)
class Target:
    """What a request asks for."""

    path: str
    """The path below the base path, resolved where the version does that, but not decoded."""
    segments: tuple[str, ...] | None
    """The path's parts, decoded; None where it cannot be read."""
    query: Query
    """Each parameter with its value, or with all of them where there is more than one."""

    @property
    def single(self) -> dict[str, str]:
        """The first value of each parameter."""
        return {key: value if isinstance(value, str) else value[0] for key, value in self.query.items()}


def lenient(path: str, query: str) -> Target:
    """Reads a target to 1.14.41."""
    resolved = _resolved(path) if _UNRESOLVED.search(path) else path
    segments = tuple(decoded(segment) for segment in _split(resolved))
    pairs = (pair.partition("=") for pair in query.split("&"))
    return Target(resolved, segments, _collected((_worded(key), _worded(value)) for key, _, value in pairs if key))


def strict(path: str, query: str) -> Target:
    """Reads a target from 1.15.0 on."""
    pairs = _collected(parse_qsl(query, keep_blank_values=True))
    try:
        segments = tuple(_decoded_strictly(segment) for segment in _split(path.partition(";")[0]))
    except ValueError:
        return Target(path, None, pairs)
    return Target(path, segments, pairs)


def decoded(text: str) -> str:
    """The text with its escapes read, each run of them as far as it stands for text."""
    return _ESCAPES.sub(_read, text) if "%" in text else text


def decoded_whole(text: str) -> str:
    """The text with its escapes read; as it is where one of them stands for nothing."""
    try:
        return _decoded_strictly(text)
    except ValueError:
        return text


def _decoded_strictly(text: str) -> str:
    if "%" not in text:
        return text
    if _LONE_PERCENT.search(text):
        raise ValueError(f"{text!r} holds a percent sign that begins no escape")
    return unquote_to_bytes(text).decode()


def _read(escapes: re.Match[str]) -> str:
    try:
        return unquote_to_bytes(escapes[0]).decode()
    except UnicodeDecodeError:
        return escapes[0]


def _worded(text: str) -> str:
    return decoded(text.replace("+", " "))


def _split(path: str) -> list[str]:
    return path.removeprefix("/").split("/")


def _collected(pairs: Iterable[tuple[str, str]]) -> Query:
    found: dict[str, str | list[str]] = {}
    for key, value in pairs:
        before = found.get(key)
        if before is None:
            found[key] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            found[key] = [before, value]
    return found


def _resolved(path: str) -> str:
    """The path without its parts that mean this folder or the one above."""
    kept: list[str] = []
    parts = _split(path.replace("\\", "/"))
    for part in parts:
        if part.lower() in _ABOVE:
            del kept[-1:]
        elif part.lower() not in _HERE:
            kept.append(part)
    if parts[-1].lower() in _HERE | _ABOVE:
        kept.append("")
    return f"/{'/'.join(kept)}"
