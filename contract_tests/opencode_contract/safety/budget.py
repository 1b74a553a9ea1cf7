"""What prompts may cost: a prompt is sent only while the limit would hold if it cost as much as the dearest so far."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from opencode_contract.errors import BudgetExhausted, NetworkFailed
from opencode_contract.evidence import Json
from opencode_contract.safety.backstage import Backstage

FIRST_PROMPT_USD = 0.01
"""What a prompt is taken to cost before the first one has told."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be spent; None is no limit."""

    max_cost: float | None = None
    """In USD."""
    max_prompts: int | None = None

    def __str__(self) -> str:
        cost = None if self.max_cost is None else f"{self.max_cost:g} USD"
        prompts = None if self.max_prompts is None else f"{self.max_prompts} prompts"
        return " and ".join(limit for limit in (cost, prompts) if limit) or "no limit"


NO_LIMITS = Limits()


@dataclass(slots=True)
class Talk:
    """What is known of a session that was prompted."""

    sent: int = 0
    """Prompts that the server has accepted, or is about to."""
    answered: int = 0
    costs: dict[str, float] = field(default_factory=dict)
    """What each prompt has cost so far, by its message; also of messages that are deleted since."""


@dataclass
class Budget:
    """Counts the prompts and what they cost, from the costs that the server's own messages tell."""

    backstage: Backstage
    limits: Limits = field(default_factory=Limits)
    _talks: dict[str, Talk] = field(default_factory=dict)

    @property
    def prompts(self) -> int:
        """How many prompts were sent."""
        return sum(talk.sent for talk in self._talks.values())

    @property
    def spent(self) -> float:
        """What they have cost, in USD, as far as it is known."""
        return math.fsum(cost for talk in self._talks.values() for cost in talk.costs.values())

    @property
    def dearest(self) -> float:
        """What a further prompt is taken to cost: as much as the dearest, once one was answered."""
        seen = max((cost for talk in self._talks.values() for cost in talk.costs.values()), default=0.0)
        return seen if any(talk.answered for talk in self._talks.values()) else max(seen, FIRST_PROMPT_USD)

    @property
    def running(self) -> int:
        """How many prompts are not answered yet: what they cost is not known."""
        return sum(max(0, talk.sent - talk.answered) for talk in self._talks.values())

    async def admit(self, session_id: str) -> Talk:
        """Counts a prompt that is about to be sent. Raises BudgetExhausted where it might exceed the limits."""
        limits = self.limits
        if limits.max_prompts is not None and self.prompts >= limits.max_prompts:
            raise BudgetExhausted(f"the budget is used up: {self.prompts} of {limits.max_prompts} prompts were sent")
        if limits.max_cost is not None:
            await self._update()
            if self.spent + self.dearest * (1 + self.running) > limits.max_cost:
                raise BudgetExhausted(self._too_dear(limits.max_cost))
        talk = self._talks.setdefault(session_id, Talk())
        talk.sent += 1
        return talk

    async def _update(self) -> None:
        try:
            for session_id, talk in self._talks.items():
                await self._read(session_id, talk)
        except NetworkFailed as problem:
            raise BudgetExhausted(
                f"what the prompts have cost could not be read, so none is sent: {problem}"
            ) from problem

    async def settle(self, session_id: str) -> None:
        """Asks what a session has cost before it is deleted."""
        talk = self._talks.get(session_id)
        if talk is not None:
            await self._read(session_id, talk)

    def _too_dear(self, max_cost: float) -> str:
        known = f"{self.prompts} prompts have cost {self.spent:.4f} of {max_cost:g} USD"
        further = "the next is taken to cost" if self.prompts else "the first prompt is taken to cost"
        running = f", and {self.running} still run" if self.running else ""
        return f"the budget is used up: {known}{running}; {further} {self.dearest:.4f}"

    async def _read(self, session_id: str, talk: Talk) -> None:
        messages = await self.backstage.messages(session_id)
        if messages is None:
            return
        replies = [message for message in messages if message.get("role") == "assistant"]
        talk.answered = len({str(reply.get("parentID")) for reply in replies if _is_last(reply)})
        for prompt in {str(reply.get("parentID")) for reply in replies}:
            talk.costs[prompt] = _cost(reply for reply in replies if str(reply.get("parentID")) == prompt)
        talk.costs["children"] = await self._children(session_id)

    async def _children(self, session_id: str) -> float:
        """What the subagents of a session have cost."""
        total = 0.0
        for child in await self.backstage.children(session_id):
            total += _cost(await self.backstage.messages(child) or []) + await self._children(child)
        return total


def _cost(messages: Iterable[dict[str, Json]]) -> float:
    costs = (message.get("cost") for message in messages)
    return math.fsum(cost for cost in costs if isinstance(cost, int | float))


def _is_last(reply: dict[str, Json]) -> bool:
    """Whether nothing follows a message of the assistant: it is completed, and not for a tool call."""
    time = reply.get("time")
    return isinstance(time, dict) and "completed" in time and reply.get("finish") != "tool-calls"
