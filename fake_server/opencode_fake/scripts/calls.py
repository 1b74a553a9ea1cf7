"""Cuts a turn into calls to the model. Each call is one assistant message, on either stage.

The real loop calls the model again after every tool call, so text behind a tool call opens a new message, and a turn
that ends with a tool call ends with one more, empty message (measured on 1.1.53).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from opencode_fake.scripts.model import Tokens, Turn
from opencode_fake.scripts.steps import CallStep, DelayStep, ErrorStep, ReasoningStep, Step, TextStep, is_call

Streamed: TypeAlias = TextStep | ReasoningStep | CallStep | DelayStep
Finish: TypeAlias = Literal["stop", "tool-calls"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the model and what it answers."""

    tokens: Tokens
    cost: float | None
    """USD, or None where the tokens say it."""
    refusal: ErrorStep | None
    """The provider refuses the call; with ``times`` set, only so many calls before this one."""
    stream: tuple[Streamed, ...]
    break_off: ErrorStep | None
    """The answer breaks off after ``stream``."""

    @property
    def tool_calls(self) -> tuple[CallStep, ...]:
        """The tools that the model calls, in order."""
        return tuple(step for step in self.stream if is_call(step))

    @property
    def finish(self) -> Finish:
        """Why the model stops, in the server's words."""
        return "tool-calls" if self.tool_calls else "stop"


@dataclass(slots=True)
class _Draft:
    stream: list[Streamed] = field(default_factory=list)
    refusal: ErrorStep | None = None
    break_off: ErrorStep | None = None
    tokens: Tokens | None = None
    cost: float | None = None
    has_tools: bool = False

    def add(self, step: Step) -> None:
        if isinstance(step, ErrorStep):
            if step.error.kind == "provider":
                self.refusal = step
            else:
                self.break_off = step
            return
        self.stream.append(step)
        if isinstance(step, DelayStep):
            return
        self.tokens = step.tokens or self.tokens
        self.cost = self.cost if step.cost is None else step.cost
        self.has_tools = self.has_tools or is_call(step)


def _opens_a_call(step: Step, current: _Draft) -> bool:
    if is_call(step):
        return current.has_tools and not step.parallel
    return current.has_tools


def calls(turn: Turn, default_tokens: Tokens) -> tuple[Call, ...]:
    """The calls that perform ``turn``: at least one, the last of them without tool calls."""
    drafts = [_Draft()]
    delays: list[DelayStep] = []
    for step in turn.all_steps:
        if isinstance(step, DelayStep):
            delays.append(step)
            continue
        if _opens_a_call(step, drafts[-1]):
            drafts.append(_Draft())
        drafts[-1].stream += delays
        delays = []
        drafts[-1].add(step)
    if drafts[-1].has_tools:
        drafts.append(_Draft())
    drafts[-1].stream += delays
    return tuple(
        Call(
            tokens=draft.tokens or turn.tokens or default_tokens,
            cost=turn.cost if draft.cost is None and draft.tokens is None else draft.cost,
            refusal=draft.refusal,
            stream=tuple(draft.stream),
            break_off=draft.break_off,
        )
        for draft in drafts
    )


MOST_CHUNKS = 200
"""Pieces that a text is cut into at most, where the script does not name them."""
_PIECE = re.compile(r"\S*\s+|\S+")


def chunks(step: TextStep | ReasoningStep) -> tuple[str, ...]:
    """The pieces in which the text is streamed: as written, or cut behind white space. An empty text has none."""
    if step.chunks is not None:
        return tuple(chunk for chunk in step.chunks if chunk)
    words = _PIECE.findall(step.text if isinstance(step, TextStep) else step.reasoning)
    # Every piece tells the whole text so far, which for a piece a word would be quadratic in a long text.
    size = -(-len(words) // MOST_CHUNKS)
    return tuple("".join(words[start : start + size]) for start in range(0, len(words), size or 1))
