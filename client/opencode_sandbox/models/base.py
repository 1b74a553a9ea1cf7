"""What every wire model has in common: the server's names as aliases, and nothing of the wire lost."""

from __future__ import annotations

import re
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, JsonValue

JsonObject: TypeAlias = dict[str, JsonValue]
"""A JSON object as it came over the wire."""

Number: TypeAlias = int | float
"""A JSON number; an integer stays one, so that dumping a model gives the bytes' own value back."""


def wire_name(attribute: str) -> str:
    """Return the server's spelling of an attribute: ``session_id`` is ``sessionID`` on the wire."""
    head, *rest = attribute.split("_")
    camel = head + "".join(word.capitalize() for word in rest)
    return re.sub(r"(?<=[a-z])Id$", "ID", camel)


class WireModel(BaseModel):
    """A JSON object of the server: unknown fields are kept, and values are never converted."""

    model_config = ConfigDict(
        alias_generator=wire_name,
        populate_by_name=True,
        extra="allow",
        strict=True,
        frozen=True,
    )

    def wire(self) -> JsonObject:
        """Return the JSON object this model was read from."""
        dumped: JsonObject = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return dumped
