"""The troubles that a run has met."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Self

import httpx

from opencode_contract.network import recognising
from opencode_contract.network.troubles import Trouble

KEPT = 100


@dataclass(frozen=True, slots=True)
class Encounter:
    """A trouble, where it was met, and how long to wait if that was told."""

    trouble: Trouble
    detail: str = ""
    seconds: float | None = None
    """What the other side asks to wait."""

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.trouble.name}: {self.trouble.sentence}{detail}; {self.trouble.advice}"

    @classmethod
    def of_error(cls, error: BaseException) -> Self:
        """What made a request fail."""
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return cls(recognising.of_error(error), said)

    @classmethod
    def of_answer(cls, response: httpx.Response, path: str) -> Self | None:
        """What an answer shows; None where OpenCode may have sent it."""
        trouble = recognising.of_answer(response)
        if trouble is None:
            return None
        detail = f"{response.request.method} {path}: {recognising.detail_of(response)}"
        return cls(trouble, detail, recognising.retry_after(response))


class Encounters:
    """The latest troubles, in order; how many there were tells which are new."""

    def __init__(self) -> None:
        self.count = 0
        self._latest: deque[Encounter] = deque(maxlen=KEPT)

    def note(self, encounter: Encounter | None) -> None:
        """Keeps a trouble, if it is one."""
        if encounter is not None:
            self._latest.append(encounter)
            self.count += 1

    def since(self, count: int) -> Encounter | None:
        """The first trouble after there had been ``count``; None where there was none."""
        new = min(self.count - count, len(self._latest))
        return self._latest[-new] if new else None
