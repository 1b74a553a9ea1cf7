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


def price(tokens: Tokens) -> int | float:
    """USD for one call, as the real server computes it. Cache tokens are free: the model has no price for them."""
    # Reasoning is charged as output on top of the completion it is part of (measured on 1.1.53).
    return number((tokens.input * INPUT_PRICE + (tokens.output + tokens.reasoning) * OUTPUT_PRICE) / 1_000_000)


def cost(call: Call) -> int | float:
    """USD for one call: what the script says, else the price of its tokens."""
    return price(call.tokens) if call.cost is None else number(call.cost)
