"""What earlier runs have left, because they were killed: found by its mark, and deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from opencode_contract.safety.backstage import Backstage
from opencode_contract.safety.mark import Mark, mark_of

SURELY_OVER = timedelta(hours=1)
"""A run that began longer ago than this does not run any more."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A session that a run has made and not deleted."""

    session_id: str
    mark: Mark

    @property
    def is_surely_one(self) -> bool:
        """Whether its run is over, however long it took."""
        return self.mark.is_older_than(SURELY_OVER)


async def leftovers(backstage: Backstage, own: Mark) -> list[Leftover]:
    """The sessions with the mark of another run than ``own``. Nothing else of the sessions there are is kept."""
    found: list[Leftover] = []
    for session in await backstage.sessions():
        mark, session_id = mark_of(session), session.get("id")
        if mark is not None and mark != own and isinstance(session_id, str):
            found.append(Leftover(session_id, mark))
    return found


async def sweep(backstage: Backstage, found: Sequence[Leftover]) -> list[str]:
    """Deletes leftovers; the ids of those that are still there."""
    return [each.session_id for each in found if not await backstage.delete(each.session_id)]
