"""The data that a rehearsal begins with: a copy of given data, or sessions that a server writes for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from opencode_contract.errors import BadTarget
from opencode_contract.local import Binary
from opencode_contract.rehearsal.copying import NAME, copy_home, copy_original
from opencode_contract.rehearsal.premises import Premises, running
from opencode_contract.rehearsal.relocation import Relocation
from opencode_contract.rehearsal.snapshot import Place
from opencode_contract.rehearsal.stored import stored
from opencode_contract.rehearsal.writing import Writer, rehearsal_script

Say = Callable[[str], None]
"""Tells how far it is."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A data home that no server works on, and the sessions in it."""

    home: Path
    places: tuple[Place, ...]
    kinds: Mapping[str, str] = field(default_factory=dict)
    """What each session is an example of, where they were written for the rehearsal."""


async def written(premises: Premises, binary: Binary, kinds: Sequence[str], say: Say) -> Ground:
    """Sessions of some kinds, as the server leaves them when it is stopped."""
    home = premises.new_home()
    async with running(premises, binary, home, rehearsal_script()) as server:
        writer = Writer(server, premises)
        for kind in kinds:
            say(f"{binary.version} writes: {kind}")
            await writer.write(kind)
    return Ground(home, _places(premises, home), writer.kinds)


def given(premises: Premises, data: Path, say: Say) -> Ground:
    """A copy of somebody's data, its sessions moved to directories of the rehearsal's own."""
    say(f"copying {data}")
    home = copy_original(data, premises.new_home())
    projects = Relocation(premises.folder / "projects", premises.git_home)
    projects.move(home / NAME, stored(home / NAME))
    places = _places(premises, home)
    if not places:
        raise BadTarget(f"there are no sessions in {data}: an upgrade can lose none")
    return Ground(home, places)


def _places(premises: Premises, home: Path) -> tuple[Place, ...]:
    # Looked up in a copy: SQLite tidies up where it reads, and the next version is to find what the last one left.
    look = copy_home(home, premises.new_home())
    found = tuple(Place(each.id, each.directory) for each in stored(look / NAME).sessions)
    shutil.rmtree(look)
    return found
