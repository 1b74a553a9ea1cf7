"""How long to wait for a server that is not there yet, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

DEFAULT_SECONDS = 60.0
SHORTEST, LONGEST = 0.2, 3.0
"""Seconds between two looks at the server."""


def _nobody(_line: str, _waited: float) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits for ``seconds`` at most; ``tell`` is given what is waited for, and how long that has taken so far."""

    seconds: float = DEFAULT_SECONDS
    tell: Callable[[str, float], None] = _nobody


NONE = Patience(0.0)
"""For servers of our own, which are ready when they are opened."""
