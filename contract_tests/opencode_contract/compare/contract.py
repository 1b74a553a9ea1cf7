"""Differences in how the contract came out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from opencode_contract.compare.difference import Difference, Place
from opencode_contract.compare.model import Evidence

PASSED, FAILED = "passed", "failed"


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    """Requirements that held on one side and did not on the other."""
    for name in sorted(before.keys() & after.keys()):
        here, there = before[name], after[name]
        if {here, there} != {PASSED, FAILED}:
            continue
        rule = "contract.broken" if there == FAILED else "contract.mended"
        evidence = Evidence(source="contract", place=name, said_before=here, said_after=there)
        yield Difference(rule, Place(f"requirement {name}"), here, there, name, evidence)
