"""The cursor of the message list: which message a page begins at."""

from __future__ import annotations

import base64
import binascii
import json
from urllib.parse import urlencode

from opencode_fake.run.effects import dumps
from opencode_fake.server import errors
from opencode_fake.server.errors import Refused
from opencode_fake.server.exchange import Incoming
from opencode_fake.server.issues import Custom, Issue
from opencode_fake.state.store import Message


def before(incoming: Incoming) -> str | None:
    """The id of the message before which the page ends; None where the request names no cursor."""
    given = incoming.query.get("before")
    if not given:
        return None
    found = _decoded(given)
    issues: list[Issue] = []
    if found is None:
        issues.append(Custom(value=given, path=["before"], message="Invalid cursor"))
    if "limit" not in incoming.query:
        issues.append(Custom(value=given, path=["before"], message="before requires limit"))
    if issues:
        faults = errors.invalid(dict(incoming.query), issues, "Query")
        raise Refused(errors.bad_request() if incoming.behaviours.effect_checks else faults)
    return found


def headers(incoming: Incoming, limit: int, oldest: Message) -> dict[str, str]:
    """What tells the reader of a page that there are older messages than its ``oldest``."""
    cursor = _encoded(oldest)
    # Parameters that were given keep their places.
    query = urlencode({**incoming.given_query, "limit": limit, "before": cursor}, doseq=True)
    address = f"http://{incoming.headers.get('Host', '')}{incoming.raw_path}?{query}"
    return {
        "Access-Control-Expose-Headers": "Link, X-Next-Cursor",
        "Link": f'<{address}>; rel="next"',
        "X-Next-Cursor": cursor,
    }


def _encoded(message: Message) -> str:
    text = dumps({"id": message.info["id"], "time": message.info["time"]["created"]})
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _decoded(cursor: str) -> str | None:
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        return None
    named = found.get("id") if isinstance(found, dict) else None
    return named if isinstance(named, str) and isinstance(found.get("time"), int) else None
