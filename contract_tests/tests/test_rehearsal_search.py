"""The search for a path of versions, on a stub of what a step does."""

from __future__ import annotations

import pytest

from opencode_contract.rehearsal.search import Path, find_path, spread, versions_between

VERSIONS = ("1.1.65", "1.2.27", "1.15.13", "1.17.19")


class Steps:
    """Steps that fail where a version finds nothing of one that came just before it."""

    def __init__(self, *blind: tuple[str, str]) -> None:
        self.blind = blind
        self.tried: list[Path] = []

    async def __call__(self, path: Path) -> bool:
        """Whether the last version sees what the one before it left."""
        self.tried.append(path)
        return path[-2:] not in self.blind


async def test_the_direct_path_is_the_first() -> None:
    """Where it works nothing else is tried."""
    steps = Steps()
    assert await find_path("1.1.53", "1.18.34", VERSIONS, steps) == ("1.1.53", "1.18.34")
    assert steps.tried == [("1.1.53", "1.18.34")]


async def test_one_version_on_the_way() -> None:
    """The newest that works is taken, and nobody goes on from one that fails."""
    steps = Steps(("1.1.53", "1.18.34"), ("1.1.53", "1.17.19"))
    assert await find_path("1.1.53", "1.18.34", VERSIONS, steps) == ("1.1.53", "1.15.13", "1.18.34")
    assert steps.tried == [
        ("1.1.53", "1.18.34"),
        ("1.1.53", "1.17.19"),
        ("1.1.53", "1.15.13"),
        ("1.1.53", "1.15.13", "1.18.34"),
    ]


async def test_two_versions_on_the_way() -> None:
    """Only when no single one will do, and upwards only."""
    blind = [(version, "1.18.34") for version in ("1.1.53", "1.1.65", "1.2.27", "1.15.13")]
    steps = Steps(*blind, ("1.1.53", "1.17.19"), ("1.1.65", "1.17.19"))
    found = await find_path("1.1.53", "1.18.34", VERSIONS, steps)
    assert found == ("1.1.53", "1.15.13", "1.17.19", "1.18.34")
    assert ("1.1.53", "1.15.13", "1.2.27") not in steps.tried


async def test_no_path() -> None:
    """Where the goal sees nothing of anyone there is none, and the search ends."""
    steps = Steps(*((version, "1.18.34") for version in ("1.1.53", *VERSIONS)))
    assert await find_path("1.1.53", "1.18.34", VERSIONS, steps) is None
    assert len(steps.tried) == len(set(steps.tried))
    assert max(map(len, steps.tried)) == 4


async def test_downwards() -> None:
    """A way down is looked for between the two as well."""
    steps = Steps(("1.18.34", "1.1.53"))
    assert await find_path("1.18.34", "1.1.53", VERSIONS, steps) == ("1.18.34", "1.17.19", "1.1.53")


def test_versions_between() -> None:
    """By their numbers, newest first, each once, the ends left out."""
    known = ["1.2.27", "1.15.13", "1.1.65", "1.2.27", "1.18.34", "1.1.53", "1.0.1"]
    assert versions_between("1.1.53", "1.18.34", known) == ("1.15.13", "1.2.27", "1.1.65")


@pytest.mark.parametrize(("most", "expected"), [(9, "abcdefg"), (3, "adg"), (2, "ag")])
def test_spread(most: int, expected: str) -> None:
    """The ends are among them."""
    assert "".join(spread("abcdefg", most)) == expected
