"""The catalogue of cases, the reviewed list, and what is written down of a measurement."""

from __future__ import annotations

import json

import pytest

from opencode_contract.errors import BadTarget, TargetError
from opencode_contract.evidence import Json
from opencode_contract.fidelity.accepted import Accepted, accepted_differences, reason_for
from opencode_contract.fidelity.cases.catalogue import catalogue, chosen
from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.cases.routes import SESSION_ENDPOINTS
from opencode_contract.fidelity.command import PROVEN_VERSIONS, binaries
from opencode_contract.fidelity.compare import Difference
from opencode_contract.fidelity.outcome import Outcome, Result, VersionReport
from opencode_contract.fidelity.report import area, as_json, as_markdown
from opencode_contract.fidelity.scene import dig

LEAST = 500
DIFFERENCE = Difference("1. GET /x · body · a", 1, "(absent)")


def test_there_are_enough_cases() -> None:
    """The catalogue holds at least 500 cases, and every endpoint of a session has some."""
    cases = catalogue()
    assert len(cases) >= LEAST
    assert {endpoint.route for endpoint in SESSION_ENDPOINTS} <= {case.route for case in cases}


def test_choosing() -> None:
    """Cases are chosen by patterns of their names or endpoints."""
    assert {case.name for case in chosen("health, fresh.get")} == {"health", "fresh.get"}
    assert all(case.route == "GET /session" for case in chosen("GET /session"))
    with pytest.raises(TargetError, match="no case fits"):
        chosen("nothing-like-it")


def test_accepted_differences_have_reasons() -> None:
    """Every accepted difference says why, and speaks of cases that there are."""
    for rule in accepted_differences():
        assert len(rule.reason) > 20
        assert any(rule.fits(case, version) for case in catalogue() for version in PROVEN_VERSIONS)


def test_a_difference_is_accepted_only_where_the_list_says_so() -> None:
    """Case, place and version must all fit, and for every difference of the case."""
    case = Case("topic.name", "GET /x", "query", ())
    rule = Accepted(case="topic.*", place="* · a", since="1.1.53", until="1.2.0", reason="by chance")
    other = Difference("1. GET /x · status", 200, 500)
    assert reason_for([rule], case, "1.1.53", [DIFFERENCE]) == "by chance"
    assert reason_for([rule], case, "1.2.0", [DIFFERENCE]) is None
    assert reason_for([rule], case, "1.1.34", [DIFFERENCE]) is None
    assert reason_for([rule], case, "1.1.53", [DIFFERENCE, other]) is None


@pytest.mark.parametrize(
    ("route", "name"),
    [
        ("GET /session/{id}/message/{mid}", "message"),
        ("POST /session/{id}/permissions/{rid}", "permission"),
        ("POST /session/{id}/fork", "session"),
        ("GET /session", "session"),
        ("POST /question/{rid}/reply", "question"),
        ("GET /global/event", "event"),
        ("GET /global/health", "other"),
    ],
)
def test_areas(route: str, name: str) -> None:
    """Every endpoint belongs to one group of routes."""
    assert area(route) == name


def report() -> VersionReport:
    """One case of each outcome."""
    made = [Case(f"topic.{outcome.name.lower()}", "GET /session", "query", ()) for outcome in Outcome]
    results = [
        Result(case, outcome, () if outcome is Outcome.SAME else (DIFFERENCE,))
        for case, outcome in zip(made, Outcome, strict=True)
    ]
    return VersionReport("1.1.53", tuple(results))


def test_json() -> None:
    """The JSON holds the sums, the share of each group of routes and every difference."""
    found: Json = json.loads(as_json([report()]))
    assert dig(found, "versions.0.holds") is False
    assert dig(found, "versions.0.areas") == {"session": 50.0}
    assert dig(found, "versions.0.counts") == {outcome.value: 1 for outcome in Outcome}
    difference: Json = [{"place": DIFFERENCE.place, "real": 1, "fake": "(absent)"}]
    assert dig(found, "versions.0.cases.1.differences") == difference


def test_markdown() -> None:
    """The page shows endpoint by behaviour, and spells out the first difference of each case."""
    page = as_markdown([report()])
    assert "| `GET /session` | query | 1 | 1 | 1 | 1 |" in page
    assert "- `topic.different`: `1. GET /x · body · a: 1 is '(absent)' on the fake`" in page
    assert page == as_markdown([report()])


def test_binaries_that_are_not_there() -> None:
    """An executable is given as VERSION=PATH."""
    with pytest.raises(BadTarget, match="VERSION=PATH"):
        binaries(["1.1.53"], ["/usr/bin/opencode"])
