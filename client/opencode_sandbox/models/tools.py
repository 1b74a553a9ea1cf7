"""The states of a tool call."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from opencode_sandbox.models.base import JsonObject, Number, WireModel
from opencode_sandbox.models.choosing import by_field


class ToolTime(WireModel):
    """When a tool started and ended, in the server's milliseconds."""

    start: Number
    end: Number | None = None


class ToolPending(WireModel):
    """A call that the model is still writing."""

    status: Literal["pending"]
    input: JsonObject = Field(default_factory=dict)
    raw: str = ""


class ToolRunning(WireModel):
    """A call that runs."""

    status: Literal["running"]
    input: JsonObject = Field(default_factory=dict)
    title: str | None = None
    metadata: JsonObject = Field(default_factory=dict)
    time: ToolTime | None = None


class ToolCompleted(WireModel):
    """A call that ended with an output; a failing command is completed too, with its exit code in ``metadata``."""

    status: Literal["completed"]
    input: JsonObject = Field(default_factory=dict)
    output: str = ""
    title: str | None = None
    metadata: JsonObject = Field(default_factory=dict)
    time: ToolTime | None = None


class ToolError(WireModel):
    """A call that could not be carried out: refused, invalid or aborted."""

    status: Literal["error"]
    input: JsonObject = Field(default_factory=dict)
    error: str = ""
    metadata: JsonObject = Field(default_factory=dict)
    time: ToolTime | None = None


class UnknownToolState(WireModel):
    """A state this client does not know."""

    status: str = ""


ToolState: TypeAlias = Annotated[
    Annotated[ToolPending, Tag("pending")]
    | Annotated[ToolRunning, Tag("running")]
    | Annotated[ToolCompleted, Tag("completed")]
    | Annotated[ToolError, Tag("error")]
    | Annotated[UnknownToolState, Tag("unknown")],
    Discriminator(by_field("status", "pending", "running", "completed", "error")),
]
