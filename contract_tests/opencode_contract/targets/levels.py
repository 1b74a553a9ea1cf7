"""How much a requirement may do to the server that it is checked on."""

from __future__ import annotations

import enum


class Level(enum.IntEnum):
    """Each level allows what the ones before it allow."""

    READ = 1
    """Creates nothing."""
    WRITE = 2
    """Creates sessions and deletes them."""
    PROMPT = 3
    """Sends prompts, which cost money on a deployment."""

    @property
    def word(self) -> str:
        """The level as it is written on the command line."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Level:
        """The level that ``word`` names."""
        return cls[word.upper()]
