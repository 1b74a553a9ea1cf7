"""What stands where on the page: sections by severity, in them groups by rule, in these shelves by area."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from opencode_contract.compare.model import Comparison, Finding
from opencode_contract.compare.page.panels import Panel, panels
from opencode_contract.compare.rules import RULES
from opencode_contract.compare.severity import SEVERITIES, Word
from opencode_contract.requirements import ALL

FEW = 8
"""So many findings of one rule are shown without shelves."""
_SEVERAL = re.compile(r"\d+ places")


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding, and what the page adds to it."""

    id: str
    finding: Finding
    areas: tuple[str, ...]
    sources: tuple[str, ...]
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Findings of one rule in one area."""

    area: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one rule."""

    id: str
    rule: str
    sentence: str
    size: int
    shelves: tuple[Shelf, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Findings of one severity."""

    severity: Word
    size: int
    groups: tuple[Group, ...]

    @property
    def entries(self) -> Iterator[Entry]:
        """All its findings."""
        return (entry for group in self.groups for shelf in group.shelves for entry in shelf.entries)


@dataclass(frozen=True, slots=True)
class Touched:
    """A requirement of the contract that findings touch."""

    id: str
    sentence: str
    by: dict[Word, int]


def sections(comparison: Comparison) -> list[Section]:
    """The worst first; none that is empty."""
    found: list[Section] = []
    for severity in SEVERITIES:
        by_rule: defaultdict[str, list[Finding]] = defaultdict(list)
        for finding in comparison.findings:
            if finding.severity == severity:
                by_rule[finding.rule].append(finding)
        groups = tuple(_group(severity, rule, some) for rule, some in sorted(by_rule.items()))
        if groups:
            found.append(Section(severity, sum(group.size for group in groups), groups))
    return found


def touched(comparison: Comparison) -> list[Touched]:
    """The requirements that breaking and risky findings touch, in the contract's order."""
    by_id: defaultdict[str, dict[Word, int]] = defaultdict(dict)
    for finding in comparison.findings:
        if finding.severity in {"breaking", "risky"}:
            for each in finding.requirements:
                by_id[each][finding.severity] = by_id[each].get(finding.severity, 0) + 1
    return [Touched(each.id, each.sentence, by_id[each.id]) for each in ALL if each.id in by_id]


def areas(finding: Finding) -> tuple[str, ...]:
    """The things, events and first parts of routes that a finding is about."""
    named = finding.places if _SEVERAL.fullmatch(finding.where) else [finding.where]
    return tuple(dict.fromkeys(_area(each) for each in named))


def _area(place: str) -> str:
    subject = place.partition(": ")[0]
    route = re.match(r"[A-Z]+ (/[^/\s]*)", subject)
    if route:
        return route[1]
    word = subject.partition(" ")[0]
    return {"event": "events", "header": "headers", "any": "any path"}.get(word, word)


def _group(severity: Word, rule: str, findings: list[Finding]) -> Group:
    entries = [
        Entry(
            id=f"{severity}-{rule.replace('.', '-')}-{number}",
            finding=finding,
            areas=areas(finding),
            sources=tuple(sorted({each.source for each in finding.evidence})),
            panels=tuple(panels(finding)),
        )
        for number, finding in enumerate(findings, 1)
    ]
    by_area: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_area[entry.areas[0] if len(entry.areas) == 1 else "several areas"].append(entry)
    if len(entries) <= FEW or len(by_area) == 1:
        shelves = [Shelf("", tuple(entries))]
    else:
        shelves = [Shelf(area, tuple(some)) for area, some in sorted(by_area.items())]
    return Group(f"{severity}-{rule.replace('.', '-')}", rule, RULES[rule].sentence, len(entries), tuple(shelves))
