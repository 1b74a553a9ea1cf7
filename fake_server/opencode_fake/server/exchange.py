"""What came in and what goes out, free of the web framework."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from opencode_fake.run.effects import dumps
from opencode_fake.versions import Behaviours

JSON = "application/json"
BYTES = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request that passed the gate."""

    method: str
    path: tuple[str, ...]
    """The path's segments below the base path, decoded."""
    raw_path: str
    """The path below the base path as it was sent."""
    query: Mapping[str, str]
    """The first value of each parameter."""
    given_query: Mapping[str, str | list[str]]
    """Each parameter with its value, or with all of them where there is more than one."""
    headers: Mapping[str, str]
    body: bytes
    directory: str
    """The directory that the request is about; absolute where the version resolves it."""
    behaviours: Behaviours
    """How the server that received it behaves."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """The values of the route's ``{names}``."""

    @property
    def content_type(self) -> str:
        """What the body says that it is, without parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        """Whether the body says that it is JSON."""
        kind = self.content_type
        return kind == JSON or (kind.startswith("application/") and kind.endswith("+json"))

    @property
    def has_body(self) -> bool:
        """Whether a body was sent, be it an empty one."""
        return "Content-Length" in self.headers or "Transfer-Encoding" in self.headers


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A response."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    chunked: bool = False


def answer(
    value: object, status: int = 200, *, chunked: bool = False, headers: Mapping[str, str] | None = None
) -> Outgoing:
    """``value`` as JSON."""
    return Outgoing(status, dumps(value).encode(), headers=headers or {}, chunked=chunked)


def parse(body: bytes) -> object:
    """The JSON value in ``body``. Raises ValueError where there is none."""
    # Bytes that are no UTF-8 are replaced, as JavaScript does: Python would let some of them pass.
    return json.loads(body.decode("utf-8-sig", "replace"), parse_constant=_refuse)


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")
