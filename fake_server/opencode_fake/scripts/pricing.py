"""The one model that both stages present, and what its tokens cost."""

from __future__ import annotations

from opencode_fake.scripts.calls import Call
from opencode_fake.scripts.model import Tokens

PROVIDER_ID = "scripted"
PROVIDER_NAME = "Scripted"
MODEL_ID = "script-1"
MODEL_NAME = "Script 1"
INPUT_PRICE = 3.0
"""USD for a million input tokens."""
OUTPUT_PRICE = 15.0
"""USD for a million output tokens."""
CONTEXT_LIMIT = 200_000
OUTPUT_LIMIT = 8_192


def number(value: float) -> int | float:
    """The number as JSON written by the server has it: whole ones without a fraction."""
    return int(value) if value == int(value) else value


def price(tokens: Tokens, *, reasoning_twice: bool = True) -> int | float:
    """USD for one call, as the real server computes it. Cache tokens are free: the model has no price for them.

    Older servers charge the reasoning as output on top of the completion that it is part of.
    """
    paid = tokens.output + (tokens.reasoning if reasoning_twice else 0)
    return number((tokens.input * INPUT_PRICE + paid * OUTPUT_PRICE) / 1_000_000)


def cost(call: Call, *, reasoning_twice: bool = True) -> int | float:
    """USD for one call: what the script says, else the price of its tokens."""
    return price(call.tokens, reasoning_twice=reasoning_twice) if call.cost is None else number(call.cost)
