"""An answer of somebody's server without what it says: each value gives way to one of its kind."""

from __future__ import annotations

import re

from opencode_contract.capture.shape import shape_of
from opencode_contract.evidence import Json

TEXT = "<text>"
_ID = re.compile(r"^(ses_|msg_|prt_|per_|que_).*")
_CHOSEN_KEYS = frozenset({"metadata", "input", "options", "headers", "environment", "permission", "tools"})
"""Fields whose value may have keys that somebody has chosen."""


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
