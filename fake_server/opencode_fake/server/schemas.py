"""What the routes take, in the order in which the real schemas name it."""

from __future__ import annotations

from dataclasses import dataclass

from opencode_fake.server.validation import (
    Check,
    Shape,
    array,
    boolean,
    coerced_number,
    count,
    flag,
    number,
    of_type,
    one_of,
    optional,
    record,
    starts_with,
    string,
    tagged,
)
from opencode_fake.versions import Behaviours

_OBJECT = of_type("object")
RULES = array(
    Shape({"permission": string, "pattern": string, "action": one_of("allow", "deny", "ask")}),
    name="PermissionRuleset",
)
SESSION = Shape({"sessionID": starts_with("ses")})
MESSAGE = Shape({"messageID": starts_with("msg")})
PART = Shape({"partID": starts_with("prt")})
_KINDS: dict[str, dict[str, Check]] = {
    "text": {"text": string},
    "reasoning": {"text": string, "time": of_type("object")},
    "file": {"mime": string, "url": string},
    "tool": {"callID": string, "tool": string, "state": of_type("object")},
    "step-start": {},
    "step-finish": {"reason": string, "cost": number, "tokens": of_type("object")},
    "snapshot": {"snapshot": string},
    "patch": {"hash": string, "files": array(string)},
    "agent": {"name": string},
    "retry": {"attempt": number, "error": of_type("object"), "time": of_type("object")},
    "compaction": {"auto": boolean},
    "subtask": {"prompt": string, "description": string, "agent": string},
}
WHOLE_PART = tagged(
    "type",
    {kind: Shape({"id": string, "sessionID": string, "messageID": string, **keys}) for kind, keys in _KINDS.items()},
    name="Part",
)
COMMAND = Shape(
    {
        "messageID": optional(starts_with("msg")),
        "agent": optional(string),
        "model": optional(string),
        "arguments": string,
        "command": string,
        "variant": optional(string),
        "parts": optional(array(Shape({"type": one_of("file"), "mime": string, "url": string}))),
    }
)
INIT = Shape({"modelID": string, "providerID": string, "messageID": starts_with("msg")})
SHELL = Shape({"agent": string, "model": optional(Shape({"providerID": string, "modelID": string})), "command": string})
SUMMARIZE = Shape({"providerID": string, "modelID": string, "auto": optional(boolean)})
FORK = Shape({"messageID": optional(starts_with("msg"))})
REVERT = Shape({"messageID": starts_with("msg"), "partID": optional(starts_with("prt"))})
PERMISSION = Shape({"requestID": starts_with("per")})
PERMISSION_ID = Shape({"permissionID": starts_with("per")})
QUESTION = Shape({"requestID": starts_with("que")})
_REPLY = one_of("once", "always", "reject")
PERMISSION_REPLY = Shape({"reply": _REPLY, "message": optional(string)})
PERMISSION_RESPONSE = Shape({"response": _REPLY})
QUESTION_REPLY = Shape({"answers": array(array(string))})
DIFF = Shape({"messageID": optional(starts_with("msg"))})


@dataclass(frozen=True, slots=True)
class Schemas:
    """What the routes take whose schemas differ between versions."""

    create: Shape
    """The body that makes a session."""
    update: Shape
    """The body that changes a session."""
    sessions: Shape
    """The query of the session list."""
    messages: Shape
    """The query of the message list, but for the cursor."""
    prompt: Shape
    """The body of a prompt."""

    @classmethod
    def of(cls, behaviours: Behaviours) -> Schemas:
        """The schemas of one version."""
        return cls(
            create=_create(behaviours),
            update=_update(behaviours),
            sessions=_sessions(behaviours),
            messages=Shape({"limit": optional(count if behaviours.messages_paged else coerced_number)}),
            prompt=_prompt(behaviours),
        )


def _create(behaviours: Behaviours) -> Shape:
    shape = Shape({"parentID": optional(starts_with("ses")), "title": optional(string)})
    if behaviours.creation_takes_model:
        model = Shape({"id": string, "providerID": string, "variant": optional(string)})
        shape = shape.extended(agent=optional(string), model=optional(model))
    if behaviours.sessions_have_metadata:
        shape = shape.extended(metadata=optional(_OBJECT))
    shape = shape.extended(permission=optional(RULES))
    return shape.extended(workspaceID=optional(starts_with("wrk"))) if behaviours.creation_takes_workspace else shape


def _update(behaviours: Behaviours) -> Shape:
    shape = Shape({"title": optional(string)})
    if behaviours.sessions_have_metadata:
        shape = shape.extended(metadata=optional(_OBJECT))
    if behaviours.update_takes_permission:
        shape = shape.extended(permission=optional(RULES))
    return shape.extended(time=optional(Shape({"archived": optional(number)})))


def _sessions(behaviours: Behaviours) -> Shape:
    shape = Shape({"roots": optional(flag)} if behaviours.roots_is_boolean else {})
    if behaviours.bad_numbers_ignored:
        return shape
    return shape.extended(start=optional(coerced_number), limit=optional(coerced_number))


def _prompt(behaviours: Behaviours) -> Shape:
    formats = {
        "text": Shape({}),
        "json_schema": Shape({"schema": record(lambda *_: iter(())), "retryCount": optional(number)}),
    }
    return Shape(
        {
            "messageID": optional(starts_with("msg")),
            "model": optional(Shape({"providerID": string, "modelID": string})),
            "agent": optional(string),
            "noReply": optional(boolean),
            "tools": optional(record(boolean)),
            **({"format": optional(tagged("type", formats, name="OutputFormat"))} if behaviours.format_checked else {}),
            "system": optional(string),
            "variant": optional(string),
            "parts": array(_parts(optional(starts_with("prt") if behaviours.part_ids_checked else string))),
        }
    )


def _parts(part_id: Check) -> Check:
    time = Shape({"start": number, "end": optional(number)})
    text = {
        "text": string,
        "synthetic": optional(boolean),
        "ignored": optional(boolean),
        "time": optional(time),
        "metadata": optional(_OBJECT),
    }
    return tagged(
        "type",
        {
            "text": Shape({"id": part_id, **text}),
            "file": Shape({"id": part_id, "mime": string, "filename": optional(string), "url": string}),
            "agent": Shape({"id": part_id, "name": string, "source": optional(_OBJECT)}),
            "subtask": Shape({"id": part_id, "prompt": string, "description": string, "agent": string}),
        },
    )
