"""The one place where a version becomes behaviour."""

from __future__ import annotations

import re
import warnings
from functools import cache, total_ordering

from pydantic import TypeAdapter

from opencode_fake.versions.behaviours import Behaviours
from opencode_fake.versions.table import FIRST, LAST, ROWS

DEFAULT_VERSION = "1.1.53"


class UnknownVersion(ValueError):
    """The fake cannot be asked for this version."""


class UnprovenVersion(UserWarning):
    """The fake was asked to be a version newer than all that were tried, and is the newest of these."""


@total_ordering
class Version:
    """A version of OpenCode, such as ``1.1.53``; compares by its numbers."""

    def __init__(self, text: str) -> None:
        if not re.fullmatch(r"\d+\.\d+\.\d+", text):
            raise UnknownVersion(
                f"{text!r} is not a version of OpenCode; write three numbers, such as {DEFAULT_VERSION}"
            )
        self.text = text
        self.numbers = tuple(int(number) for number in text.split("."))

    def __repr__(self) -> str:
        return f"Version({self.text!r})"

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.numbers == other.numbers

    def __lt__(self, other: Version) -> bool:
        return self.numbers < other.numbers

    def __hash__(self) -> int:
        return hash(self.numbers)


@cache
def _adapter() -> TypeAdapter[Behaviours]:
    """What checks a row; made once, since that takes longer than all else in a server's start."""
    return TypeAdapter(Behaviours)


def behaviours(version: str) -> Behaviours:
    """How ``version`` answers: for each behaviour the last row that is not newer.

    Warns with UnprovenVersion of a version newer than the rows. Raises UnknownVersion for what is no version, and for
    one that is older than the rows.
    """
    wanted = Version(version)
    if wanted < Version(FIRST):
        raise UnknownVersion(
            f"OpenCode {version} is not described here: the fake can be {FIRST} and newer, such as {DEFAULT_VERSION}"
        )
    if Version(LAST) < wanted:
        warnings.warn(
            f"OpenCode {version} was never tried: the fake behaves as {LAST} does", UnprovenVersion, stacklevel=3
        )
    values = {row.behaviour: row.value for row in ROWS if Version(row.since) <= wanted}
    return _adapter().validate_python(values)
