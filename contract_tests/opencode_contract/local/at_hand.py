"""Executables that somebody has, by version; others come from the cache or npm."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from opencode_contract.errors import BadTarget
from opencode_contract.local.binary import Binary, fetch_binary, given_binary


class AtHand:
    """What was given as ``VERSION=PATH``."""

    def __init__(self, given: Iterable[str]) -> None:
        self._paths = dict(map(_pair, given))

    def binary(self, version: str) -> Binary:
        """The executable of ``version``: the one at hand, or else the published one."""
        path = self._paths.get(version)
        return fetch_binary(version) if path is None else _checked(path, version)


def _pair(text: str) -> tuple[str, Path]:
    version, separator, path = text.partition("=")
    if not separator:
        raise BadTarget(f"{text!r} names no executable: write VERSION=PATH")
    return version, Path(path)


def _checked(path: Path, version: str) -> Binary:
    binary = given_binary(path)
    if binary.version != version:
        raise BadTarget(f"{path} is OpenCode {binary.version}, not {version}")
    return binary
