"""What a real server must be told so that the scripted model is its only one."""

from __future__ import annotations

from opencode_fake.scripts.model import JsonObject, JsonValue
from opencode_fake.scripts.pricing import (
    CONTEXT_LIMIT,
    INPUT_PRICE,
    MODEL_ID,
    MODEL_NAME,
    OUTPUT_LIMIT,
    OUTPUT_PRICE,
    PROVIDER_ID,
    PROVIDER_NAME,
    number,
)


def opencode_config(base_url: str, **extra: JsonValue) -> JsonObject:
    """The ``opencode.json`` for a model at ``base_url``; ``extra`` keys are added or replace ours."""
    model: JsonObject = {
        "name": MODEL_NAME,
        "cost": {"input": number(INPUT_PRICE), "output": number(OUTPUT_PRICE)},
        "limit": {"context": CONTEXT_LIMIT, "output": OUTPUT_LIMIT},
    }
    # setCacheKey makes the server name the session in its requests.
    options: JsonObject = {"baseURL": base_url, "apiKey": "unused", "setCacheKey": True}
    provider: JsonObject = {
        "npm": "@ai-sdk/openai-compatible",
        "name": PROVIDER_NAME,
        "options": options,
        "models": {MODEL_ID: model},
    }
    config: JsonObject = {
        "$schema": "https://opencode.ai/config.json",
        "model": f"{PROVIDER_ID}/{MODEL_ID}",
        "small_model": f"{PROVIDER_ID}/{MODEL_ID}",
        "share": "disabled",
        "autoupdate": False,
        "provider": {PROVIDER_ID: provider},
    }
    return config | extra
