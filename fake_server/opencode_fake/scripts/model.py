"""What a script is: replies to prompts, each a row of steps. One model behind both notations.

In Python the helpers below build it; in YAML the same words are keys. Everything here is plain data: which reply a
prompt gets is decided in ``matching``, how a reply is cut into assistant messages in ``calls``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, TypeAlias

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from opencode_fake.scripts.steps import DelayStep, ErrorStep, ReasoningStep, Step, TextStep, is_call
from opencode_fake.scripts.values import (
    DEFAULT_TOKENS,
    DOCUMENT_WORKSPACE,
    CacheTokens,
    Data,
    Failure,
    JsonObject,
    JsonValue,
    Tokens,
    workspace_path,
)

__all__ = [
    "DEFAULT_TOKENS",
    "DOCUMENT_WORKSPACE",
    "CacheTokens",
    "DefaultReply",
    "Exactly",
    "Failure",
    "JsonObject",
    "JsonValue",
    "Pattern",
    "Recorded",
    "Regex",
    "Reply",
    "Script",
    "ScriptFile",
    "Tokens",
    "Turn",
    "workspace_path",
]


class Exactly(Data):
    """Matches a prompt that is this text, white space around it aside."""

    exactly: str


class Regex(Data):
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


class Turn(Data):
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
            if is_call(step) and step.parallel and not is_call(previous):
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
        if is_call(step) or isinstance(step, ErrorStep):
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


class Recorded(Data):
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


class Script(Data):
    """What the assistant does: the first reply that fits a prompt answers it."""

    replies: tuple[Reply, ...] = ()
    default: DefaultReply | None = None
    """For a prompt that no reply fits. Without it such a prompt gets an error that says why."""
    tokens: Tokens = DEFAULT_TOKENS
    """Tokens of each assistant message whose reply and steps say nothing else."""
    recorded: Recorded | None = None
    """Where a recording comes from."""

    def turns(self) -> Iterator[Turn]:
        """Every turn, whatever brings it about."""
        for reply in self.replies:
            yield from (reply, *reply.sequence)
        if self.default is not None:
            yield self.default

    def all_steps(self) -> Iterator[Step]:
        """Every step of every turn."""
        return (step for turn in self.turns() for step in turn.all_steps)


class ScriptFile(Script):
    """A script as it is written in a file."""

    include: tuple[str, ...] = ()
    """Scripts whose replies are asked after those of this one: names of ready-made ones, and files beside this one."""
