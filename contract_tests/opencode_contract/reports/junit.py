"""The report as JUnit XML, as build servers read it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from opencode_contract.runner import Outcome, Report, Result

# What XML 1.0 cannot hold, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report) -> str:
    """The report as XML text."""
    suite = ET.Element(
        "testsuite",
        name=f"opencode-contract {report.target}",
        tests=str(len(report.results)),
        failures=str(report.count(Outcome.FAILED)),
        errors=str(report.count(Outcome.NOT_CHECKED)),
        skipped=str(report.count(Outcome.SKIPPED) + report.count(Outcome.NOT_APPLICABLE)),
        time=f"{report.seconds:.3f}",
    )
    for result in report.results:
        suite.append(_case(result))
    suites = ET.Element("testsuites")
    suites.append(suite)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True)


def _case(result: Result) -> ET.Element:
    topic, _, name = result.requirement.id.partition(".")
    case = ET.Element("testcase", classname=f"opencode_contract.{topic}", name=name, time=f"{result.seconds:.3f}")
    match result.outcome:
        case Outcome.FAILED:
            failure = ET.SubElement(case, "failure", message=_clean(result.message))
            failure.text = _clean(f"{result.requirement.sentence}\n{result.message}\n{result.evidence}")
        case Outcome.SKIPPED | Outcome.NOT_APPLICABLE:
            ET.SubElement(case, "skipped", message=_clean(f"{result.outcome.value}: {result.message}"))
        case Outcome.NOT_CHECKED:
            ET.SubElement(case, "error", message=_clean(f"{result.outcome.value}: {result.message}"))
        case Outcome.PASSED:
            pass
    return case


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
