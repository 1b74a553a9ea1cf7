"""What the routes take, in the order in which the real schemas name it (1.1.53)."""

from __future__ import annotations

from opencode_fake.server.validation import (
    Shape,
    array,
    boolean,
    coerced_number,
    number,
    of_type,
    one_of,
    optional,
    record,
    starts_with,
    string,
    tagged,
)

RULES = array(
    Shape({"permission": string, "pattern": string, "action": one_of("allow", "deny", "ask")}),
)
CREATE = Shape({"parentID": optional(starts_with("ses")), "title": optional(string), "permission": optional(RULES)})
UPDATE = Shape({"title": optional(string), "time": optional(Shape({"archived": optional(number)}))})
LIST = Shape({"start": optional(coerced_number), "limit": optional(coerced_number)})
MESSAGES = Shape({"limit": optional(coerced_number)})
SESSION = Shape({"sessionID": starts_with("ses")})
MESSAGE = Shape({"messageID": starts_with("msg")})
DIFF = Shape({"messageID": optional(starts_with("msg"))})

_MODEL = Shape({"providerID": string, "modelID": string})
_OBJECT = of_type("object")
_TIME = Shape({"start": number, "end": optional(number)})
_PARTS = tagged(
    "type",
    {
        "text": Shape(
            {
                "id": optional(string),
                "text": string,
                "synthetic": optional(boolean),
                "ignored": optional(boolean),
                "time": optional(_TIME),
                "metadata": optional(_OBJECT),
            }
        ),
        "file": Shape({"id": optional(string), "mime": string, "filename": optional(string), "url": string}),
        "agent": Shape({"id": optional(string), "name": string, "source": optional(_OBJECT)}),
        "subtask": Shape({"id": optional(string), "prompt": string, "description": string, "agent": string}),
    },
)
PROMPT = Shape(
    {
        "messageID": optional(starts_with("msg")),
        "model": optional(_MODEL),
        "agent": optional(string),
        "noReply": optional(boolean),
        "tools": optional(record(boolean)),
        "system": optional(string),
        "variant": optional(string),
        "parts": array(_PARTS),
    }
)
