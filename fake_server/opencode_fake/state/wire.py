"""The shapes of sessions, messages and parts as they stand on the wire.

The order of keys in an object differs from version to version and means nothing; it is not reproduced.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

from opencode_fake.scripts.model import JsonObject


class SessionTime(TypedDict):
    """Epoch milliseconds."""

    created: int
    updated: int
    archived: NotRequired[int | float]


class Summary(TypedDict):
    """Lines and files that a session changed."""

    additions: int
    deletions: int
    files: int


class CacheCount(TypedDict):
    """Tokens of the provider's prompt cache."""

    read: int
    write: int


class TokenCount(TypedDict):
    """Tokens of one assistant message, or of all messages of a session."""

    total: NotRequired[int]
    input: int
    output: int
    reasoning: int
    cache: CacheCount


class SessionModel(TypedDict):
    """The model that a session used last."""

    id: str
    providerID: str
    variant: NotRequired[str]


class Revert(TypedDict):
    """Where a session went back to."""

    messageID: str
    partID: NotRequired[str]
    snapshot: str
    diff: str


class SessionInfo(TypedDict):
    """A session."""

    id: str
    slug: str
    version: str
    projectID: str
    directory: str
    path: NotRequired[str]
    parentID: NotRequired[str]
    cost: NotRequired[int | float]
    tokens: NotRequired[TokenCount]
    title: str
    agent: NotRequired[str]
    model: NotRequired[SessionModel]
    metadata: NotRequired[JsonObject]
    permission: NotRequired[list[JsonObject]]
    time: SessionTime
    summary: NotRequired[Summary]
    revert: NotRequired[Revert]


class FileDiff(TypedDict):
    """What happened to one file."""

    file: str
    patch: NotRequired[str]
    before: NotRequired[str]
    after: NotRequired[str]
    additions: int
    deletions: int
    status: NotRequired[Literal["added", "modified", "deleted"]]


class ModelRef(TypedDict):
    """A model by its provider."""

    providerID: str
    modelID: str
    variant: NotRequired[str]


class ErrorInfo(TypedDict):
    """An error of a message."""

    name: str
    data: JsonObject


class Path(TypedDict):
    """Where an assistant message was made."""

    cwd: str
    root: str


class UserSummary(TypedDict):
    """What became of a prompt."""

    title: NotRequired[str]
    diffs: list[FileDiff]


class UserTime(TypedDict):
    """Epoch milliseconds."""

    created: int


class UserInfo(TypedDict):
    """A prompt."""

    id: str
    sessionID: str
    role: Literal["user"]
    time: UserTime
    summary: NotRequired[UserSummary]
    tools: NotRequired[JsonObject]
    agent: str
    model: ModelRef
    system: NotRequired[str]
    variant: NotRequired[str]
    format: NotRequired[JsonObject]


class AssistantTime(TypedDict):
    """Epoch milliseconds."""

    created: int
    completed: NotRequired[int]


class AssistantInfo(TypedDict):
    """One call to the model."""

    id: str
    sessionID: str
    role: Literal["assistant"]
    time: AssistantTime
    error: NotRequired[ErrorInfo]
    parentID: str
    modelID: str
    providerID: str
    mode: str
    agent: str
    path: Path
    cost: int | float
    tokens: TokenCount
    summary: NotRequired[bool]
    structured: NotRequired[JsonObject]
    variant: NotRequired[str]
    finish: NotRequired[str]


class PartTime(TypedDict):
    """Epoch milliseconds."""

    start: int
    end: NotRequired[int]


class TextPart(TypedDict):
    """Text of a prompt or an answer."""

    id: str
    sessionID: str
    messageID: str
    type: Literal["text", "reasoning"]
    text: str
    time: NotRequired[PartTime]
    synthetic: NotRequired[bool]


class ToolState(TypedDict):
    """How a tool call stands."""

    status: Literal["pending", "running", "completed", "error"]
    input: JsonObject
    raw: NotRequired[str]
    output: NotRequired[str]
    error: NotRequired[str]
    title: NotRequired[str]
    metadata: NotRequired[JsonObject]
    time: NotRequired[PartTime]


class ToolPart(TypedDict):
    """A tool call."""

    id: str
    sessionID: str
    messageID: str
    type: Literal["tool"]
    callID: str
    tool: str
    state: ToolState


class StepStartPart(TypedDict):
    """The model begins to answer."""

    id: str
    sessionID: str
    messageID: str
    type: Literal["step-start"]
    snapshot: str


class StepFinishPart(TypedDict):
    """The model has answered."""

    id: str
    sessionID: str
    messageID: str
    type: Literal["step-finish"]
    reason: str
    snapshot: str
    cost: int | float
    tokens: TokenCount


class PatchPart(TypedDict):
    """Files that a message changed."""

    id: str
    sessionID: str
    messageID: str
    type: Literal["patch"]
    hash: str
    files: list[str]


class GivenPart(TypedDict):
    """A part of a prompt that is kept as it was sent: a file or an agent."""

    id: str
    sessionID: str
    messageID: str
    type: Literal["file", "agent", "subtask", "compaction"]


MessageInfo: TypeAlias = UserInfo | AssistantInfo
Part: TypeAlias = TextPart | ToolPart | StepStartPart | StepFinishPart | PatchPart | GivenPart


class MessageWithParts(TypedDict):
    """A message as the endpoints answer it."""

    info: MessageInfo
    parts: list[Part]


class Busy(TypedDict):
    """A session that runs."""

    type: Literal["busy", "idle"]


class Retry(TypedDict):
    """A session whose provider fails for now."""

    type: Literal["retry"]
    attempt: int
    message: str
    next: int


Status: TypeAlias = Busy | Retry
