"""Choosing a model by one field of the wire, with a place for values nobody has seen yet."""

from __future__ import annotations

from collections.abc import Callable

UNKNOWN = "unknown"


def by_field(field: str, *known: str) -> Callable[[object], str]:
    """Return a discriminator that names the model by ``field``, or says ``unknown``."""

    def choose(value: object) -> str:
        found = value.get(field) if isinstance(value, dict) else getattr(value, field, None)
        return found if isinstance(found, str) and found in known else UNKNOWN

    return choose
