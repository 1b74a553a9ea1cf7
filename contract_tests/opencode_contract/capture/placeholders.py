"""Answers without what need not or must not be kept."""

from __future__ import annotations

import re

from opencode_contract.capture.shape import shape_of
from opencode_contract.evidence import Json

TEXT = "<text>"
LONG, KEPT = 40, 3
_HASH = re.compile(r"\bsha#\d+")
_ID = re.compile(r"^(ses_|msg_|prt_|per_|que_).*")
_CHOSEN_KEYS = frozenset({"metadata", "input", "options", "headers", "environment", "permission", "tools"})
"""Fields whose value may have keys that somebody has chosen."""


def thinned(value: Json) -> Json:
    """The same with only the beginnings of long lists and maps: catalogues of models, which say nothing of a server.

    Nor does the number of a snapshot, which stands for all that other probes have left in the workspace.
    """
    match value:
        case str():
            return _HASH.sub("<hash>", value)
        case list():
            return [thinned(each) for each in (value[:KEPT] if len(value) > LONG else value)]
        case dict():
            keys = sorted(value)[:KEPT] if len(value) > LONG else list(value)
            return {key: thinned(value[key]) for key in keys}
        case _:
            return value


def blanked(value: Json, name: str = "") -> Json:
    """The same kinds of values in the same fields; known words stay, and lists keep one item of each shape."""
    match value:
        case None:
            return None
        case bool():
            return False
        case int() | float():
            return 0
        case str():
            return value if shape_of(value, name).words is not None else TEXT
        case list():
            kept: list[Json] = []
            for each in map(blanked, value):
                if each not in kept:
                    kept.append(each)
            return kept
        case dict():
            if name in _CHOSEN_KEYS:
                return {}
            return {_ID.sub(r"\1", key): blanked(each, key) for key, each in value.items()}
