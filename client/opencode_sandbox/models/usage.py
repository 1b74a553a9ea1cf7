"""Tokens and money: what a message, a reply or a whole session has used."""

from __future__ import annotations

from opencode_sandbox.models.base import Number, WireModel


class CacheTokens(WireModel):
    """Tokens read from and written to the provider's cache."""

    read: Number = 0
    write: Number = 0

    def __add__(self, other: CacheTokens) -> CacheTokens:
        """Add two counts, kind by kind."""
        return CacheTokens(read=self.read + other.read, write=self.write + other.write)


class Tokens(WireModel):
    """Tokens of one step, one message, or a sum of them."""

    input: Number = 0
    output: Number = 0
    reasoning: Number = 0
    cache: CacheTokens = CacheTokens()

    def __add__(self, other: Tokens) -> Tokens:
        """Add two counts, kind by kind."""
        return Tokens(
            input=self.input + other.input,
            output=self.output + other.output,
            reasoning=self.reasoning + other.reasoning,
            cache=self.cache + other.cache,
        )

    @property
    def all(self) -> Number:
        """Every token there was, cached ones included."""
        return self.input + self.output + self.reasoning + self.cache.read + self.cache.write
