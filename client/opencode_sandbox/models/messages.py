"""Messages: what the user asked and what the assistant did."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from opencode_sandbox.models.base import JsonObject, Number, WireModel
from opencode_sandbox.models.choosing import by_field
from opencode_sandbox.models.parts import Part, TextPart, ToolPart
from opencode_sandbox.models.usage import Tokens

GOES_ON = frozenset({"tool-calls", "unknown"})
"""The ``finish`` reasons after which the server calls the model again."""


class MessageTime(WireModel):
    """When a message was created and completed, in the server's milliseconds."""

    created: Number
    completed: Number | None = None


class MessageError(WireModel):
    """Why a message ended without an answer; it comes inside a 200."""

    name: str
    data: JsonObject = Field(default_factory=dict)

    @property
    def message(self) -> str:
        """What the server or the provider said."""
        said = self.data.get("message")
        return said if isinstance(said, str) else self.name

    @property
    def is_abort(self) -> bool:
        """Whether somebody aborted the run."""
        return self.name == "MessageAbortedError"


class UserInfo(WireModel):
    """About a message of the user."""

    role: Literal["user"]
    id: str
    session_id: str = ""
    time: MessageTime | None = None
    agent: str | None = None


class AssistantInfo(WireModel):
    """About a message of the assistant; ``finish`` and ``time.completed`` are absent while it grows."""

    role: Literal["assistant"]
    id: str
    session_id: str = ""
    parent_id: str | None = None
    time: MessageTime | None = None
    error: MessageError | None = None
    model_id: str | None = None
    provider_id: str | None = None
    agent: str | None = None
    cost: Number = 0
    tokens: Tokens | None = None
    finish: str | None = None
    summary: bool | None = None

    @property
    def is_complete(self) -> bool:
        """Whether this message will not change any more."""
        return self.time is not None and self.time.completed is not None

    @property
    def ends_the_run(self) -> bool:
        """Whether the server does not call the model again after this message."""
        return self.is_complete and (self.error is not None or (self.finish or "unknown") not in GOES_ON)


class UnknownInfo(WireModel):
    """About a message of a role this client does not know."""

    role: str = ""
    id: str = ""
    session_id: str = ""


Info: TypeAlias = Annotated[
    Annotated[UserInfo, Tag("user")]
    | Annotated[AssistantInfo, Tag("assistant")]
    | Annotated[UnknownInfo, Tag("unknown")],
    Discriminator(by_field("role", "user", "assistant")),
]


class Message(WireModel):
    """One message and its parts."""

    info: Info
    parts: list[Part] = Field(default_factory=list)

    @property
    def id(self) -> str:
        """The message's id."""
        return self.info.id

    @property
    def text(self) -> str:
        """What was written, without the text that the server added by itself."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart) and not part.synthetic)

    @property
    def tools(self) -> list[ToolPart]:
        """The tool calls, in order."""
        return [part for part in self.parts if isinstance(part, ToolPart)]
