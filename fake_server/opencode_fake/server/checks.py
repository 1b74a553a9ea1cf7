"""Reads what a handler needs from a request, or refuses it as the server does."""

from __future__ import annotations

from typing import cast

from opencode_fake.scripts.model import JsonObject
from opencode_fake.server import errors
from opencode_fake.server.errors import Refused
from opencode_fake.server.exchange import Incoming, parse
from opencode_fake.server.validation import Shape, coerce_number


def body(incoming: Incoming, shape: Shape) -> JsonObject:
    """The JSON object in the body, checked. A body that does not call itself JSON counts as ``{}``."""
    value: object = {}
    if incoming.is_json:
        try:
            value = parse(incoming.body)
        except (ValueError, RecursionError):
            raise Refused(errors.malformed()) from None
    issues = list(shape(value, []))
    if issues:
        raise Refused(errors.invalid(value, issues))
    return {key: each for key, each in cast("JsonObject", value).items() if key in shape.keys}


def query(incoming: Incoming, shape: Shape) -> None:
    """Checks the query's parameters."""
    _refuse_if_wrong(dict(incoming.query), shape)


def parameters(incoming: Incoming, shape: Shape) -> None:
    """Checks the path's parameters."""
    _refuse_if_wrong(dict(incoming.parameters), shape)


def inside(incoming: Incoming, *shapes: Shape) -> None:
    """Checks the path's parameters as routes do that check nothing themselves: 500 from the code behind them."""
    for shape in shapes:
        issues = list(shape(dict(incoming.parameters), []))
        if issues:
            raise Refused(errors.invalid_inside(issues))


def limit(incoming: Incoming) -> float | None:
    """The query's limit as a number, or None where there is none."""
    given = incoming.query.get("limit")
    return None if given is None else coerce_number(given)


def _refuse_if_wrong(given: dict[str, str], shape: Shape) -> None:
    issues = list(shape(given, []))
    if issues:
        raise Refused(errors.invalid(given, issues))
