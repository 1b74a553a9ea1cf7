"""What a rehearsal found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from opencode_contract.rehearsal.judgement import Finding, losses
from opencode_contract.rehearsal.search import Path
from opencode_contract.rehearsal.snapshot import Snapshot
from opencode_contract.rehearsal.trial import Aftermath, WayBack


@dataclass(frozen=True, slots=True)
class Passage:
    """A version started on what the versions before it have left."""

    path: Path
    snapshot: Snapshot | None
    """None when it did not start."""
    findings: tuple[Finding, ...] = ()
    """Compared with what the first version told."""
    trouble: str = ""
    """Why it did not start."""

    @property
    def lost(self) -> tuple[Finding, ...]:
        """What is gone or unreadable."""
        return losses(self.findings)

    @property
    def told(self) -> str:
        """What came of it, in a line."""
        before = f"{self.path[-1]} on what {' and '.join(self.path[:-1])} left"
        if self.snapshot is None:
            return f"{before}: does not start"
        return f"{before}: {self.snapshot.complete} of {len(self.snapshot.sessions)} sessions are there"

    @property
    def keeps_all(self) -> bool:
        """Whether everything is there."""
        return self.snapshot is not None and not self.lost


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A whole path, and what could be done at its end."""

    passage: Passage
    aftermath: Aftermath | None
    """None when the last version did not start."""
    way_back: WayBack | None

    @property
    def path(self) -> Path:
        """The versions, in order."""
        return self.passage.path

    @property
    def safe(self) -> bool:
        """Whether nothing is lost and sessions go on."""
        continued = self.aftermath is not None and all(each.holds for each in self.aftermath.continuations)
        return self.passage.keeps_all and continued


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The whole of it."""

    asked: Upgrade
    """The upgrade as it was asked for."""
    proposed: Upgrade | None
    """Another path, where the one asked for loses data and this one does not."""
    before: Snapshot
    tried: tuple[Passage, ...]
    stored: int
    """How many sessions lie in the data."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """What the sessions are that were written for the rehearsal; empty for given data."""
    stranded: Passage | None = None
    """The first version of the way that was found, on data that the new version was started on before."""
    searched: bool = True
    """Whether other paths were to be looked for."""
    gave_up: bool = False
    """Whether the search ended before everything was tried."""

    @property
    def safe(self) -> bool:
        """Whether the upgrade that was asked for loses nothing."""
        return self.asked.safe

    @property
    def given(self) -> bool:
        """Whether the data is somebody's own, whose contents are nobody's business."""
        return not self.kinds
