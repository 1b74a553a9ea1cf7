"""Sums over messages."""

from __future__ import annotations

import math
from collections.abc import Iterable

from opencode_sandbox.models.messages import AssistantInfo, Message
from opencode_sandbox.models.usage import Tokens


def total_cost(messages: Iterable[Message]) -> float:
    """Return what the assistant's messages cost together."""
    return math.fsum(message.info.cost for message in messages if isinstance(message.info, AssistantInfo))


def total_tokens(messages: Iterable[Message]) -> Tokens:
    """Return the tokens of the assistant's messages together."""
    counts = (message.info.tokens for message in messages if isinstance(message.info, AssistantInfo))
    return sum((count for count in counts if count is not None), Tokens())
