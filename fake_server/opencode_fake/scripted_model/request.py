"""What a real server asks the model: parsed from the body of ``POST /v1/chat/completions``.

Measured on 1.1.53 and 1.18.34. A request of a session carries its id in ``promptCacheKey`` (the provider option
``setCacheKey``). One that asks for a title has no tools: 1.1.53 sends no session with it, 1.18.34 a header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

Purpose: TypeAlias = Literal["prompt", "title", "summary", "compaction"]

SESSION_HEADER = "x-session-id"
TITLE_ORDER = "Generate a title for this conversation:\n"
TITLE_AGENT = "You are a title generator."
COMPACTION_AGENTS = (
    "You are a helpful AI assistant tasked with summarizing conversations",
    "You are an anchored context summarization assistant",
    "You are a context summarization agent",
)
"""How versions address the model that is to sum up (to 1.3.2, to 1.17.19, and later)."""
_QUEUED = re.compile(
    r"<system-reminder>\nThe user sent the following message:\n(?P<prompt>.*)\n\n"
    r"Please address this message and continue with your tasks\.\n</system-reminder>",
    re.DOTALL,
)
_REMINDER = re.compile(r"\s*<system-reminder>.*</system-reminder>\s*", re.DOTALL)
_SUMMARISED = re.compile(
    r"\s*The following is the text to summarize:\s*<text>\n\s*(?P<prompt>.*)\n\s*</text>\s*", re.DOTALL
)


class UnreadableRequest(Exception):
    """The body is not a chat completion request."""


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class ContentPart(_Lenient):
    """A piece of a message that has several."""

    type: str
    text: str = ""


def _as_parts(content: object) -> object:
    if content is None:
        return ()
    return ({"type": "text", "text": content},) if isinstance(content, str) else content


class ChatMessage(_Lenient):
    """A message of the conversation, as the model is shown it."""

    role: str
    content: Annotated[tuple[ContentPart, ...], BeforeValidator(_as_parts)] = ()

    @property
    def text(self) -> str:
        """The text, without what the server wraps around it or adds to it."""
        texts = (_unwrapped(part.text) for part in self.content if part.type == "text")
        return "\n".join(text for text in texts if text is not None)


class _ToolFunction(_Lenient):
    name: str


class _Tool(_Lenient):
    function: _ToolFunction


class _StreamOptions(_Lenient):
    include_usage: bool = False


class _Body(_Lenient):
    model: str
    messages: tuple[ChatMessage, ...]
    tools: tuple[_Tool, ...] = ()
    stream: bool = False
    stream_options: _StreamOptions = _StreamOptions()
    session: str = Field(default="", alias="promptCacheKey")


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One request of the server to the model."""

    session_id: str
    """Empty where the server does not say it."""
    purpose: Purpose
    """``prompt``: the reply itself; ``title`` of the session; ``summary``: the title of a user message (to 1.2.1)."""
    prompt: str
    """The last user message."""
    user_messages: int
    answered: int
    """How many calls the model has answered since that message."""
    messages: tuple[ChatMessage, ...]
    tools: tuple[str, ...]
    stream: bool


def parse_request(body: bytes, headers: Mapping[str, str]) -> ModelRequest:
    """Reads a request, or raises ``UnreadableRequest``."""
    try:
        parsed = _Body.model_validate_json(body)
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the body"
        raise UnreadableRequest(f"not a chat completion request: {place}: {first['msg']}") from problem
    purpose, prompt = _purpose(parsed)
    return ModelRequest(
        session_id=parsed.session or headers.get(SESSION_HEADER, ""),
        purpose=purpose,
        prompt=prompt,
        user_messages=sum(message.role == "user" for message in parsed.messages),
        answered=_answered(parsed.messages),
        messages=parsed.messages,
        tools=tuple(tool.function.name for tool in parsed.tools),
        stream=parsed.stream,
    )


def _purpose(body: _Body) -> tuple[Purpose, str]:
    prompt = next((message.text for message in reversed(body.messages) if message.role == "user"), "")
    system = next((message.text for message in body.messages if message.role == "system"), "")
    if system.startswith(COMPACTION_AGENTS):
        return "compaction", prompt
    if body.tools or not system.startswith(TITLE_AGENT):
        return "prompt", prompt
    summarised = _SUMMARISED.fullmatch(prompt)
    # A prompt without words is left out: what is last then is the server's own order.
    return ("summary", summarised["prompt"]) if summarised else ("title", prompt.removeprefix(TITLE_ORDER))


def _answered(messages: tuple[ChatMessage, ...]) -> int:
    count = 0
    for message in reversed(messages):
        if message.role == "user":
            break
        count += message.role == "assistant"
    return count


def _unwrapped(text: str) -> str | None:
    """The text as it was written, or None where the server made it."""
    if queued := _QUEUED.fullmatch(text):
        return queued["prompt"]
    return None if _REMINDER.fullmatch(text) else text
