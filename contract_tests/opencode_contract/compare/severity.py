"""What a difference means for a client that was written for the older side."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, TypeAlias

Word: TypeAlias = Literal["breaking", "risky", "additive", "cosmetic"]
SEVERITIES: tuple[Word, ...] = ("breaking", "risky", "additive", "cosmetic")
"""The worst first."""


class Severity(IntEnum):
    """From the least to the worst."""

    COSMETIC = 0
    """Nothing that a program should look at."""
    ADDITIVE = 1
    """Something new that a client may use or leave."""
    RISKY = 2
    """A client may have relied on it: look whether yours does."""
    BREAKING = 3
    """A client that uses this no longer works."""

    @property
    def word(self) -> Word:
        """The severity as reports write it."""
        return SEVERITIES[Severity.BREAKING - self]
