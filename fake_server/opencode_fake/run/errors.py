"""The errors that end up inside messages, as the server words them (measured on 1.1.53)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from opencode_fake.run.effects import dumps
from opencode_fake.run.models import PROVIDER_URL, SHOWN_AGENTS
from opencode_fake.scripts.failures import failure_body
from opencode_fake.scripts.model import Failure
from opencode_fake.state.wire import ErrorInfo, ModelRef
from opencode_fake.versions import Behaviours

TOO_LARGE = 413
FIRST_RETRY = 2.0
"""Seconds before the first retry; every further one waits twice as long."""
LONGEST_RETRY = 30.0
"""Seconds that a retry waits at most when the provider names no time."""


_TOO_LONG = re.compile(
    r"prompt is too long|input is too long for requested model|input token count.*exceeds the maximum"
    r"|exceeds the (?:context window|available context size|limit of \d)|greater than the context length"
    r"|maximum prompt length is \d|maximum context length is \d+ tokens|reduce the length of the messages"
    r"|context window exceeds limit|exceeded model token limit|context[_ ]length[_ ]exceeded",
    re.IGNORECASE,
)
"""By these words of a provider the server knows that the conversation is too long for the model."""


class CallFailed(Exception):
    """A call to the model failed for good."""

    def __init__(self, error: ErrorInfo) -> None:
        super().__init__(error["name"])
        self.error = error


class ContextOverflow(CallFailed):
    """The conversation is too long for the model, so that the server has it summarised and asks again."""


def aborted(behaviours: Behaviours) -> ErrorInfo:
    """Somebody aborted the run."""
    return {"name": "MessageAbortedError", "data": {"message": behaviours.abort_message}}


def refused(failure: Failure, behaviours: Behaviours) -> CallFailed:
    """The provider answered with an HTTP error."""
    body = dumps(failure_body(failure))
    if not is_overflow(failure, behaviours):
        return CallFailed(_api_error(failure, body))
    error: ErrorInfo = {"name": "ContextOverflowError", "data": {"message": failure.message, "responseBody": body}}
    return ContextOverflow(error) if behaviours.overflow_is_summarised else CallFailed(error)


def is_overflow(failure: Failure, behaviours: Behaviours) -> bool:
    """Whether the server understands that the conversation is too long for the model."""
    if behaviours.too_large_is_overflow and failure.http_status == TOO_LARGE:
        return True
    return behaviours.overflow_is_named and _TOO_LONG.search(failure.message) is not None


def _api_error(failure: Failure, body: str) -> ErrorInfo:
    return {
        "name": "APIError",
        "data": {
            "message": failure.message,
            "statusCode": failure.http_status,
            "isRetryable": False,
            "responseHeaders": {
                "content-length": str(len(body.encode())),
                "content-type": "application/json; charset=utf-8",
            },
            "responseBody": body,
            "metadata": {"url": PROVIDER_URL},
        },
    }


def broken_off(failure: Failure, behaviours: Behaviours) -> ErrorInfo:
    """The provider sent an error inside its answer. The server quotes it as JSON: all of it, or only its message."""
    said = failure_body(failure)["error"] if behaviours.stream_error_is_whole else failure.message
    return {"name": "UnknownError", "data": {"message": dumps(said)}}


def is_overload(failure: Failure, behaviours: Behaviours) -> bool:
    """Whether an error inside the answer is one that the server waits out."""
    return behaviours.overload_is_retried and "overloaded" in failure.message.lower()


def unknown_model(model: ModelRef) -> ErrorInfo:
    """The prompt named a model that does not exist."""
    return unknown_error(f"Model not found: {model['providerID']}/{model['modelID']}.")


def unknown_agent(name: str, behaviours: Behaviours) -> ErrorInfo:
    """The prompt named an agent that does not exist."""
    return unknown_error(agent_not_found(name, behaviours))


def agent_not_found(name: str, behaviours: Behaviours) -> str:
    """What is said of an agent that does not exist."""
    shown = sorted(SHOWN_AGENTS) if behaviours.agents_sorted else SHOWN_AGENTS
    return f'Agent not found: "{name}". Available agents: {", ".join(shown)}'


def command_not_found(name: str, known: Sequence[str], behaviours: Behaviours) -> str:
    """What is said of a command that does not exist."""
    choice = f". Available commands: {', '.join(known)}" if behaviours.unknown_names_list_choice else ""
    return f'Command not found: "{name}"{choice}'


def retry_delay(failure: Failure, attempt: int) -> float:
    """Seconds before the ``attempt``-th retry, from 1."""
    if failure.retry_after is not None:
        return failure.retry_after
    return min(FIRST_RETRY * 2.0 ** min(attempt - 1, 10), LONGEST_RETRY)


def unknown_error(message: str) -> ErrorInfo:
    """An error that has no name of its own."""
    return {"name": "UnknownError", "data": {"message": message}}
