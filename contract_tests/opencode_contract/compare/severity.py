"""What a difference means for a client that was written for the older side."""

from __future__ import annotations

from enum import IntEnum


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
    def word(self) -> str:
        """The severity as reports write it."""
        return self.name.lower()
