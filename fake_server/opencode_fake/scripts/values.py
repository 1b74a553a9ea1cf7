"""What scripts are made of besides steps: JSON, seconds, tokens, failures, paths of the workspace."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

DOCUMENT_WORKSPACE = "/data/workspace"
"""The workspace that the integration document names."""

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, JsonValue]

Seconds: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False, description="Seconds.")]


class Data(BaseModel):
    """What holds for every part of a script: it is frozen, and knows all its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


MOST_REPEATED = 16 * 1024 * 1024
"""Characters of a repeated text at most."""


def _written_out(value: object) -> object:
    """A text that a script repeats, in full."""
    if not isinstance(value, dict):
        return value
    match value:
        case {"repeat": str(part), "times": int(times), **others} if part and not others and times > 0:
            if isinstance(times, bool) or len(part) * times > MOST_REPEATED:
                raise ValueError(f"'times' is a whole number, and the text {MOST_REPEATED} characters long at most")
            return part * times
        case _:
            raise ValueError("write a text, or {repeat: a text, times: 1000} for a long one")


Text: TypeAlias = Annotated[
    str,
    BeforeValidator(_written_out),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {
                        "repeat": {"type": "string", "minLength": 1},
                        "times": {"type": "integer", "minimum": 1},
                    },
                    "required": ["repeat", "times"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
"""A text; a file may repeat one instead of writing it out."""


class CacheTokens(Data):
    """Tokens that the provider read from or wrote to its prompt cache."""

    read: int = Field(default=0, ge=0)
    write: int = Field(default=0, ge=0)


class Tokens(Data):
    """What a provider reports for one call, that is for one assistant message."""

    input: int = Field(default=0, ge=0)
    """Prompt tokens, without those read from the cache."""
    output: int = Field(default=0, ge=0)
    """Completion tokens."""
    reasoning: int = Field(default=0, ge=0)
    cache: CacheTokens = CacheTokens()


DEFAULT_TOKENS = Tokens(input=100, output=20)


class Failure(Data):
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


def workspace_path(path: str, directory: str) -> str:
    """The absolute path of a script's file in the workspace ``directory``.

    A path below the document's own workspace, ``/data/workspace``, means the same file wherever the workspace is.
    """
    pure = PurePosixPath(path)
    if pure.is_absolute() and pure.is_relative_to(DOCUMENT_WORKSPACE):
        pure = pure.relative_to(DOCUMENT_WORKSPACE)
    return str(PurePosixPath(directory) / pure)
