"""What the routes of the surroundings take, in the order in which the real schemas name it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from opencode_fake.scripts.model import JsonObject
from opencode_fake.scripts.pricing import number
from opencode_fake.server.issues import Issue, NotANumber, NotWhole, Path
from opencode_fake.server.validation import Shape, coerce_number, of_type, one_of, optional, string

LEAST, MOST = 1, 200
"""How many files a search may be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfRange(Issue):
    """A number of files that a search does not give."""

    read: float

    def zod(self) -> JsonObject:
        """The fault in zod's words."""
        fault: JsonObject = {"origin": "number", "inclusive": True, "path": self.path}
        if self.read < LEAST:
            message = f"Too small: expected number to be >={LEAST}"
            return {**fault, "code": "too_small", "minimum": LEAST, "message": message}
        return {**fault, "code": "too_big", "maximum": MOST, "message": f"Too big: expected number to be <={MOST}"}

    def _effect(self) -> str:
        bound = f"greater than or equal to {LEAST}" if self.read < LEAST else f"less than or equal to {MOST}"
        return f"Expected a value {bound}, got {number(self.read)}"


def _files(value: object, path: Path) -> Iterator[Issue]:
    read = coerce_number(value) if isinstance(value, str) else float(LEAST)
    if math.isnan(read):
        yield NotANumber(value=value, path=path)
    elif read != read // 1:
        yield NotWhole(value=value, path=path)
    elif not LEAST <= read <= MOST:
        yield OutOfRange(value=value, path=path, read=read)


PATH = Shape({"path": string})
PATTERN = Shape({"pattern": string})
QUERY = Shape({"query": string})
FIND_FILES = Shape(
    {
        "query": string,
        "dirs": optional(one_of("true", "false")),
        "type": optional(one_of("file", "directory")),
        "limit": optional(_files),
    }
)
LOG = Shape(
    {
        "service": string,
        "level": one_of("debug", "info", "error", "warn"),
        "message": string,
        "extra": optional(of_type("object")),
    }
)
