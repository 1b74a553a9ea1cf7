"""What the routes of the surroundings take, in the order in which the real schemas name it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from opencode_fake.scripts.model import JsonObject
from opencode_fake.scripts.pricing import number
from opencode_fake.server.issues import Issue, NotANumber, NotWhole, Path
from opencode_fake.server.validation import STRING, Check, Kind, Maybe, OneOf, Shape, coerce_number

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


class _Files(Check):
    """A number of files that a search gives."""

    def __call__(self, value: object, path: Path) -> Iterator[Issue]:
        """Checks that it is a whole number between the bounds."""
        read = coerce_number(value) if isinstance(value, str) else math.nan
        if not math.isfinite(read):
            yield NotANumber(read=read, value=value, path=path)
        elif read != read // 1:
            yield NotWhole(value=value, path=path)
        elif not LEAST <= read <= MOST:
            yield OutOfRange(value=value, path=path, read=read)


PATH = Shape({"path": STRING})
PATTERN = Shape({"pattern": STRING})
QUERY = Shape({"query": STRING})
FIND_FILES = Shape(
    {
        "query": STRING,
        "dirs": Maybe(OneOf("true", "false")),
        "type": Maybe(OneOf("file", "directory")),
        "limit": Maybe(_Files()),
    }
)
LOG = Shape(
    {
        "service": STRING,
        "level": OneOf("debug", "info", "error", "warn"),
        "message": STRING,
        "extra": Maybe(Kind("object")),
    }
)
