"""Answers without what need not or must not be kept."""

from __future__ import annotations

import re

from opencode_contract.capture.shape import shape_of
from opencode_contract.evidence import Json

TEXT = "<text>"
LONG, KEPT = 40, 3
_PROVIDERS = "responseHeaders"
_HASH = re.compile(r"\bsha#\d+")
_ID = re.compile(r"^(ses_|msg_|prt_|per_|que_).*")
_CHOSEN_KEYS = frozenset({"metadata", "input", "options", "headers", "environment", "permission", "tools"})
"""Fields whose value may have keys that somebody has chosen."""


def thinned(value: Json, name: str = "") -> Json:
    """The same without what says nothing of a server.

    Of long lists and maps, which are catalogues of models, only the beginnings stay. A snapshot stands for all that
    other probes have left in the workspace, and the headers of a provider for the provider and the time.
    """
    match value:
        case str() if name == "snapshot":
            return "<hash>"
        case str():
            return TEXT if name == _PROVIDERS else _HASH.sub("<hash>", value)
        case list():
            return [thinned(each, name) for each in (value[:KEPT] if len(value) > LONG else value)]
        case dict():
            keys = sorted(value)[:KEPT] if len(value) > LONG else list(value)
            return {key: thinned(value[key], _PROVIDERS if name == _PROVIDERS else key) for key in keys}
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
