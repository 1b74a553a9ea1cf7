"""The parts a message is made of."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from opencode_sandbox.models.base import Number, WireModel
from opencode_sandbox.models.choosing import by_field
from opencode_sandbox.models.tools import ToolState
from opencode_sandbox.models.usage import Tokens


class PartTime(WireModel):
    """When a part began and ended, in the server's milliseconds; a part that still grows has no end."""

    start: Number
    end: Number | None = None


class BasePart(WireModel):
    """What every part has."""

    id: str = ""
    session_id: str = ""
    message_id: str = ""


class TextPart(BasePart):
    """Text of the user or the assistant; ``synthetic`` text was added by the server."""

    type: Literal["text"]
    text: str
    synthetic: bool | None = None
    time: PartTime | None = None


class ReasoningPart(BasePart):
    """What the model thought before it answered."""

    type: Literal["reasoning"]
    text: str
    time: PartTime | None = None


class ToolPart(BasePart):
    """A tool call and how far it has come."""

    type: Literal["tool"]
    tool: str
    state: ToolState
    call_id: str | None = None


class StepStartPart(BasePart):
    """The begin of one call of the model."""

    type: Literal["step-start"]
    snapshot: str | None = None


class StepFinishPart(BasePart):
    """The end of one call of the model."""

    type: Literal["step-finish"]
    reason: str = ""
    snapshot: str | None = None
    cost: Number = 0
    tokens: Tokens | None = None


class PatchPart(BasePart):
    """The files that a step has changed."""

    type: Literal["patch"]
    hash: str = ""
    files: list[str] = Field(default_factory=list)


class FilePart(BasePart):
    """A file given with a prompt."""

    type: Literal["file"]
    mime: str = ""
    url: str = ""
    filename: str | None = None


class UnknownPart(BasePart):
    """A part this client does not know; its fields are kept."""

    type: str = ""


Part: TypeAlias = Annotated[
    Annotated[TextPart, Tag("text")]
    | Annotated[ReasoningPart, Tag("reasoning")]
    | Annotated[ToolPart, Tag("tool")]
    | Annotated[StepStartPart, Tag("step-start")]
    | Annotated[StepFinishPart, Tag("step-finish")]
    | Annotated[PatchPart, Tag("patch")]
    | Annotated[FilePart, Tag("file")]
    | Annotated[UnknownPart, Tag("unknown")],
    Discriminator(by_field("type", "text", "reasoning", "tool", "step-start", "step-finish", "patch", "file")),
]
