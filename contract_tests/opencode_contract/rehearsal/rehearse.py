"""The rehearsal itself: starts one version after the other on copies of the data, and looks."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from opencode_contract.errors import BadTarget, LocalServerError, ServerGone, StartFailed
from opencode_contract.local import Binary
from opencode_contract.rehearsal.copying import copy_home
from opencode_contract.rehearsal.ground import Ground, Say, given, written
from opencode_contract.rehearsal.judgement import judge
from opencode_contract.rehearsal.outcome import Passage, Rehearsal, Upgrade
from opencode_contract.rehearsal.premises import Premises, running, starts_at_all
from opencode_contract.rehearsal.search import Path, find_path, versions_between
from opencode_contract.rehearsal.snapshot import Snapshot
from opencode_contract.rehearsal.trial import Aftermath, WayBack, no_way_back, to_continue, use, way_back
from opencode_contract.rehearsal.witness import take_snapshot
from opencode_contract.rehearsal.writing import rehearsal_script

Binaries = Callable[[str], Binary]
"""The executable of a version. It may have to be fetched."""
Detours = Callable[[], Sequence[str]]
"""Versions that may be tried on the way. They may have to be asked for."""

MOST_PASSAGES = 20
"""Starts of a version on a copy, until a search gives up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be rehearsed."""

    path: Path
    """The versions that are asked for, first and last included."""
    binaries: Binaries
    detours: Sequence[Detours] = ()
    """What to try when that path loses data, one group after the other."""
    data: FilePath | None = None
    """Given data; without it the first version writes sessions of these kinds."""
    kinds: Sequence[str] = ()


async def rehearse(plan: Plan, say: Say) -> Rehearsal:
    """Performs a plan, and leaves nothing behind."""
    async with Premises(private=plan.data is not None) as premises:
        first = await asyncio.to_thread(plan.binaries, plan.path[0])
        if plan.data is None:
            ground = await written(premises, first, plan.kinds, say)
        else:
            ground = given(premises, plan.data, say)
        rehearser = Rehearser(plan, premises, ground, say)
        return await rehearser.perform()


class Rehearser:
    """Tries paths on some ground; what was tried once is remembered, with the data that it left behind."""

    def __init__(self, plan: Plan, premises: Premises, ground: Ground, say: Say) -> None:
        self._plan = plan
        self._premises = premises
        self._ground = ground
        self._say = say
        self._passages: dict[Path, Passage] = {}
        self._homes: dict[Path, FilePath] = {(): ground.home}

    async def perform(self) -> Rehearsal:
        """The path that was asked for, and another one when that loses data."""
        path = self._plan.path
        before = await self._first_look(path[:1])
        asked = await self._upgrade(before, path)
        proposed = None if asked.passage.keeps_all else await self._another_way(before)
        stranded = None
        if proposed is not None and path in self._homes:
            stranded = await self._step(before, (*path, proposed.path[1]))
        return Rehearsal(
            asked=asked,
            proposed=proposed,
            before=before,
            tried=tuple(self._passages.values()),
            stored=len(self._ground.places),
            kinds=self._ground.kinds,
            stranded=stranded,
            searched=bool(self._plan.detours),
            gave_up=len(self._passages) >= MOST_PASSAGES,
        )

    async def _first_look(self, path: Path) -> Snapshot:
        snapshot = await self._look(path)
        readable, stored = snapshot.complete, len(self._ground.places)
        self._say(f"{path[0]} shows {readable} of {stored} sessions")
        if not readable:
            raise BadTarget(
                f"OpenCode {path[0]} itself shows none of the {stored} sessions that are stored: "
                "name the version that wrote them first"
            )
        return snapshot

    async def _upgrade(self, before: Snapshot, path: Path) -> Upgrade:
        for length in range(2, len(path)):
            await self._step(before, path[:length])
        passage = await self._step(before, path)
        if passage.snapshot is None:
            return Upgrade(passage, None, None)
        home = copy_home(self._homes[path], self._premises.new_home())
        aftermath = await self._use(path[-1], home, passage.snapshot)
        return Upgrade(passage, aftermath, await self._back(before, path[0], home, aftermath))

    async def _use(self, version: str, home: FilePath, snapshot: Snapshot) -> Aftermath:
        sessions = to_continue(snapshot)
        self._say(f"{version} goes on with {len(sessions)} of the sessions, and makes a new one")
        directory = (sessions[0].place if sessions else self._ground.places[0]).directory
        async with running(self._premises, await self._binary(version), home, rehearsal_script()) as server:
            return await use(server, sessions, directory)

    async def _back(self, before: Snapshot, version: str, home: FilePath, aftermath: Aftermath) -> WayBack:
        self._say(f"{version} is started once more on the data")
        created = (aftermath.created,) if aftermath.created else ()
        try:
            async with running(self._premises, await self._binary(version), home, rehearsal_script()) as server:
                return way_back(before, await take_snapshot(server, (*self._ground.places, *created)), aftermath)
        except (StartFailed, ServerGone) as problem:
            return no_way_back(problem)

    async def _another_way(self, before: Snapshot) -> Upgrade | None:
        start, goal = self._plan.path[0], self._plan.path[-1]

        async def keeps_all(path: Path) -> bool:
            return await self._tried(before, path)

        for detours in self._plan.detours:
            try:
                between = versions_between(start, goal, await asyncio.to_thread(detours))
            except LocalServerError as problem:
                self._say(f"no further versions are tried: {problem}")
                return None
            path = await find_path(start, goal, between, keeps_all)
            if path is not None:
                found = await self._upgrade(before, path)
                return found if found.safe else None
        return None

    async def _tried(self, before: Snapshot, path: Path) -> bool:
        if path not in self._passages and len(self._passages) >= MOST_PASSAGES:
            return False
        passage = await self._step(before, path)
        if not passage.keeps_all and path != self._plan.path and path in self._homes:
            # Nobody goes on from there, and data may be large.
            shutil.rmtree(self._homes.pop(path))
        return passage.keeps_all

    async def _step(self, before: Snapshot, path: Path) -> Passage:
        """Starts the last version on what the ones before it have left, unless that was done."""
        if path not in self._passages:
            self._passages[path] = passage = await self._pass(before, path)
            self._say(passage.told)
        return self._passages[path]

    async def _pass(self, before: Snapshot, path: Path) -> Passage:
        try:
            snapshot = await self._look(path)
        except StartFailed as problem:
            if not await starts_at_all(self._premises, await self._binary(path[-1])):
                raise
            return Passage(path, None, trouble=str(problem))
        except ServerGone as problem:
            return Passage(path, None, trouble=str(problem))
        except LocalServerError as problem:
            if path[-1] in self._plan.path:
                raise
            # One that cannot be had is just not on the way.
            return Passage(path, None, trouble=str(problem))
        return Passage(path, snapshot, judge(before, snapshot))

    async def _look(self, path: Path) -> Snapshot:
        binary = await self._binary(path[-1])
        home = copy_home(self._homes[path[:-1]], self._premises.new_home())
        async with running(self._premises, binary, home, rehearsal_script()) as server:
            snapshot = await take_snapshot(server, self._ground.places)
        self._homes[path] = home
        return snapshot

    async def _binary(self, version: str) -> Binary:
        return await asyncio.to_thread(self._plan.binaries, version)
