"""What a part may be, in a prompt and as a whole."""

from __future__ import annotations

from opencode_fake.server.validation import (
    BOOLEAN,
    NUMBER,
    RECORD,
    STRING,
    Check,
    ListOf,
    Maybe,
    OneOf,
    Prefixed,
    Shape,
    Tagged,
)

_SPAN = Shape({"value": STRING, "start": NUMBER, "end": NUMBER})
_PLACE = Shape({"line": NUMBER, "character": NUMBER})
_SOURCE = Tagged(
    "type",
    {
        "file": Shape({"text": _SPAN, "path": STRING}),
        "symbol": Shape(
            {
                "text": _SPAN,
                "path": STRING,
                "range": Shape({"start": _PLACE, "end": _PLACE}),
                "name": STRING,
                "kind": NUMBER,
            }
        ),
        "resource": Shape({"text": _SPAN, "clientName": STRING, "uri": STRING}),
    },
    name="FilePartSource",
)
_TIME = Shape({"start": NUMBER, "end": Maybe(NUMBER)})
_MODEL = Shape({"providerID": STRING, "modelID": STRING})
FILE: dict[str, Check] = {"mime": STRING, "filename": Maybe(STRING), "url": STRING, "source": Maybe(_SOURCE)}
"""What a file has beside its ids and its type."""
_GIVEN: dict[str, dict[str, Check]] = {
    "text": {
        "text": STRING,
        "synthetic": Maybe(BOOLEAN),
        "ignored": Maybe(BOOLEAN),
        "time": Maybe(_TIME),
        "metadata": Maybe(RECORD),
    },
    "file": FILE,
    "agent": {"name": STRING, "source": Maybe(_SPAN)},
    "subtask": {
        "prompt": STRING,
        "description": STRING,
        "agent": STRING,
        "model": Maybe(_MODEL),
        "command": Maybe(STRING),
    },
}
"""What a prompt can bring."""
_STATES = Tagged(
    "status",
    {
        "pending": Shape({"input": RECORD, "raw": STRING}),
        "running": Shape(
            {"input": RECORD, "title": Maybe(STRING), "metadata": Maybe(RECORD), "time": Shape({"start": NUMBER})}
        ),
        "completed": Shape(
            {
                "input": RECORD,
                "output": STRING,
                "title": STRING,
                "metadata": RECORD,
                "time": Shape({"start": NUMBER, "end": NUMBER, "compacted": Maybe(NUMBER)}),
                "attachments": Maybe(ListOf(Shape(FILE))),
            }
        ),
        "error": Shape(
            {
                "input": RECORD,
                "error": STRING,
                "metadata": Maybe(RECORD),
                "time": Shape({"start": NUMBER, "end": NUMBER}),
            }
        ),
    },
    name="ToolState",
)
_CACHE = Shape({"read": NUMBER, "write": NUMBER})
_TOKENS = Shape(
    {"total": Maybe(NUMBER), "input": NUMBER, "output": NUMBER, "reasoning": NUMBER, "cache": _CACHE},
)
_MADE: dict[str, dict[str, Check]] = {
    "reasoning": {"text": STRING, "metadata": Maybe(RECORD), "time": _TIME},
    "tool": {"callID": STRING, "tool": STRING, "state": _STATES, "metadata": Maybe(RECORD)},
    "step-start": {"snapshot": Maybe(STRING)},
    "step-finish": {"reason": STRING, "snapshot": Maybe(STRING), "cost": NUMBER, "tokens": _TOKENS},
    "snapshot": {"snapshot": STRING},
    "patch": {"hash": STRING, "files": ListOf(STRING)},
    "retry": {
        "attempt": NUMBER,
        "error": Shape({"name": OneOf("APIError"), "data": RECORD}),
        "time": Shape({"created": NUMBER}),
    },
    "compaction": {"auto": BOOLEAN, "overflow": Maybe(BOOLEAN), "tail_start_id": Maybe(Prefixed("msg"))},
}
"""What only the server makes, and anybody can change."""


def given_part(*, ids_checked: bool) -> Check:
    """A part of a prompt; its id is its own affair unless ``ids_checked``."""
    part_id = Maybe(Prefixed("prt") if ids_checked else STRING)
    return Tagged("type", {kind: Shape({"id": part_id, **keys}) for kind, keys in _GIVEN.items()})


def whole_part(*, ids_checked: bool) -> Check:
    """A part of any kind, with its place."""
    prefixes = {"id": "prt", "sessionID": "ses", "messageID": "msg"}
    ids: dict[str, Check] = {key: Prefixed(prefix) if ids_checked else STRING for key, prefix in prefixes.items()}
    return Tagged("type", {kind: Shape({**ids, **keys}) for kind, keys in (_GIVEN | _MADE).items()}, name="Part")
