"""Compares two captures: finds all differences, joins those that are one, and judges each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from opencode_contract.capture.model import Capture
from opencode_contract.compare import documents, streams
from opencode_contract.compare.client import client_note
from opencode_contract.compare.contract import differences as contract_differences
from opencode_contract.compare.difference import Difference
from opencode_contract.compare.model import Comparison, Evidence, Finding, Side
from opencode_contract.compare.observations import Observed
from opencode_contract.compare.rules import RULES
from opencode_contract.compare.severity import SEVERITIES, Severity
from opencode_contract.compare.touched import requirements_about

SHOWN = 3
"""Places of a finding whose evidence is kept in full."""
_STRONGER = {
    "answer.field.optional.removed": "answer.field.removed",
    "answer.field.optional.added": "answer.field.added",
}
"""What a description says less sharply than what was seen."""
_ONE_WHEREVER = frozenset(
    {
        *("status.changed", "error.form.changed", "error.value.changed"),
        *("request.restricted", "request.relaxed", "request.closed", "request.opened"),
    }
)
"""Rules whose differences are one wherever they show, if both sides say the same."""


def compare(before: Capture, after: Capture) -> Comparison:
    """Everything that a client of the one finds otherwise on the other."""
    observed = Observed(before, after)
    found = [
        *observed.differences(),
        *streams.differences(before, after, observed.comparer),
        *documents.differences(before.document, after.document),
        *contract_differences(before.contract, after.contract),
    ]
    findings = [_finding(some, observed) for some in _joined(found)]
    ranks = {word: rank for rank, word in enumerate(SEVERITIES)}
    findings.sort(key=lambda each: (ranks[each.severity], each.rule, each.where))
    return Comparison(
        before=_side(before),
        after=_side(after),
        findings=findings,
        compared=len(observed.pairs()),
        not_compared=list(_not_compared(before, after)),
    )


def _joined(differences: Iterable[Difference]) -> list[list[Difference]]:
    groups: dict[tuple[str, ...], list[Difference]] = {}
    for each in differences:
        rule = _STRONGER.get(each.rule, each.rule)
        what = (each.before, each.after) if rule in _ONE_WHEREVER else (str(each.place),)
        groups.setdefault((rule, *what), []).append(each)
    return list(groups.values())


def _finding(some: list[Difference], observed: Observed) -> Finding:
    first = min(some, key=lambda each: each.rule in _STRONGER)
    rule = RULES[first.rule]
    severity, remark = _severity(first, some, observed)
    where = sorted({str(each.place) for each in some})
    return Finding(
        rule=rule.id,
        severity=severity.word,
        where=where[0] if len(where) == 1 else f"{len(where)} places",
        sentence=rule.sentence,
        remark=remark,
        before=first.before,
        after=first.after,
        places=where if len(where) > 1 else sorted({each.shown for each in some if each.shown}),
        evidence=_evidence(some),
        requirements=requirements_about(each.place.subject for each in some),
        client=client_note(first.rule, first.place, [each.shown for each in some]),
    )


def _severity(first: Difference, some: list[Difference], observed: Observed) -> tuple[Severity, str]:
    severity = RULES[first.rule].severity
    described = all(each.evidence is not None and each.evidence.source == "schema" for each in some)
    if not described or severity < Severity.RISKY:
        return severity, ""
    same = first.place in observed.comparer.same
    if same or (first.rule == "route.gone" and first.place.subject in observed.answered):
        return Severity.COSMETIC, "Only the description says so: what was observed did not change."
    if first.rule.startswith("answer.field") and first.place.holder in observed.comparer.entered:
        return Severity.COSMETIC, "Only the description says so: no answer that was seen holds it."
    if first.rule == "route.gone" and observed.undescribed:
        return Severity.RISKY, "Only the description says so, and it leaves out other routes that are answered."
    if severity is Severity.BREAKING and _doubtful(first, some, observed):
        return Severity.RISKY, "Only the description says so, and nothing that was tried shows it."
    return severity, ""


def _doubtful(first: Difference, some: list[Difference], observed: Observed) -> bool:
    """Whether what a description says does not show where the kit has looked."""
    looked = first.place.subject in observed.answered
    if first.rule.startswith("request."):
        return looked
    experimental = all("/experimental/" in each.shown for each in some)
    return first.rule in {"answer.field.optional", "event.gone"} or looked or experimental


def _evidence(some: list[Difference]) -> list[Evidence]:
    """One of each source first, then more."""
    found = [each.evidence for each in some if each.evidence is not None]
    firsts = list({each.source: each for each in reversed(found)}.values())
    others = [each for each in found if each not in firsts]
    return [*firsts, *others][: max(SHOWN, len(firsts))]


def _side(capture: Capture) -> Side:
    return Side(
        target=capture.target,
        version=capture.version,
        level=capture.level,
        taken=capture.taken,
        measures=capture.measures,
    )


def _not_compared(before: Capture, after: Capture) -> Iterator[str]:
    here, there = ({each.key for each in side.observations} for side in (before, after))
    if here - there:
        yield f"{len(here - there)} exchanges that only {before.target} has"
    if there - here:
        yield f"{len(there - here)} exchanges that only {after.target} has"
    for side in (before, after):
        if not side.document.routes:
            yield f"the interface's description: {side.target} gives none"
        if side.contents != "own":
            yield f"values and presence of fields: what {side.target} answered is not the kit's own"
