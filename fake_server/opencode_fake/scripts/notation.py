"""Scripts written in Python: the same words as in YAML, as functions.

script(
    reply("list the files", text("Here they are."), tool("bash", {"command": "ls"}, output="a.txt")),
    reply("fail", error=provider_error(401, "bad key")),
)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias, TypedDict, TypeVar

from pydantic import BaseModel, ValidationError

from opencode_fake.scripts.combining import combined
from opencode_fake.scripts.errors import InvalidScript
from opencode_fake.scripts.model import DefaultReply, Exactly, Failure, Regex, Reply, Script, Tokens, Turn
from opencode_fake.scripts.problems import findings
from opencode_fake.scripts.steps import (
    Choice,
    DelayStep,
    EditStep,
    ErrorStep,
    QuestionStep,
    ReasoningStep,
    Step,
    TaskStep,
    TextStep,
    Todo,
    TodosStep,
    ToolStep,
    WriteStep,
)
from opencode_fake.scripts.yaml_file import ScriptLike, as_script


class CacheCounts(TypedDict, total=False):
    """Tokens read from and written to the provider's cache."""

    read: int
    write: int


class TokenCounts(TypedDict, total=False):
    """Tokens as a plain dict."""

    input: int
    output: int
    reasoning: int
    cache: CacheCounts


TokensLike: TypeAlias = Tokens | TokenCounts
Permission: TypeAlias = Literal["ask", "deny"]
PromptLike: TypeAlias = str | Regex | Exactly | re.Pattern[str]
Model = TypeVar("Model", bound=BaseModel)

_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s", re.VERBOSE: "x", re.ASCII: "a"}


def script(
    *replies: Reply,
    default: Turn | Step | None = None,
    tokens: TokensLike | None = None,
    include: Iterable[ScriptLike] = (),
) -> Script:
    """A script: the first of ``replies`` that fits a prompt answers it, else ``default``.

    The replies of scripts that it includes come after its own; each is named, or a file, or a script.
    """
    fallback = None if default is None else _default(default)
    own = _built(Script, "script", replies=replies, default=fallback, tokens=tokens)
    return combined(own, *map(as_script, include))


def reply(
    prompt: PromptLike | None = None,
    *steps: Step,
    title: str | None = None,
    tokens: TokensLike | None = None,
    cost: float | None = None,
    error: Failure | ErrorStep | None = None,
    name: str | None = None,
    session: int | str | None = None,
    nth: int | None = None,
    uses: int | None = None,
    sequence: Sequence[Turn] | None = None,
) -> Reply:
    """What the assistant does for a prompt: a part of it, a regular expression, ``Exactly(...)``, or None for any."""
    return _built(
        Reply,
        "reply",
        prompt=_regex(prompt) if isinstance(prompt, re.Pattern) else prompt,
        steps=steps,
        title=title,
        tokens=tokens,
        cost=cost,
        error=_failure(error),
        name=name,
        session=session,
        nth=nth,
        uses=uses,
        sequence=None if sequence is None else tuple(sequence),
    )


def turn(
    *steps: Step,
    title: str | None = None,
    tokens: TokensLike | None = None,
    cost: float | None = None,
    error: Failure | ErrorStep | None = None,
) -> Turn:
    """What the assistant does once: for the ``sequence`` of a reply, or as the script's ``default``."""
    return _built(Turn, "turn", steps=steps, title=title, tokens=tokens, cost=cost, error=_failure(error))


def text(
    text: str,
    *,
    chunks: Sequence[str] | None = None,
    pace: float = 0,
    tokens: TokensLike | None = None,
    cost: float | None = None,
    name: str | None = None,
) -> TextStep:
    """Text of the answer, with ``pace`` seconds between its chunks."""
    return _built(TextStep, "text", text=text, chunks=_tuple(chunks), pace=pace, tokens=tokens, cost=cost, name=name)


def reasoning(
    reasoning: str,
    *,
    chunks: Sequence[str] | None = None,
    pace: float = 0,
    tokens: TokensLike | None = None,
    cost: float | None = None,
    name: str | None = None,
) -> ReasoningStep:
    """What the model thinks."""
    return _built(
        ReasoningStep,
        "reasoning",
        reasoning=reasoning,
        chunks=_tuple(chunks),
        pace=pace,
        tokens=tokens,
        cost=cost,
        name=name,
    )


def tool(
    tool: str,
    input: Mapping[str, object] | None = None,  # noqa: A002 (the server's word)
    *,
    output: str | None = None,
    error: str | None = None,
    exit: int = 0,  # noqa: A002 (the server's word)
    title: str | None = None,
    metadata: Mapping[str, object] | None = None,
    duration: float = 0,
    parallel: bool = False,
    permission: Permission | None = None,
    tokens: TokensLike | None = None,
    cost: float | None = None,
    name: str | None = None,
) -> ToolStep:
    """A tool call that completes with ``output``, or fails with ``error``."""
    return _built(
        ToolStep,
        "tool",
        tool=tool,
        input=None if input is None else dict(input),
        output=output,
        error=error,
        exit=exit,
        title=title,
        metadata=None if metadata is None else dict(metadata),
        duration=duration,
        parallel=parallel,
        permission=permission,
        tokens=tokens,
        cost=cost,
        name=name,
    )


def write(
    path: str,
    content: str,
    *,
    duration: float = 0,
    parallel: bool = False,
    permission: Permission | None = None,
    tokens: TokensLike | None = None,
    cost: float | None = None,
    name: str | None = None,
) -> WriteStep:
    """Writes a file of the workspace."""
    return _built(
        WriteStep,
        "write",
        write=path,
        content=content,
        duration=duration,
        parallel=parallel,
        permission=permission,
        tokens=tokens,
        cost=cost,
        name=name,
    )


def edit(
    path: str,
    old: str,
    new: str,
    *,
    all: bool = False,  # noqa: A002 (the word that YAML has too)
    duration: float = 0,
    parallel: bool = False,
    permission: Permission | None = None,
    tokens: TokensLike | None = None,
    cost: float | None = None,
    name: str | None = None,
) -> EditStep:
    """Replaces ``old`` by ``new`` in a file of the workspace: the only occurrence, or ``all``."""
    return _built(
        EditStep,
        "edit",
        edit=path,
        old=old,
        new=new,
        all=all,
        duration=duration,
        parallel=parallel,
        permission=permission,
        tokens=tokens,
        cost=cost,
        name=name,
    )


def question(
    question: str,
    *options: str | Choice,
    header: str | None = None,
    multiple: bool = False,
    parallel: bool = False,
    tokens: TokensLike | None = None,
    cost: float | None = None,
    name: str | None = None,
) -> QuestionStep:
    """Asks the user, who may choose from ``options`` or answer freely."""
    return _built(
        QuestionStep,
        "question",
        question=question,
        options=options,
        header=header,
        multiple=multiple,
        parallel=parallel,
        tokens=tokens,
        cost=cost,
        name=name,
    )


def todos(
    *items: str | Todo,
    parallel: bool = False,
    permission: Permission | None = None,
    tokens: TokensLike | None = None,
    cost: float | None = None,
    name: str | None = None,
) -> TodosStep:
    """Writes the session's todo list."""
    return _built(
        TodosStep, "todos", todos=items, parallel=parallel, permission=permission, tokens=tokens, cost=cost, name=name
    )


def task(
    prompt: str,
    *,
    description: str | None = None,
    agent: str | None = None,
    parallel: bool = False,
    permission: Permission | None = None,
    tokens: TokensLike | None = None,
    cost: float | None = None,
    name: str | None = None,
) -> TaskStep:
    """Lets a subagent answer ``prompt`` in a child session; the script's replies answer it."""
    return _built(
        TaskStep,
        "task",
        task=prompt,
        description=description,
        agent=agent,
        parallel=parallel,
        permission=permission,
        tokens=tokens,
        cost=cost,
        name=name,
    )


def delay(seconds: float, *, name: str | None = None) -> DelayStep:
    """The model is silent for a while."""
    return _built(DelayStep, "delay", delay=seconds, name=name)


def error(
    message: str,
    *,
    kind: Literal["provider", "stream"] = "provider",
    status: int | None = None,
    times: int | None = None,
    retry_after: float | None = None,
    name: str | None = None,
) -> ErrorStep:
    """The call to the model fails; ``times`` calls do, where the server tries again (429 and 5xx)."""
    failure = _built(Failure, "error", kind=kind, message=message, status=status, times=times, retry_after=retry_after)
    return _built(ErrorStep, "error", error=failure, name=name)


def provider_error(
    status: int,
    message: str,
    *,
    times: int | None = None,
    retry_after: float | None = None,
    name: str | None = None,
) -> ErrorStep:
    """The provider refuses the call with an HTTP status."""
    return error(message, status=status, times=times, retry_after=retry_after, name=name)


def stream_error(message: str, *, name: str | None = None) -> ErrorStep:
    """The provider breaks off inside its answer."""
    return error(message, kind="stream", name=name)


def _default(default: Turn | Step) -> DefaultReply:
    steps = default if isinstance(default, Turn) else turn(default)
    return DefaultReply(**{key: getattr(steps, key) for key in Turn.model_fields})


def _failure(error: Failure | ErrorStep | None) -> Failure | None:
    return error.error if isinstance(error, ErrorStep) else error


def _tuple(chunks: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if chunks is None else tuple(chunks)


def _regex(pattern: re.Pattern[str]) -> Regex:
    flags = "".join(letter for flag, letter in _FLAGS.items() if pattern.flags & flag)
    return Regex(regex=f"(?{flags}){pattern.pattern}" if flags else pattern.pattern)


def _built(model: type[Model], word: str, /, **values: object) -> Model:
    """The model of those values that are not None; what is wrong with them is said as for a file."""
    given = {key: value for key, value in values.items() if value is not None}
    try:
        return model.model_validate(given, strict=True)
    except ValidationError as error:
        raise InvalidScript(word, [finding.problem() for finding in findings(error, model, given)]) from None
