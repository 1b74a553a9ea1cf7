"""What the reference client does about a difference. Read from its own models where these can tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from opencode_contract.capture.document import canonical
from opencode_contract.compare.difference import Place
from opencode_sandbox.models import AssistantInfo, Session, UserInfo
from opencode_sandbox.models.base import WireModel
from opencode_sandbox.models.messages import MessageError
from opencode_sandbox.models.parts import (
    FilePart,
    PatchPart,
    ReasoningPart,
    StepFinishPart,
    StepStartPart,
    TextPart,
    ToolPart,
)

ROUTES = frozenset(
    {
        *("GET /global/health", "GET /event", "GET /session", "POST /session", "GET /session/status"),
        *("GET /session/{id}", "DELETE /session/{id}", "POST /session/{id}/abort", "GET /session/{id}/message"),
        "POST /session/{id}/prompt_async",
    }
)
"""What the client asks."""
EVENTS = frozenset(
    {
        *("message.updated", "message.removed", "message.part.updated", "message.part.delta", "message.part.removed"),
        *("session.status", "session.idle", "session.error", "session.deleted"),
    }
)
"""The events that it acts on."""
_MODELS: Mapping[str, type[WireModel]] = MappingProxyType(
    {
        "session": Session,
        "message user": UserInfo,
        "message assistant": AssistantInfo,
        "part text": TextPart,
        "part reasoning": ReasoningPart,
        "part tool": ToolPart,
        "part step-start": StepStartPart,
        "part step-finish": StepFinishPart,
        "part patch": PatchPart,
        "part file": FilePart,
    }
)
_DELTAS = "parses both: it takes a growing text from the part and from message.part.delta"
_SPECIAL: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("event message.part.updated", "properties.delta"): _DELTAS,
        ("event message.part.delta", ""): _DELTAS,
    }
)
_BY_RULE: tuple[tuple[str, str], ...] = (
    (r"header\..*", "looks at the content type and the location of a redirect only"),
    (r"error\.form\.changed", "reads every form of error that a proven version sends, and tells of any other"),
    (r"error\.value\.changed", "shows the words to the user, and decides nothing by them"),
    (
        r"(status|odd)\..*|request\.(refused|accepted)",
        "judges by the kind of status: 401 the password, 404 a missing session, 4xx refused, 5xx failed",
    ),
)


def client_note(rule: str, place: Place, routes: list[str]) -> str:
    """What the client does about it; empty where it has nothing to do with it."""
    special = _SPECIAL.get((place.subject, place.path))
    if special is not None:
        return special
    if place.subject.startswith("event "):
        return _about_event(rule, place)
    if (
        rule.startswith(("answer.", "enum."))
        and (place.subject in _MODELS or " " in place.subject)
        and not _is_route(place)
    ):
        return _about_field(rule, place)
    asked = {canonical(route) for route in (place.subject, *routes)} & ROUTES
    if _is_route(place) and not asked:
        return "does not ask this route"
    return next((note for pattern, note in _BY_RULE if re.fullmatch(pattern, rule)), "")


def _is_route(place: Place) -> bool:
    return place.subject.partition(" ")[2].startswith("/")


def _about_event(rule: str, place: Place) -> str:
    name = place.subject.removeprefix("event ")
    if name not in EVENTS:
        return "passes the event on, and decides nothing by it"
    if rule.startswith("event."):
        return "looks at the messages themselves before it calls a reply finished, whatever events came"
    return "keeps the event's properties as they are"


def _about_field(rule: str, place: Place) -> str:
    if rule in {"answer.field.added", "answer.field.optional.added", "answer.field.always"}:
        return "keeps fields that it does not know"
    if rule.startswith("answer.variant"):
        return "reads a kind that it does not know as an unknown part" if place.subject.startswith("part") else ""
    model = MessageError if place.subject.startswith("error ") else _MODELS.get(place.subject)
    if model is None:
        return "does not look at it"
    name = re.split(r"[.\[{]", place.path)[0]
    for attribute, field in model.model_fields.items():
        if name in (field.alias, attribute):
            if "." in place.path or "[" in place.path:
                return f"reads {name}, what is in it only as far as it needs it"
            return f"needs {name}" if field.is_required() else f"reads {name} if it is there"
    return "does not look at it, and keeps it"
