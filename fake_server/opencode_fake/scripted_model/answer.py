"""Turns a call into what an OpenAI-compatible endpoint sends: pure, it neither waits nor writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from opencode_fake.scripts.calls import Call, chunks
from opencode_fake.scripts.model import Failure, JsonObject, Tokens
from opencode_fake.scripts.pricing import MODEL_ID
from opencode_fake.scripts.steps import CallStep, DelayStep, ReasoningStep, TextStep
from opencode_fake.scripts.tool_calls import FILE_TOOLS, tool_input, tool_name

SETTLING = 0.8
"""Seconds into an answer before a tool may change files: the server takes its "before" snapshot meanwhile."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Silence."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text or reasoning."""

    field: Literal["content", "reasoning_content"]
    piece: str

    @property
    def delta(self) -> JsonObject:
        """As the chunk has it."""
        return {self.field: self.piece}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of one of the server's tools."""

    step: CallStep
    index: int
    call_id: str
    name: str
    arguments: JsonObject

    @property
    def wire(self) -> JsonObject:
        """As a whole message has it."""
        function: JsonObject = {"name": self.name, "arguments": json.dumps(self.arguments, ensure_ascii=False)}
        return {"id": self.call_id, "type": "function", "function": function}

    @property
    def delta(self) -> JsonObject:
        """As the chunk has it."""
        return {"tool_calls": [{"index": self.index, **self.wire}]}


Item: TypeAlias = Wait | Text | ToolCall


@dataclass(frozen=True, slots=True)
class Answer:
    """A call to the model, as it is answered in the workspace ``directory``."""

    call: Call
    key: str
    """Makes the ids of the answer and of its tool calls."""
    directory: str
    settling: float = SETTLING

    def items(self) -> Iterator[Item]:
        """What is sent, in order."""
        waited = 0.0
        called = 0
        for step in self.call.stream:
            match step:
                case DelayStep():
                    waited += step.delay
                    yield Wait(step.delay)
                case TextStep() | ReasoningStep():
                    yield from _pieces(step)
                    waited += step.pace * max(0, len(chunks(step)) - 1)
                case _:
                    name = tool_name(step)
                    if name in FILE_TOOLS and waited < self.settling:
                        yield Wait(self.settling - waited)
                        waited = self.settling
                    arguments = tool_input(step, self.directory)
                    yield ToolCall(step, called, f"call_{self.key}{called:02d}", name, arguments)
                    called += 1

    @property
    def finish_reason(self) -> str:
        """Why the model stops, in the provider's words."""
        return self.call.finish.replace("-", "_")

    def chunk(self, delta: JsonObject) -> JsonObject:
        """One chunk of the streamed answer."""
        return self._chunk(delta, None)

    def last_chunk(self) -> JsonObject:
        """The chunk that ends the streamed answer."""
        return {**self._chunk({}, self.finish_reason), "usage": usage(self.call.tokens)}

    def completion(self, sent: Iterable[Text | ToolCall]) -> JsonObject:
        """The whole answer as one body."""
        sent = tuple(sent)
        message: JsonObject = {"role": "assistant", "content": _joined(sent, "content")}
        if reasoning := _joined(sent, "reasoning_content"):
            message["reasoning_content"] = reasoning
        if tool_calls := [item.wire for item in sent if isinstance(item, ToolCall)]:
            message["tool_calls"] = list(tool_calls)
        choice: JsonObject = {"index": 0, "message": message, "finish_reason": self.finish_reason}
        return {**self._body("chat.completion", choice), "usage": usage(self.call.tokens)}

    def _chunk(self, delta: JsonObject, finish_reason: str | None) -> JsonObject:
        return self._body("chat.completion.chunk", {"index": 0, "delta": delta, "finish_reason": finish_reason})

    def _body(self, kind: str, choice: JsonObject) -> JsonObject:
        return {"id": f"chatcmpl-{self.key}", "object": kind, "created": 0, "model": MODEL_ID, "choices": [choice]}


def _pieces(step: TextStep | ReasoningStep) -> Iterator[Wait | Text]:
    for position, piece in enumerate(chunks(step)):
        if position and step.pace:
            yield Wait(step.pace)
        yield Text("content" if isinstance(step, TextStep) else "reasoning_content", piece)


def _joined(sent: tuple[Text | ToolCall, ...], field: str) -> str:
    return "".join(item.piece for item in sent if isinstance(item, Text) and item.field == field)


def usage(tokens: Tokens) -> JsonObject:
    """The token counts, so that the server stores those of the script. It is never told of cache writes."""
    prompt = tokens.input + tokens.cache.read
    return {
        "prompt_tokens": prompt,
        "completion_tokens": tokens.output,
        "total_tokens": prompt + tokens.output,
        "prompt_tokens_details": {"cached_tokens": tokens.cache.read},
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning},
    }


def failure_headers(failure: Failure) -> dict[str, str]:
    """The headers that go with the error."""
    return {} if failure.retry_after is None else {"retry-after": f"{failure.retry_after:g}"}
