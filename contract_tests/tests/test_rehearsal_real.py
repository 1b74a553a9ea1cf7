"""Rehearsals with real servers: what was measured of upgrades is found, and the way round it."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from opencode_contract.errors import NoSuchVersion, NpmMissing, RegistryUnreachable
from opencode_contract.local import AtHand, Binary
from opencode_contract.rehearsal.judgement import Rule, Weight
from opencode_contract.rehearsal.outcome import Rehearsal
from opencode_contract.rehearsal.rehearse import Plan, rehearse

BINARY = os.environ.get("OPENCODE_TESTKIT_BINARY", "")
AT_HAND = os.environ.get("OPENCODE_TESTKIT_BINARIES", "").split()
"""More executables at hand, as VERSION=PATH; others are fetched."""
BRIDGES = ("1.15.13",)
KINDS = ("conversation", "tools", "elsewhere")

pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(not BINARY, reason="OPENCODE_TESTKIT_BINARY names no OpenCode executable"),
]


def binary(version: str) -> Binary:
    """The executable of a version; tests are skipped where it cannot be had."""
    try:
        return AtHand(AT_HAND).binary(version)
    except (NoSuchVersion, NpmMissing, RegistryUnreachable) as problem:
        pytest.skip(str(problem))


async def rehearsed(*path: str, detours: Sequence[str] = ()) -> Rehearsal:
    """An upgrade of sessions that the first version writes."""
    for version in path:
        binary(version)
    return await rehearse(Plan(path, binary, (lambda: detours,), kinds=KINDS), lambda _: None)


async def test_an_upgrade_within_one_storage_is_safe() -> None:
    """From 1.1.53 to 1.1.65 nothing changes, and one can go back."""
    found = await rehearsed("1.1.53", "1.1.65")
    assert found.safe
    assert [finding for finding in found.asked.passage.findings if finding.weight is not Weight.COSMETIC] == []
    way_back, aftermath = found.asked.way_back, found.asked.aftermath
    assert way_back is not None
    assert way_back.sees_all
    assert aftermath is not None
    assert [each.known for each in aftermath.continuations] == [2, 1, 1]


async def test_the_loss_between_1_1_and_1_18_is_found_with_the_way_round() -> None:
    """All is gone while health is green; by way of 1.15.13 nothing is, unless 1.18.34 was started before."""
    found = await rehearsed("1.1.53", "1.18.34", detours=BRIDGES)
    assert not found.safe
    assert found.asked.passage.snapshot is not None
    assert found.asked.passage.snapshot.healthy
    assert found.asked.passage.snapshot.complete == 0
    assert {finding.rule for finding in found.asked.passage.lost} == {Rule.NOT_LISTED, Rule.GONE}
    assert found.proposed is not None
    assert found.proposed.path == ("1.1.53", "1.15.13", "1.18.34")
    assert found.proposed.safe
    assert found.stranded is not None
    assert not found.stranded.keeps_all
