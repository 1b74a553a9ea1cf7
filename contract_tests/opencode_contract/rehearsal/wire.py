"""What an answer of a server holds."""

from __future__ import annotations

import httpx

from opencode_contract.evidence import Json
from opencode_contract.rehearsal.snapshot import JsonObject

SHOWN = 200


def object_of(answer: httpx.Response) -> JsonObject | None:
    """The object that it holds, or None when it is no success or holds something else."""
    found = _json(answer)
    return found if isinstance(found, dict) else None


def objects_of(answer: httpx.Response) -> tuple[JsonObject, ...] | None:
    """The objects of the list that it holds, or None when it is no success or holds something else."""
    found = _json(answer)
    return tuple(each for each in found if isinstance(each, dict)) if isinstance(found, list) else None


def described(answer: httpx.Response, *, private: bool) -> str:
    """The exchange in a line; of ``private`` data only what kind of error it is, for its text quotes the data."""
    found = _error_name(answer) if private else " ".join(answer.text.split())[:SHOWN]
    return f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {found}".rstrip()


def _error_name(answer: httpx.Response) -> str:
    """The name of the error that a server answers with, if it is one of OpenCode's."""
    try:
        held = answer.json()
    except ValueError:
        return ""
    name = (held.get("name") or held.get("_tag")) if isinstance(held, dict) else None
    return name if isinstance(name, str) else ""


def _json(answer: httpx.Response) -> Json:
    # A server that does not know a path may answer 200 with its web page, and one that failed with nothing.
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    if not answer.is_success or not is_json or not answer.content:
        return None
    parsed: Json = answer.json()
    return parsed
