"""The page ``docs/versions.md``, made from the table: ``python -m opencode_fake.versions.page`` prints it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from itertools import groupby, pairwise
from textwrap import fill, shorten
from typing import NamedTuple

from opencode_fake.versions.behaviours import Behaviours
from opencode_fake.versions.table import HISTORIES, TRIED, Value

_HEAD = """\
# What changed when

What the fake does otherwise from one version of OpenCode to another, oldest change first. All of it was measured on
real servers. A change came with the version it stands under, or with one between that and the one tried before it: the
fake is the earlier one there. `make versions` writes this page anew from the table of the fake.

{tried}
"""
_WIDTH = 120
_LONGEST = 60
"""Letters of a value that are shown."""


class Change(NamedTuple):
    """A behaviour takes another value."""

    behaviour: str
    since: str
    before: Value
    value: Value


def changes() -> Iterator[Change]:
    """All changes, by version; those of one version in the order of the table."""
    found = [
        Change(behaviour, since, before, value)
        for behaviour, values in HISTORIES.items()
        for (_, before), (since, value) in pairwise(values.items())
    ]
    return iter(sorted(found, key=lambda change: TRIED.index(change.since)))


def tried_before(version: str) -> str:
    """The newest tried version that is older than this tried one."""
    return TRIED[TRIED.index(version) - 1]


def meanings() -> Mapping[str, str]:
    """What each behaviour is, in the words that stand below it."""
    written = ast.parse(inspect.getsource(Behaviours)).body
    fields = [each for node in written if isinstance(node, ast.ClassDef) for each in node.body]
    return {
        field.target.id: said.value.value.replace("``", "`").replace("\n    ", " ")
        for field, said in pairwise(fields)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(said, ast.Expr)
        and isinstance(said.value, ast.Constant)
        and isinstance(said.value.value, str)
    }


def page() -> str:
    """The page, in Markdown."""
    words = meanings()
    lines = [_HEAD.format(tried=fill(f"Tried: {', '.join(TRIED)}.", _WIDTH))]
    for version, some in groupby(changes(), key=lambda change: change.since):
        lines += [f"## {version}, after {tried_before(version)}", ""]
        lines += ["| behaviour | before | then | what it is |", "|---|---|---|---|"]
        lines += [
            f"| `{each.behaviour}` | {_shown(each.before)} | {_shown(each.value)} | {words[each.behaviour]} |"
            for each in some
        ]
        lines.append("")
    return "\n".join(lines)


def _shown(value: Value) -> str:
    match value:
        case True | False:
            return "yes" if value else "no"
        case None:
            return "none"
        case _:
            return shorten(str(value), _LONGEST, placeholder=" …") or "(empty)"


if __name__ == "__main__":
    print(page(), end="")
