"""What a script is: replies to prompts, each a row of steps. One model behind both notations.

In Python the helpers below build it; in YAML the same words are keys. Everything here is plain data: which reply a
prompt gets is decided in ``matching``, how a reply is cut into assistant messages in ``calls``.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator
from typing_extensions import TypeIs

DOCUMENT_WORKSPACE = "/data/workspace"
"""The workspace that the integration document names."""

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, JsonValue]

Seconds: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False, description="Seconds.")]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class CacheTokens(_Data):
    """Tokens that the provider read from or wrote to its prompt cache."""

    read: int = Field(default=0, ge=0)
    write: int = Field(default=0, ge=0)


class Tokens(_Data):
    """What a provider reports for one call, that is for one assistant message."""

    input: int = Field(default=0, ge=0)
    """Prompt tokens, without those read from the cache."""
    output: int = Field(default=0, ge=0)
    """Completion tokens."""
    reasoning: int = Field(default=0, ge=0)
    cache: CacheTokens = CacheTokens()


DEFAULT_TOKENS = Tokens(input=100, output=20)


class Exactly(_Data):
    """Matches a prompt that is this text, white space around it aside."""

    exactly: str


class Regex(_Data):
    """Matches a prompt in which this regular expression is found (Python's syntax)."""

    regex: str

    @field_validator("regex")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as problem:
            raise ValueError(f"not a regular expression: {problem}") from problem
        return value


def _pattern_kind(value: object) -> str | None:
    match value:
        case str():
            return "pattern:part"
        case Exactly() | {"exactly": _}:
            return "pattern:exactly"
        case Regex() | {"regex": _}:
            return "pattern:regex"
        case _:
            return None


Pattern: TypeAlias = Annotated[
    Annotated[str, Tag("pattern:part")]
    | Annotated[Regex, Tag("pattern:regex")]
    | Annotated[Exactly, Tag("pattern:exactly")],
    Discriminator(
        _pattern_kind,
        custom_error_type="pattern_kind",
        custom_error_message="a pattern is a text, '{regex: ...}' or '{exactly: ...}'",
    ),
]


class Failure(_Data):
    """A call to the model that fails."""

    kind: Literal["provider", "stream"]
    """``provider``: the provider refuses the call with an HTTP status; ``stream``: it breaks off inside its answer."""
    message: str
    status: int | None = Field(default=None, ge=400, le=599)
    """The provider's HTTP status (``provider`` only; default 400). 429 and 5xx are retried by the server."""
    times: int | None = Field(default=None, ge=1)
    """How many calls in a row fail before the reply goes on (429 and 5xx only; default: all of them)."""
    retry_after: Seconds | None = None
    """The provider's ``retry-after`` header, in seconds (429 and 5xx only)."""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Failure:
        if self.kind == "stream" and (self.status or self.times or self.retry_after is not None):
            raise ValueError("'status', 'times' and 'retry_after' belong to kind: provider")
        if self.kind == "provider" and not self.retryable and (self.times or self.retry_after is not None):
            raise ValueError("'times' and 'retry_after' need a status that is retried: 429 or 5xx")
        return self

    @property
    def http_status(self) -> int:
        """The status that the provider answers with."""
        return self.status or 400

    @property
    def retryable(self) -> bool:
        """Whether the server calls again after this failure (measured on 1.1.53: 429 and 5xx)."""
        return self.kind == "provider" and (self.http_status == 429 or self.http_status >= 500)


class _Step(_Data):
    tokens: Tokens | None = None
    """Tokens of the assistant message that holds this step, instead of the reply's."""
    cost: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Cost in USD of the assistant message that holds this step, instead of the reply's."""


class TextStep(_Step):
    """Text of the answer, streamed in chunks."""

    text: str
    chunks: tuple[str, ...] | None = None
    """The pieces in which it is streamed; joined they are the text. Default: cut after white space."""
    pace: Seconds = 0
    """Seconds between two chunks."""

    @model_validator(mode="after")
    def _chunks_are_the_text(self) -> TextStep:
        _check_chunks(self.text, self.chunks, "text")
        return self


class ReasoningStep(_Step):
    """What the model thinks, streamed in chunks."""

    reasoning: str
    chunks: tuple[str, ...] | None = None
    """The pieces in which it is streamed; joined they are the reasoning."""
    pace: Seconds = 0
    """Seconds between two chunks."""

    @model_validator(mode="after")
    def _chunks_are_the_reasoning(self) -> ReasoningStep:
        _check_chunks(self.reasoning, self.chunks, "reasoning")
        return self


class _CallStep(_Step):
    parallel: bool = False
    """Called in the same assistant message as the tool call before it, instead of in a message of its own."""
    duration: Seconds = 0
    """How long the tool runs, in seconds (on a real server: bash only)."""
    permission: Literal["ask", "deny"] | None = None
    """``ask``: the call waits until a client answers the permission request; ``deny``: the server's rules forbid it."""


class ToolStep(_CallStep):
    """A tool call and what came of it: ``output`` when it completed, ``error`` when it failed."""

    tool: str = Field(min_length=1)
    input: dict[str, Any] = Field(default_factory=dict)
    output: str | None = None
    """On a real server the outputs of ``bash`` are played, other tools are executed for real."""
    error: str | None = None
    """Why the tool failed. On a real server the tool fails in its own words."""
    exit: int = Field(default=0, ge=0, le=255)
    """The exit code of a ``bash`` command; one other than 0 still is a completed tool call."""
    title: str | None = None
    metadata: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _completed_or_failed(self) -> ToolStep:
        if self.output is not None and self.error is not None:
            raise ValueError("a tool call has an 'output' (it completed) or an 'error' (it failed), not both")
        if self.error is not None and self.tool == "bash":
            raise ValueError(
                "a bash command that fails is a completed call: write 'output' and 'exit' instead of 'error'"
            )
        if self.exit and self.tool != "bash":
            raise ValueError("'exit' belongs to tool: bash")
        return self

    @model_validator(mode="after")
    def _fits_its_tool(self) -> ToolStep:
        if self.tool in {"write", "edit"}:
            raise ValueError(f"a call of {self.tool} is a step of its own: write '- {self.tool}: path'")
        if self.tool == "bash" and not isinstance(self.input.get("command"), str):
            raise ValueError("bash needs a command: write 'input: {command: ls -la}'")
        return self

    @property
    def is_canned(self) -> bool:
        """Whether the script itself says what the call brings."""
        return self.output is not None or self.error is not None


class WriteStep(_CallStep):
    """Writes a file of the workspace: the tool ``write``."""

    write: str = Field(min_length=1)
    """The file's path, relative to the workspace or below /data/workspace."""
    content: str

    @field_validator("write")
    @classmethod
    def _in_the_workspace(cls, value: str) -> str:
        return _checked_path(value)


class EditStep(_CallStep):
    """Replaces text in a file of the workspace: the tool ``edit``."""

    edit: str = Field(min_length=1)
    """The file's path, relative to the workspace or below /data/workspace."""
    old: str = Field(min_length=1)
    new: str
    all: bool = False
    """Replace every occurrence instead of the only one."""

    @field_validator("edit")
    @classmethod
    def _in_the_workspace(cls, value: str) -> str:
        return _checked_path(value)

    @model_validator(mode="after")
    def _changes_something(self) -> EditStep:
        if self.old == self.new:
            raise ValueError("'old' and 'new' are the same: the server refuses an edit that changes nothing")
        return self


class Choice(_Data):
    """One of the answers that a question offers."""

    label: str
    description: str = ""


class QuestionStep(_CallStep):
    """Asks the user, who answers or dismisses the question: the tool ``question``."""

    question: str = Field(min_length=1)
    header: str = "Question"
    """A word or two that stand for the question."""
    options: tuple[str | Choice, ...] = ()
    """The answers offered: labels, or ``{label: Red, description: Warm}``."""
    multiple: bool = False
    """More than one answer may be chosen."""

    @model_validator(mode="after")
    def _needs_no_leave(self) -> QuestionStep:
        if self.permission is not None:
            raise ValueError("a question needs no 'permission': the server never asks for leave to ask")
        return self


class Todo(_Data):
    """One item of a todo list."""

    content: str
    status: Literal["pending", "in_progress", "completed", "cancelled"] = "pending"
    priority: Literal["high", "medium", "low"] = "medium"


class TodosStep(_CallStep):
    """Writes the session's todo list: the tool ``todowrite``."""

    todos: tuple[str | Todo, ...]
    """Items: texts, or ``{content: ..., status: in_progress, priority: high}``."""


class TaskStep(_CallStep):
    """Lets a subagent answer a prompt in a child session: the tool ``task``."""

    task: str = Field(min_length=1)
    """The prompt, which the script's replies answer like any other."""
    description: str = "Task"
    """Three to five words; the child session's title."""
    agent: str = "general"
    """The subagent."""


class DelayStep(_Data):
    """The model is silent for a while."""

    delay: Seconds


class ErrorStep(_Data):
    """The call to the model fails here."""

    error: Failure


def _checked_path(path: str) -> str:
    """The path, if it stays in the workspace: a real server writes there for real."""
    pure = PurePosixPath(path)
    if ".." in pure.parts or (pure.is_absolute() and not pure.is_relative_to(DOCUMENT_WORKSPACE)):
        raise ValueError(f"not in the workspace: write a path relative to it, or one below {DOCUMENT_WORKSPACE}")
    return path


def _check_chunks(text: str, chunks: tuple[str, ...] | None, word: str) -> None:
    if chunks is not None and "".join(chunks) != text:
        raise ValueError(f"the 'chunks' joined are not the {word}")


STEP_KEYS: dict[str, type[BaseModel]] = {
    "text": TextStep,
    "reasoning": ReasoningStep,
    "tool": ToolStep,
    "write": WriteStep,
    "edit": EditStep,
    "question": QuestionStep,
    "todos": TodosStep,
    "task": TaskStep,
    "delay": DelayStep,
    "error": ErrorStep,
}
"""The key that makes a step what it is. ``tool`` stands before ``error``: a tool call may have one too."""


def step_key(value: object) -> str | None:
    """The key that says which step ``value`` is, or None where none of its keys does."""
    if isinstance(value, BaseModel):
        return next((key for key, kind in STEP_KEYS.items() if isinstance(value, kind)), None)
    if isinstance(value, dict):
        return next((key for key in STEP_KEYS if key in value), None)
    return None


Step: TypeAlias = Annotated[
    Annotated[TextStep, Tag("text")]
    | Annotated[ReasoningStep, Tag("reasoning")]
    | Annotated[ToolStep, Tag("tool")]
    | Annotated[WriteStep, Tag("write")]
    | Annotated[EditStep, Tag("edit")]
    | Annotated[QuestionStep, Tag("question")]
    | Annotated[TodosStep, Tag("todos")]
    | Annotated[TaskStep, Tag("task")]
    | Annotated[DelayStep, Tag("delay")]
    | Annotated[ErrorStep, Tag("error")],
    Discriminator(
        step_key,
        custom_error_type="step_kind",
        custom_error_message="a step is one of: " + ", ".join(f"'{key}: ...'" for key in STEP_KEYS),
    ),
]
CallStep: TypeAlias = ToolStep | WriteStep | EditStep | QuestionStep | TodosStep | TaskStep


def is_call(step: object) -> TypeIs[CallStep]:
    """Whether the step calls a tool."""
    return isinstance(step, _CallStep)


class Turn(_Data):
    """What the assistant does once."""

    steps: tuple[Step, ...] = ()
    title: str | None = None
    """The title that a session with the default one gets. Default: the prompt's first line."""
    tokens: Tokens | None = None
    """Tokens of each assistant message."""
    cost: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Cost in USD of each assistant message. Default: the tokens at the model's prices, as on a real server always."""
    error: Failure | None = None
    """Short for a last step ``error``."""

    @model_validator(mode="after")
    def _errors_stand_where_they_can_happen(self) -> Turn:
        steps = self.all_steps
        for position, step in enumerate(steps):
            if not isinstance(step, ErrorStep):
                continue
            before = _streamed_before(steps[:position])
            if step.error.kind == "provider" and before:
                raise ValueError(
                    "a provider cannot refuse a call that it is already answering: "
                    "put the error first or behind a tool call, or write 'kind: stream'"
                )
            if position + 1 < len(steps) and not step.error.times:
                raise ValueError("nothing happens after this error: make it the last step, or give it 'times'")
        return self

    @model_validator(mode="after")
    def _parallel_calls_follow_a_call(self) -> Turn:
        previous: object = None
        for step in self.steps:
            if isinstance(step, _CallStep) and step.parallel and not isinstance(previous, _CallStep):
                raise ValueError("'parallel: true' stands on a tool call that follows another tool call")
            if not isinstance(step, DelayStep):
                previous = step
        return self

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """The steps, the reply's own ``error`` as the last of them."""
        return self.steps if self.error is None else (*self.steps, ErrorStep(error=self.error))


def _streamed_before(steps: tuple[Step, ...]) -> bool:
    for step in reversed(steps):
        if isinstance(step, TextStep | ReasoningStep):
            return True
        if isinstance(step, _CallStep | ErrorStep):
            return False
    return False


class Reply(Turn):
    """A turn, the prompts it answers, and how often."""

    prompt: Pattern | None = None
    """A part of the prompt, case ignored; ``{regex: ...}``; ``{exactly: ...}``; absent: any prompt."""
    name: str | None = None
    """What reports call this reply. Default: its prompt."""
    session: Annotated[int, Field(ge=1)] | Annotated[str, Field(pattern="^ses")] | None = None
    """Only in this session: its id, or n for the nth session that was prompted (from 1)."""
    nth: int | None = Field(default=None, ge=1)
    """Only the nth time (from 1) that a prompt fits ``prompt`` and ``session``."""
    uses: int | None = Field(default=None, ge=1)
    """At most so many times."""
    sequence: tuple[Turn, ...] = ()
    """One turn for each use instead of ``steps``; the last is repeated."""

    @model_validator(mode="after")
    def _nth_is_one_time(self) -> Reply:
        if self.nth is not None and (self.uses is not None or len(self.sequence) > 1):
            raise ValueError("'nth' answers once: leave out 'uses' and 'sequence', or write a reply for each time")
        return self

    @model_validator(mode="after")
    def _steps_or_sequence(self) -> Reply:
        if self.sequence and (self.steps or self.error):
            raise ValueError("write 'steps' and 'error' inside the 'sequence', or leave the sequence out")
        return self

    def turn(self, use: int) -> Turn:
        """The turn of the ``use``-th use, from 0."""
        if not self.sequence:
            return self
        turn = self.sequence[min(use, len(self.sequence) - 1)]
        inherited = {key: getattr(self, key) for key in ("title", "tokens", "cost") if getattr(turn, key) is None}
        return turn.model_copy(update=inherited)


class DefaultReply(Turn):
    """The turn for a prompt that no reply answers."""


class Recorded(_Data):
    """Where a recording comes from; ``opencode-fake record`` writes it."""

    version: str
    """The OpenCode version that was recorded."""
    date: str
    """When, as ISO 8601."""
    redacted: str = ""
    """What was taken out of it."""
    checksum: str
    """Of the replies. Leave the whole of ``recorded`` out of a recording that was changed on purpose."""
    unfinished: tuple[str, ...] = ()
    """Sessions whose last reply had no end when the recording ended."""


class Script(_Data):
    """What the assistant does: the first reply that fits a prompt answers it."""

    replies: tuple[Reply, ...] = ()
    default: DefaultReply | None = None
    """For a prompt that no reply fits. Without it such a prompt gets an error that says why."""
    tokens: Tokens = DEFAULT_TOKENS
    """Tokens of each assistant message whose reply and steps say nothing else."""
    recorded: Recorded | None = None
    """Where a recording comes from."""


def workspace_path(path: str, directory: str) -> str:
    """The absolute path of a script's file in the workspace ``directory``.

    A path below the document's own workspace, ``/data/workspace``, means the same file wherever the workspace is.
    """
    pure = PurePosixPath(path)
    if pure.is_absolute() and pure.is_relative_to(DOCUMENT_WORKSPACE):
        pure = pure.relative_to(DOCUMENT_WORKSPACE)
    return str(PurePosixPath(directory) / pure)
