"""Reads what a handler needs from a request, or refuses it as the server does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from opencode_fake.scripts.model import JsonObject
from opencode_fake.server import errors
from opencode_fake.server.errors import Refused
from opencode_fake.server.exchange import BYTES, Incoming, parse
from opencode_fake.server.issues import ABSENT, Issue
from opencode_fake.server.validation import Check, Shape, coerce_number

_NAMED_SESSION = re.compile(r"/session/([^/]+)")
_NO_SESSION = "/session/status"


def body(incoming: Incoming, check: Check) -> JsonObject:
    """The JSON object in the body, checked, with the keys that are known."""
    value = _sent(incoming) if incoming.behaviours.effect_checks else _declared(incoming)
    issues = _faults(incoming, check, value)
    if issues:
        raise Refused(errors.invalid(value, issues, "Payload"))
    return cast("JsonObject", check.kept(value))


def own_body(incoming: Incoming, check: Check) -> JsonObject:
    """The same for the routes that read their body by themselves from 1.15.0 on, and say nothing of its faults."""
    if not incoming.behaviours.effect_checks:
        return body(incoming, check)
    value = _parsed(incoming, errors.bad_request()) if incoming.body else {}
    if any(check(value, [])):
        raise Refused(errors.bad_request())
    return cast("JsonObject", check.kept(value))


def query(incoming: Incoming, shape: Shape) -> None:
    """Checks the query's parameters."""
    given = dict(incoming.given_query)
    issues = list(shape(given, []))
    if issues:
        raise Refused(errors.invalid(given, issues, "Query"))


def named_session(incoming: Incoming) -> None:
    """Looks up the session that the path names as it was sent: with an id that can be none this fails on any route."""
    found = _NAMED_SESSION.match(incoming.raw_path)
    if found and incoming.raw_path != _NO_SESSION and not found[1].startswith("ses"):
        raise Refused(errors.unknown(f'Error: Expected a string starting with "ses", got "{found[1]}"'))


def parameters(incoming: Incoming, *shapes: Shape) -> None:
    """Checks the path's parameters, on a route that always did."""
    given, issues = _path_faults(incoming, shapes)
    if issues:
        raise Refused(errors.invalid(given, issues, "Params"))


def inside(incoming: Incoming, *shapes: Shape) -> None:
    """Checks them on a route that once checked nothing itself: 500 from the code behind it."""
    if incoming.behaviours.ids_checked_first:
        return parameters(incoming, *shapes)
    _, issues = _path_faults(incoming, shapes)
    if issues:
        raise Refused(errors.invalid_inside(issues))
    return None


def inner(incoming: Incoming, shape: Shape) -> None:
    """Checks the one parameter of a path on a route whose code takes nothing else: the fault is at no place."""
    if incoming.behaviours.ids_checked_first:
        return parameters(incoming, shape)
    _, issues = _path_faults(incoming, (shape,))
    for issue in issues:
        issue.path.clear()
        raise Refused(errors.invalid_inside([issue]))
    return None


def unchecked(incoming: Incoming, *shapes: Shape) -> None:
    """Checks them on a route that once took anything."""
    if incoming.behaviours.ids_checked_first:
        parameters(incoming, *shapes)


def looked_up(incoming: Incoming, *shapes: Shape) -> None:
    """Checks them on a route that once left it to the code that looks the session up."""
    if incoming.behaviours.ids_checked_first:
        return parameters(incoming, *shapes)
    _, issues = _path_faults(incoming, shapes)
    if issues and incoming.behaviours.lookup_checks_ids:
        issue = issues[0]
        issue.path.clear()
        raise Refused(errors.invalid_inside([issue]))
    return None


def limit(incoming: Incoming) -> float | None:
    """The query's limit as a number, or None where there is none."""
    given = incoming.query.get("limit")
    return None if given is None else coerce_number(given)


def _declared(incoming: Incoming) -> object:
    """What zod gets to see: a body that does not call itself JSON counts as ``{}``."""
    return _parsed(incoming, errors.malformed()) if incoming.is_json else {}


def _sent(incoming: Incoming) -> object:
    """What Effect gets to see: any body but one that calls itself something else."""
    if not incoming.has_body:
        raise Refused(errors.unsupported(BYTES))
    if incoming.content_type and not incoming.is_json:
        raise Refused(errors.unsupported(incoming.content_type))
    return _parsed(incoming, errors.malformed()) if incoming.body else ABSENT


def _parsed(incoming: Incoming, problem: errors.Problem) -> object:
    try:
        return parse(incoming.body)
    except (ValueError, RecursionError):
        raise Refused(problem) from None


def _faults(incoming: Incoming, check: Check, value: object) -> list[Issue]:
    issues = list(check(value, []))
    if not incoming.behaviours.effect_checks:
        return issues
    return [issue for issue in issues if issue.value is not None or not issue.optional]


def _path_faults(incoming: Incoming, shapes: tuple[Shape, ...]) -> tuple[Mapping[str, str], list[Issue]]:
    given = dict(incoming.parameters)
    return given, [issue for shape in shapes for issue in shape(given, [])]
