"""The steps of a reply: what the assistant says and does, one class for each."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Discriminator, Field, Tag, field_validator, model_validator
from typing_extensions import TypeIs

from opencode_fake.scripts.values import DOCUMENT_WORKSPACE, Data, Failure, Seconds, Tokens


class _Named(Data):
    name: str | None = Field(default=None, min_length=1)
    """What a test calls this step, to hold the run before it. Steps may share a name: a hold is for all of them."""


class _Step(_Named):
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


class Choice(Data):
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


class Todo(Data):
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


class DelayStep(_Named):
    """The model is silent for a while."""

    delay: Seconds


class ErrorStep(_Named):
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
