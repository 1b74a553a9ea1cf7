"""Ids and slugs as the server makes them, from a seeded source."""

from __future__ import annotations

import random
import string

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_DIGITS = 14
_BITS = 48
_COUNTER = 4096

_ADJECTIVES = (
    "brave calm clever cosmic crisp curious eager gentle glowing happy hidden jolly kind lucky mighty misty neon "
    "nimble playful proud quick quiet shiny silent stellar sunny swift tidy witty"
).split()
_NOUNS = (
    "cabin cactus canyon circuit comet eagle engine falcon forest garden harbor island knight lagoon meadow moon "
    "mountain nebula orchid otter panda pixel planet river rocket sailor squid star tiger wizard wolf"
).split()


class Identifiers:
    """Makes ids that sort by time: message and part ids upwards, session ids downwards (measured 1.1.34 to 1.18.34)."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._last = 0
        self._counter = 0

    def ascending(self, prefix: str, at: int) -> str:
        """``prefix_`` and 26 characters that sort after those of earlier ``at`` (epoch milliseconds)."""
        return self._make(prefix, self._number(at))

    def session(self, at: int) -> str:
        """A session id: the newest sorts first."""
        return self._make("ses", ~self._number(at))

    def slug(self) -> str:
        """Such as ``eager-harbor``; not unique."""
        return f"{self._random.choice(_ADJECTIVES)}-{self._random.choice(_NOUNS)}"

    def git_hash(self) -> str:
        """40 hexadecimal digits."""
        return f"{self._random.getrandbits(160):040x}"

    def call_id(self) -> str:
        """The id of a tool call, which the provider makes."""
        return f"call_{self._tail(24)}"

    def ulid(self, at: int) -> str:
        """The id of a call that the server makes itself: the time in ten digits of base 32, and sixteen by chance."""
        time = "".join(_CROCKFORD[at >> shift & 31] for shift in range(45, -1, -5))
        return time + "".join(self._random.choices(_CROCKFORD, k=16))

    def _number(self, at: int) -> int:
        self._counter = self._counter + 1 if at == self._last else 1
        self._last = at
        return at * _COUNTER + self._counter

    def _make(self, prefix: str, number: int) -> str:
        return f"{prefix}_{number % (1 << _BITS):012x}{self._tail(_RANDOM_DIGITS)}"

    def _tail(self, length: int) -> str:
        return "".join(self._random.choices(_ALPHABET, k=length))
