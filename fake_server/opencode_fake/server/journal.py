"""What the fake received, for tests to read afterwards."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

LIMIT = 10_000
"""Requests that are kept; older ones are dropped and counted."""
_SECRET = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(slots=True)
class Received:
    """One request and the status of its answer. Secrets are left out."""

    method: str
    path: str
    """The path below the base path, without the query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str
    at: int
    """When it came, in epoch milliseconds on the server's clock."""
    status: int | None = None
    """None as long as it has no answer."""
    outside: bool = False
    """Whether the path is not below the base path; then ``path`` is all of it."""

    @property
    def json(self) -> object:
        """The body as JSON. Raises ValueError where it is none."""
        value: object = json.loads(self.body)
        return value

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status or 'no answer yet'}"


@dataclass(slots=True)
class Journal:
    """The requests in the order in which they came."""

    dropped: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    """How often paths were asked for that the fake does not reproduce, by method and path."""
    _entries: deque[Received] = field(default_factory=lambda: deque(maxlen=LIMIT))

    def add(self, entry: Received) -> None:
        """Keeps a request; the oldest one goes where there are too many."""
        self.dropped += len(self._entries) == LIMIT
        self._entries.append(entry)

    def miss(self, method: str, path: str) -> None:
        """Counts a request that no route answers; of very many different ones only the first are told apart."""
        named = f"{method} {path}"
        self.unknown[named if named in self.unknown or len(self.unknown) < LIMIT else "others"] += 1

    def __iter__(self) -> Iterator[Received]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Received:
        return self._entries[index]


def without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, with what lets somebody in replaced."""
    return {name: "[secret]" if name.lower() in _SECRET else value for name, value in headers.items()}
