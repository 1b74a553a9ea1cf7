"""What the routes take, in the order in which the real schemas name it."""

from __future__ import annotations

from dataclasses import dataclass

from opencode_fake.server.part_schemas import FILE, given_part, whole_part
from opencode_fake.server.validation import (
    BOOLEAN,
    NUMBER,
    RECORD,
    STRING,
    Check,
    CoercedNumber,
    Count,
    Flag,
    ListOf,
    MapOf,
    Maybe,
    OneOf,
    Prefixed,
    Shape,
    Tagged,
)
from opencode_fake.versions import Behaviours

RULES = ListOf(
    Shape({"permission": STRING, "pattern": STRING, "action": OneOf("allow", "deny", "ask")}, name="PermissionRule"),
    name="PermissionRuleset",
)
SESSION = Shape({"sessionID": Prefixed("ses")})
MESSAGE = Shape({"messageID": Prefixed("msg")})
PART = Shape({"partID": Prefixed("prt")})
COMMAND = Shape(
    {
        "messageID": Maybe(Prefixed("msg")),
        "agent": Maybe(STRING),
        "model": Maybe(STRING),
        "arguments": STRING,
        "command": STRING,
        "variant": Maybe(STRING),
        "parts": Maybe(ListOf(Shape({"id": Maybe(STRING), "type": OneOf("file"), **FILE}))),
    }
)
INIT = Shape({"modelID": STRING, "providerID": STRING, "messageID": Prefixed("msg")})
SHELL = Shape({"agent": STRING, "model": Maybe(Shape({"providerID": STRING, "modelID": STRING})), "command": STRING})
SUMMARIZE = Shape({"providerID": STRING, "modelID": STRING, "auto": Maybe(BOOLEAN)})
FORK = Shape({"messageID": Maybe(Prefixed("msg"))})
REVERT = Shape({"messageID": Prefixed("msg"), "partID": Maybe(Prefixed("prt"))})
PERMISSION_ID = Shape({"permissionID": Prefixed("per")})
PERMISSION = Shape({"requestID": Prefixed("per")})
QUESTION = Shape({"requestID": Prefixed("que")})
_REPLY = OneOf("once", "always", "reject")
PERMISSION_REPLY = Shape({"reply": _REPLY, "message": Maybe(STRING)})
PERMISSION_RESPONSE = Shape({"response": _REPLY})
QUESTION_REPLY = Shape({"answers": ListOf(ListOf(STRING, name="QuestionAnswer"))})
DIFF = Shape({"messageID": Maybe(Prefixed("msg"))})


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
    part: Check
    """The body that replaces a part."""

    @classmethod
    def of(cls, behaviours: Behaviours) -> Schemas:
        """The schemas of one version."""
        return cls(
            create=_create(behaviours),
            update=_update(behaviours),
            sessions=_sessions(behaviours),
            messages=_messages(behaviours),
            prompt=_prompt(behaviours),
            part=whole_part(ids_checked=behaviours.part_ids_checked),
        )


def _create(behaviours: Behaviours) -> Shape:
    shape = Shape({"parentID": Maybe(Prefixed("ses")), "title": Maybe(STRING)})
    if behaviours.creation_takes_model:
        model = Shape({"id": STRING, "providerID": STRING, "variant": Maybe(STRING)})
        shape = shape.extended(agent=Maybe(STRING), model=Maybe(model))
    if behaviours.sessions_have_metadata:
        shape = shape.extended(metadata=Maybe(RECORD))
    shape = shape.extended(permission=Maybe(RULES))
    return shape.extended(workspaceID=Maybe(Prefixed("wrk"))) if behaviours.creation_takes_workspace else shape


def _update(behaviours: Behaviours) -> Shape:
    shape = Shape({"title": Maybe(STRING)})
    if behaviours.sessions_have_metadata:
        shape = shape.extended(metadata=Maybe(RECORD))
    if behaviours.update_takes_permission:
        shape = shape.extended(permission=Maybe(RULES))
    return shape.extended(time=Maybe(Shape({"archived": Maybe(NUMBER)})))


def _sessions(behaviours: Behaviours) -> Shape:
    shape = Shape({"directory": Maybe(STRING)})
    if behaviours.path_filters:
        shape = shape.extended(scope=Maybe(OneOf("project")), path=Maybe(STRING))
    if behaviours.roots_is_boolean:
        shape = shape.extended(roots=Maybe(Flag()))
    number = STRING if behaviours.bad_numbers_ignored else CoercedNumber()
    return shape.extended(start=Maybe(number), search=Maybe(STRING), limit=Maybe(number))


def _messages(behaviours: Behaviours) -> Shape:
    if behaviours.messages_paged:
        return Shape({"limit": Maybe(Count()), "before": Maybe(STRING)})
    return Shape({"limit": Maybe(CoercedNumber())})


def _prompt(behaviours: Behaviours) -> Shape:
    formats = {
        "text": Shape({}),
        "json_schema": Shape({"schema": RECORD, "retryCount": Maybe(NUMBER)}),
    }
    return Shape(
        {
            "messageID": Maybe(Prefixed("msg")),
            "model": Maybe(Shape({"providerID": STRING, "modelID": STRING})),
            "agent": Maybe(STRING),
            "noReply": Maybe(BOOLEAN),
            "tools": Maybe(MapOf(BOOLEAN)),
            **({"format": Maybe(Tagged("type", formats, name="OutputFormat"))} if behaviours.format_checked else {}),
            "system": Maybe(STRING),
            "variant": Maybe(STRING),
            "parts": ListOf(given_part(ids_checked=behaviours.part_ids_checked)),
        }
    )
