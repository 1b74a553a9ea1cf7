"""The evidence of a finding as panels of a page: one request, and what either side said to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from opencode_contract.compare.model import Evidence, Exchange, Finding
from opencode_contract.compare.page.sides import Sides, sides

_LONGEST_BODY = 600


@dataclass(frozen=True, slots=True)
class Panel:
    """Both sides of one place."""

    source: str
    places: tuple[str, ...]
    request: str
    """Method, path and body, where there was an exchange."""
    before: str
    """The status, where there was an exchange."""
    after: str
    sides: Sides


def panels(finding: Finding) -> list[Panel]:
    """One for each place, those where the same is said in one."""
    found: dict[str, Panel] = {}
    name = _leaf(finding)
    for each in finding.evidence:
        said = f"{each.source} {each.said_before} {each.said_after} {each.before} {each.after}"
        known = found.get(said)
        found[said] = _panel(each, name, known.places if known else ())
    return list(found.values())


def _leaf(finding: Finding) -> str:
    """The name of the field, header or event that the finding is about."""
    subject, _, path = finding.where.partition(": ")
    if subject.startswith("header "):
        return subject.split(" ")[1]
    if path:
        return re.sub(r"(\[[^\]]*\]|\{\})+$", "", path).rpartition(".")[2]
    return subject.removeprefix("event ") if subject.startswith("event ") else ""


def _panel(evidence: Evidence, name: str, places: tuple[str, ...]) -> Panel:
    before, after = evidence.before, evidence.after
    exchange = before or after
    return Panel(
        source=evidence.source,
        places=(*places, evidence.place),
        request=_request(exchange) if exchange else "",
        before=_status(before) if exchange else "",
        after=_status(after) if exchange else "",
        sides=sides(
            list(_lines(before.answer.headers, before.answer.body) if before else _said(evidence.said_before)),
            list(_lines(after.answer.headers, after.answer.body) if after else _said(evidence.said_after)),
            name,
        ),
    )


def _request(exchange: Exchange) -> str:
    asked = f"{exchange.request.method} {exchange.request.path}"
    if exchange.request.body is None:
        return asked
    body = json.dumps(exchange.request.body, ensure_ascii=False)
    return f"{asked}\n{body if len(body) <= _LONGEST_BODY else body[:_LONGEST_BODY] + '…'}"


def _status(exchange: Exchange | None) -> str:
    if exchange is None:
        return "not asked"
    return str(exchange.answer.status) if exchange.answer.status else "the connection broke"


def _lines(headers: dict[str, str], body: JsonValue) -> Iterator[str]:
    for name, value in sorted(headers.items()):
        yield f"{name}: {value}"
    yield ""
    yield from _json(body)


def _said(said: JsonValue) -> Iterator[str]:
    if isinstance(said, str):
        yield from said.splitlines() or [""]
    elif isinstance(said, list) and all(isinstance(each, str) for each in said):
        yield from map(str, said)
    else:
        yield from _json(said)


def _json(value: JsonValue) -> Iterator[str]:
    """Without the commas at the ends of lines, which would differ where the next line does."""
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
    return (line.removesuffix(",") for line in text.split("\n"))
