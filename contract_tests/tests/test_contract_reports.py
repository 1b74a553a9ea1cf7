from __future__ import annotations

import io
import json
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from opencode_contract.reports import as_json, as_junit, print_report, print_requirements
from opencode_contract.requirements import ALL, by_id
from opencode_contract.runner import Outcome, Report, Result
from opencode_contract.safety.budget import Limits
from opencode_contract.targets import Level


@pytest.fixture
def report() -> Report:
    """A report with every outcome."""
    passed, cut, failed, skipped, other = by_id(
        ["auth.challenge", "health.json", "health.version", "sessions.slug", "tools.output"]
    )
    evidence = "GET /x\n-> 200 text/html\n[bold]no markup[/] \x1b[31m\x00 <b> & ü"
    return Report(
        target="https://host/opencode",
        version="1.1.53",
        level=Level.WRITE,
        results=[
            Result(passed, Outcome.PASSED, 0.5),
            Result(failed, Outcome.FAILED, 0.25, "the content type should be [this]", evidence),
            Result(cut, Outcome.NOT_CHECKED, message="the network: bad gateway"),
            Result(skipped, Outcome.SKIPPED, message="level write was not asked for"),
            Result(other, Outcome.NOT_APPLICABLE, message="needs the contract's own script"),
        ],
        seconds=1.25,
        left_behind=("ses_left",),
        mark="opencode-contract 20260102T030405Z-0123abcd",
        prompts=2,
        cost=0.0125,
        limits=Limits(max_cost=1.0),
    )


def printed(report: Report) -> str:
    """What a person sees."""
    console = Console(file=io.StringIO(), width=120)
    print_report(report, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_shows_every_requirement_and_the_summary(report: Report) -> None:
    """Each requirement stands there with its sentence and outcome; the last line counts them."""
    text = printed(report)
    for result in report.results:
        row = next(line for line in text.splitlines() if line.startswith(result.requirement.id))
        assert result.requirement.sentence[:20] in row
        assert row.rstrip().endswith(result.outcome.value)
    assert text.splitlines()[-1] == (
        "https://host/opencode (OpenCode 1.1.53): the contract does not hold. "
        "1 passed, 1 failed, 1 skipped, 1 not applicable, 1 not checked in 1.2 s"
    )


def test_failures_are_shown_with_their_evidence(report: Report) -> None:
    """Below the table each failure has its message, its source and the exchange; nothing is taken for markup."""
    text = printed(report)
    assert "health.json failed" in text
    assert "the content type should be [this]" in text
    assert "[bold]no markup[/]" in text
    assert report.failures[0].requirement.source in text


def test_what_a_server_answers_does_not_reach_the_terminal_raw(report: Report) -> None:
    """Control characters in an answer cannot play with the terminal."""
    assert "\x1b" not in printed(report)
    assert "\x00" not in printed(report)


def test_what_the_network_did_stands_apart(report: Report) -> None:
    """What was not checked says why, and makes the contract neither hold nor fail."""
    text = printed(report)
    assert "the network: bad gateway" in text
    assert "Sent 2 prompts, which cost 0.0125 USD (limit: 1 USD)." in text
    report.results = [result for result in report.results if result.outcome is not Outcome.FAILED]
    assert not report.holds
    assert "the contract could not be checked completely" in printed(report)


def test_sessions_that_stay_are_told(report: Report) -> None:
    """A session that could not be deleted is named."""
    assert "Could not delete session ses_left" in printed(report)


def test_the_json_report_has_its_documented_shape(report: Report) -> None:
    """The keys are those that the documentation names, and the counts add up."""
    whole = json.loads(as_json(report))
    assert list(whole) == (
        ["target", "version", "level", "holds", "seconds", "counts", "left_behind", "mark", "spent", "results"]
    )
    assert whole["counts"] == {"passed": 1, "failed": 1, "not applicable": 1, "skipped": 1, "not checked": 1}
    assert whole["spent"] == {"prompts": 2, "usd": 0.0125, "max_prompts": None, "max_usd": 1.0}
    assert (whole["holds"], whole["level"], whole["left_behind"]) == (False, "write", ["ses_left"])
    assert all(
        list(result) == ["id", "level", "sentence", "source", "outcome", "seconds", "message", "evidence"]
        for result in whole["results"]
    )


def test_the_junit_report_is_read_by_xml_parsers(report: Report) -> None:
    """The XML is well-formed whatever the evidence holds, and its counts are those of the report."""
    suite = ET.fromstring(as_junit(report))[0]  # noqa: S314 - our own
    assert suite.attrib["tests"] == "5"
    assert (suite.attrib["failures"], suite.attrib["skipped"], suite.attrib["errors"]) == ("1", "2", "1")
    failure = suite.find("testcase[@name='json']/failure")
    assert failure is not None
    assert "<b> & ü" in (failure.text or "")
    assert [case.attrib["classname"] for case in suite] == [
        f"opencode_contract.{result.requirement.topic}" for result in report.results
    ]


def test_a_report_without_failures_holds(report: Report) -> None:
    """Skipped and not applicable requirements do not break the contract."""
    report.results = [
        result for result in report.results if result.outcome not in {Outcome.FAILED, Outcome.NOT_CHECKED}
    ]
    assert report.holds
    assert "the contract holds" in printed(report)


def test_the_list_shows_every_requirement() -> None:
    """The list of requirements has all of them, with their levels."""
    console = Console(file=io.StringIO(), width=200)
    print_requirements(ALL, console)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert all(any(line.startswith(f"{each.id} ") for line in lines) for each in ALL)
    assert lines[-1] == f"{len(ALL)} requirements"
