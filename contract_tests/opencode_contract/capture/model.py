"""What a capture holds, and its file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import BaseModel, JsonValue, ValidationError

from opencode_contract.capture.document import Document
from opencode_contract.capture.shape import Shape, merged, shape_of
from opencode_contract.errors import TargetError

FORMAT = 1
"""Counts up whenever a capture of before would be read wrongly."""
LevelWord: TypeAlias = Literal["read", "write", "prompt"]
Contents: TypeAlias = Literal["own", "placeholders"]


class BadCapture(TargetError):
    """A file is no capture, or one of another format."""


class Request(BaseModel):
    """What was asked, with placeholders for ids."""

    method: str
    path: str
    body: JsonValue = None


class Answer(BaseModel):
    """What came back, normalised."""

    status: int
    """0 where the connection broke."""
    headers: dict[str, str] = {}
    body: JsonValue = None

    @property
    def content_type(self) -> str:
        """Without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def good(self) -> bool:
        """Whether it says that all went well."""
        return 200 <= self.status < 400


class Observation(BaseModel):
    """One exchange of a probe."""

    probe: str
    """The probe's name."""
    step: int
    """Which of its exchanges, from 1."""
    route: str
    odd: bool = False
    """Whether the request is one that no client should send."""
    request: Request
    answer: Answer

    @property
    def key(self) -> str:
        """What finds the same exchange in another capture."""
        return f"{self.probe} {self.step}"


class Scenario(BaseModel):
    """What the event stream told while a probe went on."""

    probe: str
    order: list[str]
    """Types of events with what tells them apart, those that follow each other told once."""
    background: list[str]
    """Types that may come at any place."""
    shapes: dict[str, Shape]
    """What the events in the foreground hold."""


class Measures(BaseModel):
    """What depends on the machine: never compared for equality."""

    start_seconds: float | None = None
    read_milliseconds: float | None = None
    """The middle one of some requests for a session."""
    reply_milliseconds: float | None = None
    """The middle one of some replies of one step, once warm."""
    memory_megabytes: float | None = None


class Capture(BaseModel):
    """The observed facts of one target."""

    format: int
    kit: str
    """The version of the kit that took it."""
    target: str
    kind: Literal["fake", "local", "deployment"]
    version: str
    level: LevelWord
    taken: datetime | None = None
    contents: Contents = "own"
    """Whether answers hold what the kit itself has put there, or placeholders of their kinds."""
    document: Document = Document()
    observations: list[Observation] = []
    scenarios: list[Scenario] = []
    events: dict[str, JsonValue] = {}
    """An example of each event, by type and what tells it apart."""
    answers: dict[str, Shape] = {}
    """By route and status the shape of all that was answered."""
    contract: dict[str, str] = {}
    """What came of each requirement of the contract that was checked."""
    measures: Measures = Measures()

    def to_json(self) -> str:
        """As it stands in a file: what is as always is left out."""
        return self.model_dump_json(exclude_defaults=True, indent=None) + "\n"


def answers_of(observations: Iterable[Observation]) -> dict[str, Shape]:
    """By route and status the shape of all that was answered."""
    found: dict[str, list[Shape]] = {}
    for each in observations:
        found.setdefault(f"{each.route} {each.answer.status}", []).append(shape_of(each.answer.body))
    return {key: merged(shapes) for key, shapes in sorted(found.items())}


def read_capture(path: Path) -> Capture:
    """The capture in a file."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise BadCapture(f"{path} cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError:
        raise BadCapture(f"{path} is no capture: write one with 'opencode-contract capture TARGET -o FILE'") from None
    try:
        capture = Capture.model_validate_json(text)
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(map(str, first["loc"])) or "its beginning"
        raise BadCapture(
            f"{path} is no capture (at {place}: {first['msg']}): "
            "write one with 'opencode-contract capture TARGET -o FILE'"
        ) from None
    if capture.format != FORMAT:
        raise BadCapture(f"{path} has format {capture.format}, this kit reads {FORMAT}: capture the target again")
    return capture
