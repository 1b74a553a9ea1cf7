"""What a case does, step by step: plain data that a scene performs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from opencode_contract.evidence import Json


class Absent:
    """A body that is not there."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()
Body: TypeAlias = "Json | Absent"
Auth: TypeAlias = Literal["right", "none"]


@dataclass(frozen=True, slots=True)
class Send:
    """One request. ``{name}`` in path, body and headers stands for a value that an earlier step saved."""

    method: str
    path: str
    body: Body = ABSENT
    """Sent as JSON, and called so."""
    content: bytes | None = None
    """Sent as it stands."""
    headers: Mapping[str, str] = field(default_factory=dict)
    auth: Auth = "right"
    save: Mapping[str, str] = field(default_factory=dict)
    """Names for values of the answer, each with the dotted path where it is: in the body, or below ``headers.``."""
    observe: bool = True
    """Whether the answer is compared."""
    background: str = ""
    """Under this name the answer is waited for only by a ``Join``."""
    many: bool = False
    """A stream: only the head and the first frame are read."""


@dataclass(frozen=True, slots=True)
class Join:
    """Waits for an answer that was sent for in the background."""

    name: str


@dataclass(frozen=True, slots=True)
class Await:
    """Waits for an event of this type about a session of the case, from where the last such wait ended."""

    event: str
    where: Mapping[str, str] = field(default_factory=dict)
    """Dotted paths in its properties and what they hold there."""
    save: Mapping[str, str] = field(default_factory=dict)
    """Names for values in its properties."""


@dataclass(frozen=True, slots=True)
class Settle:
    """Waits until no session of the case runs and nothing more is heard of them."""

    running: bool = False
    """Whether sessions may run on, as long as nothing is heard of them."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Lets time pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Open:
    """Opens one more event stream, which is read from its first frame on."""

    name: str
    path: str = "/event"


@dataclass(frozen=True, slots=True)
class Close:
    """Closes a stream; what it told of the sessions of the case is compared."""

    name: str


Step: TypeAlias = Send | Join | Await | Settle | Pass | Open | Close


def get(path: str, **save: str) -> Send:
    """A GET; keywords are names for values of the answer."""
    return Send("GET", path, save=save)


def post(path: str, body: Body = ABSENT, **save: str) -> Send:
    """A POST with a JSON body; keywords are names for values of the answer."""
    return Send("POST", path, body, save=save)


def patch(path: str, body: Body = ABSENT) -> Send:
    """A PATCH with a JSON body."""
    return Send("PATCH", path, body)


def delete(path: str) -> Send:
    """A DELETE."""
    return Send("DELETE", path)


def text(prompt: str, **more: Json) -> Json:
    """The body of a prompt with one text part."""
    return {"parts": [{"type": "text", "text": prompt}], **more}
