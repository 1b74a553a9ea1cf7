"""Comparisons of versions: known differences are found, the same twice is the same, neighbours are judged right."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NotRequired, TypedDict

import pytest
from ruamel.yaml import YAML

from opencode_contract.capture.command import Taking
from opencode_contract.capture.model import Capture
from opencode_contract.compare.command import Side, compared
from opencode_contract.compare.comparing import compare
from opencode_contract.compare.model import Comparison, Finding
from opencode_contract.fidelity.command import PROVEN_VERSIONS
from opencode_contract.local import AtHand

pytestmark = pytest.mark.system

HERE = Path(__file__).parent
OLD, NEW = "1.1.53", "1.18.34"
BINARY = os.environ.get("OPENCODE_TESTKIT_BINARY", "")
AT_HAND = os.environ.get("OPENCODE_TESTKIT_BINARIES", "").split()
"""More executables at hand, as VERSION=PATH; others are fetched."""
real = pytest.mark.skipif(not BINARY, reason="OPENCODE_TESTKIT_BINARY names no OpenCode executable")
BREAKING = {
    ("1.1.53", "1.1.65"): {"part tool: state[completed].metadata.summary"},
    ("1.1.65", "1.2.27"): {"event message.part.updated: properties.delta", "todo: id", "message user: summary.title"},
    ("1.2.27", "1.3.2"): set[str](),
    ("1.3.2", "1.14.41"): {"diff: after", "diff: before", "message user: variant"},
    ("1.14.41", "1.15.13"): {"GET /session/{id}/message", "part tool: state[running].raw"},
    ("1.15.13", "1.17.19"): {"part tool: state[completed].metadata.description"},
    ("1.17.19", "1.18.34"): set[str](),
}
"""What breaks between neighbours among the proven versions, as the table in ``docs/compare.md`` says."""
DESCRIBED = {("1.17.19", "1.18.34"): {"POST /global/upgrade: body.target"}}
"""What breaks by the descriptions of real servers alone. The fake has those of two versions only."""
TELLING = (
    "run.plain,run.pieces,run.bash,run.write-and-edit,prompt.variant,tool.*,form.handed-over,abort.tool,"
    "ask.once,create.empty,create.title,shell.fresh,fresh.get,fresh.fork,around.path,health"
)
"""Probes that show what breaks; all of them would take too long for so many versions."""


class Pin(TypedDict):
    """A difference that is known, and what finds it."""

    says: str
    rule: str
    where: str
    before: NotRequired[str]
    after: NotRequired[str]


def pins() -> list[Pin]:
    """All differences that are known."""
    found: list[Pin] = YAML(typ="safe").load(HERE / "pinned_differences.yaml")
    return found


def is_found(pin: Pin, findings: list[Finding]) -> bool:
    """Whether a difference is among the findings."""
    return any(
        re.fullmatch(pin["rule"], finding.rule)
        and any(re.fullmatch(pin["where"], place) for place in (finding.where, *finding.places))
        and pin.get("before", "") in finding.before
        and pin.get("after", "") in finding.after
        for finding in findings
    )


def missed(comparison: Comparison) -> list[str]:
    """The known differences that were not found."""
    return [pin["says"] for pin in pins() if not is_found(pin, comparison.findings)]


async def fakes(*versions: str, only: str = "*") -> list[Capture]:
    """Captures of fakes, taken at the same time."""
    return await asyncio.gather(*(Taking.of(f"fake:{version}", only=only).run() for version in versions))


def judge_neighbours(captures: Sequence[Capture], described: Mapping[tuple[str, str], set[str]]) -> None:
    """Each version breaks clients of the one before it by what the table says, and where it says nothing, not."""
    for before, after in pairwise(captures):
        comparison = compare(before, after)
        breaking = {finding.where for finding in comparison.findings if finding.severity == "breaking"}
        neighbours = before.version, after.version
        wanted = BREAKING[neighbours] | described.get(neighbours, set())
        assert wanted <= breaking, (before.version, after.version, breaking)
        assert bool(breaking) == bool(wanted), (before.version, after.version, breaking)


async def test_known_differences_are_found_on_fakes() -> None:
    """None of the differences that were measured between two versions is missed."""
    old, new = await fakes(OLD, NEW)
    comparison = compare(old, new)
    assert len(pins()) >= 25
    assert missed(comparison) == []
    assert comparison.verdict == "breaking"


async def test_capture_is_stable() -> None:
    """Two captures of one server are the same."""
    for version in (OLD, NEW):
        one, other = await fakes(version, version, only=TELLING)
        assert len(one.observations) > 50
        assert compare(one, other).findings == []


async def test_neighbours_among_the_proven_versions() -> None:
    """Whether a version breaks clients of the one before it, and by what."""
    judge_neighbours(await fakes(*PROVEN_VERSIONS, only=TELLING), {})


@pytest.mark.local
@real
async def test_known_differences_are_found_on_real_servers() -> None:
    """The same on the real servers of the two versions, which are fetched if they are not there."""
    comparison = await compared(Side(f"local:{OLD}"), Side(f"local:{NEW}"))
    assert (comparison.before.version, comparison.after.version) == (OLD, NEW)
    assert missed(comparison) == []
    assert comparison.verdict == "breaking"


@pytest.mark.local
@pytest.mark.skipif(not AT_HAND, reason="OPENCODE_TESTKIT_BINARIES names no servers: VERSION=PATH for each proven one")
async def test_neighbours_on_real_servers() -> None:
    """The same verdicts on the real servers of all proven versions."""
    paths = [AtHand(AT_HAND).binary(version).path for version in PROVEN_VERSIONS]
    judge_neighbours([await Taking.of(f"local:{path}", only=TELLING).run() for path in paths], DESCRIBED)


@pytest.mark.local
@real
async def test_real_server_compared_with_itself() -> None:
    """Two captures of one real server are the same."""
    comparison = await compared(Side(f"local:{BINARY}"), Side(f"local:{BINARY}"))
    assert [f"{finding.rule} {finding.where}" for finding in comparison.findings] == []
