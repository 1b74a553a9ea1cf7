"""The command ``opencode-contract rehearse``, apart from its options."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from opencode_contract.errors import BadTarget
from opencode_contract.fidelity.command import PROVEN_VERSIONS
from opencode_contract.interrupts import run
from opencode_contract.local import AtHand, Binary, given_binary
from opencode_contract.local.npm import Npm
from opencode_contract.local.platforms import Platform
from opencode_contract.progress import Progress
from opencode_contract.rehearsal.copying import find_data
from opencode_contract.rehearsal.outcome import Rehearsal
from opencode_contract.rehearsal.rehearse import Detours, Plan, rehearse
from opencode_contract.rehearsal.search import spread, versions_between
from opencode_contract.rehearsal.writing import KINDS

AUTO = "auto"
DIRECT = "direct"
MOST_FROM_NPM = 5
_VERSION = re.compile(r"\d+\.\d+\.\d+")


def rehearse_upgrade(
    start: str, goal: str, *, path: str, data: Path | None, without: str, given: Sequence[str]
) -> Rehearsal:
    """Reads what was asked for, and performs it."""
    if data and without:
        raise BadTarget(
            "--without is about the sessions that FROM writes, and with --data it writes none: leave it out"
        )
    fleet = Fleet(AtHand(given))
    first, last = fleet.enlist(start), fleet.enlist(goal)
    between = () if path in (AUTO, DIRECT) else tuple(fleet.enlist(each) for each in _words(path))
    plan = Plan(
        (first, *between, last),
        fleet.binary,
        _detours(first, last) if path == AUTO else (),
        find_data(data) if data else None,
        _kinds(without),
    )
    with Progress() as progress:
        return run(rehearse(plan, progress.say))


class Fleet:
    """The executables of a rehearsal, by the versions that its paths are made of."""

    def __init__(self, at_hand: AtHand) -> None:
        self._at_hand = at_hand
        self._binaries: dict[str, Binary] = {}

    def enlist(self, text: str) -> str:
        """Gets the executable that ``text`` names; returns the version to call it by."""
        named = text.strip().removeprefix("local:")
        if _VERSION.fullmatch(named):
            return self._add(self._at_hand.binary(named))
        if "/" not in named:
            raise BadTarget(f"{text!r} is no version: write one such as 1.1.53, or local:/path/to/opencode")
        return self._add(given_binary(Path(named).expanduser()))

    def binary(self, version: str) -> Binary:
        """The executable of a version, fetched where it has to be."""
        if version not in self._binaries:
            self._binaries[version] = self._at_hand.binary(version)
        return self._binaries[version]

    def _add(self, binary: Binary) -> str:
        known = self._binaries.get(binary.version)
        # Two builds may call themselves by one version.
        name = binary.version if known in (None, binary) else f"{binary.version} at {binary.path}"
        self._binaries[name] = binary
        return name


def _detours(start: str, goal: str) -> tuple[Detours, ...]:
    if not (_VERSION.fullmatch(start) and _VERSION.fullmatch(goal)):
        return ()

    def proven() -> Sequence[str]:
        return PROVEN_VERSIONS

    def published() -> Sequence[str]:
        versions = Npm().versions(Platform.of_this_machine().package)
        new = [each for each in versions if _VERSION.fullmatch(each) and each not in PROVEN_VERSIONS]
        return spread(versions_between(start, goal, new), MOST_FROM_NPM)

    return (proven, published)


def _kinds(without: str) -> tuple[str, ...]:
    unwanted = _words(without)
    for kind in unwanted:
        if kind not in KINDS:
            raise BadTarget(f"no sessions of the kind {kind!r} are written: write some of {', '.join(KINDS)}")
    kinds = tuple(kind for kind in KINDS if kind not in unwanted)
    if not kinds:
        raise BadTarget("no kind of session is left: there must be something to lose")
    return kinds


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
