"""The table of differences between versions."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise

import pytest

from opencode_fake.versions import Behaviours, UnknownVersion, UnprovenVersion, Version, behaviours
from opencode_fake.versions.page import tried_before
from opencode_fake.versions.table import FIRST, LAST, ROWS, TRIED


def test_every_behaviour_has_a_value_in_the_first_version() -> None:
    """A field without a row, or a row without a field, is a mistake in the table."""
    assert {row.behaviour for row in ROWS} == {field.name for field in fields(Behaviours)}
    assert {row.behaviour for row in ROWS if row.since == FIRST} == {field.name for field in fields(Behaviours)}


def test_the_rows_of_a_behaviour_stand_in_order_and_each_changes_something() -> None:
    """Two rows with one value would date a change that was none."""
    for field in fields(Behaviours):
        rows = [row for row in ROWS if row.behaviour == field.name]
        assert [Version(row.since) for row in rows] == sorted(Version(row.since) for row in rows)
        assert all(before.value != after.value for before, after in pairwise(rows))


def test_a_version_between_two_rows_behaves_as_the_earlier_one() -> None:
    """The document's own version was never tried: the rows say what it does."""
    assert behaviours("1.1.41") == behaviours("1.1.34")
    assert behaviours("1.1.57") == behaviours("1.1.56")


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.since != FIRST], ids=lambda row: f"{row.behaviour}-{row.since}"
)
def test_each_row_takes_effect_in_its_version(row: tuple[str, str, object]) -> None:
    """Not before, and from then on."""
    name, since, value = row
    assert getattr(behaviours(since), name) == value
    assert getattr(behaviours(tried_before(since)), name) != value


def test_the_tried_versions_stand_in_order() -> None:
    """The one before a change is looked up by its place."""
    assert list(TRIED) == sorted(TRIED, key=Version)


@pytest.mark.parametrize("version", ["1.1", "latest", "v1.1.53", "", "1.1.53-beta"])
def test_what_is_no_version_is_refused_with_an_example(version: str) -> None:
    """The error says what to write."""
    with pytest.raises(UnknownVersion, match=r"write three numbers, such as 1\.1\.53"):
        behaviours(version)


@pytest.mark.parametrize("version", ["1.1.33", "0.9.0"])
def test_a_version_older_than_the_table_is_refused(version: str) -> None:
    """Rather than answered as some other one."""
    with pytest.raises(UnknownVersion, match=rf"the fake can be {FIRST} and newer"):
        behaviours(version)


@pytest.mark.parametrize("version", ["1.18.35", "99.0.0"])
def test_a_version_newer_than_the_table_is_the_newest_and_says_so(version: str) -> None:
    """An upgrade can be tried before anybody has measured it."""
    with pytest.warns(UnprovenVersion, match=rf"OpenCode {version} was never tried: the fake behaves as {LAST} does"):
        assert behaviours(version) == behaviours(LAST)


def test_versions_compare_by_their_numbers() -> None:
    """1.1.9 is older than 1.1.53."""
    assert Version("1.1.9") < Version("1.1.53") < Version("1.2.0")
    assert Version("1.1.53") == Version("1.1.53")
    assert str(Version("1.1.53")) == "1.1.53"
    assert len({Version("1.1.53"), Version("1.1.53")}) == 1
