"""What a report may show of values: all of what the rehearsal wrote itself, of somebody's data only the kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from opencode_contract.evidence import Json
from opencode_contract.rehearsal.judgement import Finding, Rule, Weight

Show: TypeAlias = Callable[[Json], str]

LONGEST = 80


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one rule, about one field where it is about one."""

    rule: Rule
    weight: Weight
    field: str
    findings: Sequence[Finding]

    @property
    def sessions(self) -> tuple[str, ...]:
        """The sessions that it is about."""
        return tuple(dict.fromkeys(finding.session for finding in self.findings))

    def example(self, show: Show) -> str:
        """The first of them."""
        first = self.findings[0]
        if first.evidence:
            return first.evidence
        if first.rule in _OF_FIELDS:
            return f"{show(first.before)} → {show(first.after)}"
        return first.where


_OF_FIELDS = frozenset({Rule.FIELD_LOST, Rule.FIELD_CHANGED, Rule.FIELD_GAINED})


def grouped(findings: Sequence[Finding]) -> Iterator[Group]:
    """The findings by rule and field, the worst first."""
    groups: dict[tuple[Weight, Rule, str], list[Finding]] = {}
    for finding in findings:
        field = finding.where if finding.rule in _OF_FIELDS else ""
        groups.setdefault((finding.weight, finding.rule, field), []).append(finding)
    for weight in Weight:
        for (of, rule, field), members in groups.items():
            if of is weight:
                yield Group(rule, weight, field, members)


def openly(value: Json) -> str:
    """The value, cut where it is long."""
    if value is None:
        return "(absent)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def discreetly(value: Json) -> str:
    """What kind of value it is."""
    match value:
        case None:
            return "(absent)"
        case str():
            return f"(text of {len(value)} characters)"
        case list():
            return f"(list of {len(value)})"
        case dict():
            return f"(object of {len(value)} fields)"
        case _:
            return json.dumps(value)
