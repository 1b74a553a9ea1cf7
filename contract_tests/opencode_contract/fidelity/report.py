"""What was measured, as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from opencode_contract.evidence import Json
from opencode_contract.fidelity.compare import Difference
from opencode_contract.fidelity.outcome import Exploration, Outcome, Result, VersionReport, percentage

_AREAS = (
    ("/message", "message"),
    ("/prompt_async", "message"),
    ("/permission", "permission"),
    ("/question", "question"),
    ("/event", "event"),
    ("/global/event", "event"),
    ("/session", "session"),
)
_LONGEST = 400
_HEAD = """\
# Fidelity

How alike the fake and the real server are, measured: `opencode-contract fidelity VERSION...` starts the real server of
each version with the scripted model and the fake as that version, drives both with the same requests, and compares
status, headers, bodies and events. `make fidelity` writes this page. What is volatile is normalised by rule
(`contract_tests/opencode_contract/fidelity/normalise.py`, `times.py` and `background.py` say how); what is accepted
although it differs is in `accepted.yaml` there, each with its reason.
"""


def area(route: str) -> str:
    """The group of routes that one belongs to."""
    path = route.partition(" ")[2]
    if path.startswith("/session"):
        below = path.removeprefix("/session").removeprefix("/{id}")
        return next((name for part, name in _AREAS if below.startswith(part)), "session")
    return next((name for part, name in _AREAS if path.startswith(part)), "other")


def as_json(reports: Iterable[VersionReport]) -> str:
    """The whole measurement."""
    return json.dumps({"versions": [_version(report) for report in reports]}, indent=2, ensure_ascii=False) + "\n"


def as_markdown(reports: Iterable[VersionReport]) -> str:
    """The page: the same for the same measurement."""
    return "\n".join([_HEAD, *(line for report in reports for line in _page(report))])


def _version(report: VersionReport) -> Json:
    return {
        "version": report.version,
        "holds": report.holds,
        "counts": {outcome.value: report.count(outcome) for outcome in Outcome},
        "areas": {name: round(percentage(found), 2) for name, found in _grouped(report, _area_of).items()},
        "state machine": _exploration(report.exploration),
        "cases": [_case(result) for result in _sorted(report.results)],
    }


def _exploration(found: Exploration | None) -> Json:
    if found is None:
        return None
    bounds = found.bounds
    return {
        "sequences": bounds.sequences,
        "steps": bounds.steps,
        "seed": bounds.seed,
        "did not come again": [_difference(each) for each in found.chances],
        "findings": [
            {"differences": [_difference(each) for each in finding.differences], "script": finding.script}
            for finding in found.findings
        ],
    }


def _difference(found: Difference) -> Json:
    return {"place": found.place, "real": found.real, "fake": found.fake}


def _case(result: Result) -> Json:
    shown: dict[str, Json] = {
        "name": result.case.name,
        "route": result.case.route,
        "group": result.case.group,
        "outcome": result.outcome.value,
    }
    if result.differences:
        shown["differences"] = [_difference(each) for each in result.differences]
    return shown | ({"reason": result.reason} if result.reason else {})


def _page(report: VersionReport) -> Iterator[str]:
    yield f"## {report.version}\n"
    counts = ", ".join(f"{report.count(outcome)} {outcome.value}" for outcome in Outcome)
    yield f"{len(report.results)} cases: {counts}.\n"
    yield "| routes | cases | same or accepted |\n|---|---|---|"
    for name, results in _grouped(report, _area_of).items():
        yield f"| {name} | {len(results)} | {percentage(results):.1f} % |"
    yield "\n| endpoint | behaviour | same | different | not implemented | accepted |\n|---|---|---|---|---|---|"
    for name, results in _grouped(report, lambda each: f"`{each.case.route}` | {each.case.group}").items():
        counted = [sum(each.outcome is outcome for each in results) for outcome in Outcome]
        yield f"| {name} | {' | '.join(str(count or '') for count in counted)} |"
    yield ""
    if report.exploration is not None:
        bounds = report.exploration.bounds
        told = [_code(str(finding.differences[0])) for finding in report.exploration.findings]
        found = ", ".join(told) or "nothing"
        yield f"The state machine found {found} in {bounds.sequences} sequences of up to {bounds.steps} steps.\n"
    yield from _listed("Different or not implemented", report, Outcome.DIFFERENT, Outcome.NOT_IMPLEMENTED)
    yield from _listed("Accepted", report, Outcome.ACCEPTED)


def _listed(title: str, report: VersionReport, *outcomes: Outcome) -> Iterator[str]:
    found = [each for each in _sorted(report.results) if each.outcome in outcomes]
    if not found:
        return
    yield f"### {title}\n"
    for result in found:
        what = result.reason or _code(str(result.differences[0]))
        yield f"- `{result.case.name}`: {what}"
    yield ""


def _code(text: str) -> str:
    flat = " ".join(text.split()).replace("`", "'")
    return f"`{flat if len(flat) <= _LONGEST else flat[:_LONGEST] + '…'}`"


def _area_of(result: Result) -> str:
    return area(result.case.route)


def _sorted(results: Iterable[Result]) -> list[Result]:
    return sorted(results, key=lambda result: (result.case.route, result.case.group, result.case.name))


def _grouped(report: VersionReport, key: Callable[[Result], str]) -> dict[str, list[Result]]:
    groups: dict[str, list[Result]] = {}
    for result in _sorted(report.results):
        groups.setdefault(key(result), []).append(result)
    return dict(sorted(groups.items()))
