"""The provider and the model that the server has, and the configuration that says so.

A real server also lists the catalogue of providers that it was built with. The fake has the one that plays the script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from opencode_fake.run.models import PROVIDER_URL
from opencode_fake.scripted_model.config import opencode_config
from opencode_fake.scripts.model import JsonObject
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
from opencode_fake.server.exchange import Incoming, Outgoing, answer
from opencode_fake.surroundings.keybinds import KEYBINDS

if TYPE_CHECKING:
    from opencode_fake.server.app import App

BASE_URL = PROVIDER_URL.removesuffix("/chat/completions")
USERNAME = "unknown"
"""What a server calls its user where no variable names one."""


async def config(app: App, _: Incoming) -> Outgoing:
    """``GET /config``: what was configured, and what the server fills in."""
    filled: JsonObject = {"agent": {}, "mode": {}, "plugin": [], "command": {}, "username": USERNAME}
    if app.world.behaviours.config_has_keybinds:
        filled["keybinds"] = dict(KEYBINDS)
    return answer(opencode_config(BASE_URL) | filled)


async def configured(app: App, _: Incoming) -> Outgoing:
    """``GET /config/providers``: the providers that can be used."""
    return answer({"providers": [provider(app)], "default": {PROVIDER_ID: MODEL_ID}})


async def providers(app: App, _: Incoming) -> Outgoing:
    """``GET /provider``: all providers that there are, and which of them can be used."""
    return answer({"all": [provider(app)], "default": {PROVIDER_ID: MODEL_ID}, "connected": [PROVIDER_ID]})


def provider(app: App) -> JsonObject:
    """The provider that plays the script."""
    return {
        "id": PROVIDER_ID,
        "name": PROVIDER_NAME,
        "source": "config",
        "env": [],
        "options": {"baseURL": BASE_URL, "apiKey": "unused", "setCacheKey": True},
        "models": {MODEL_ID: _model(with_url=app.world.behaviours.models_have_url)},
    }


def _model(*, with_url: bool) -> JsonObject:
    api: JsonObject = {"id": MODEL_ID, "npm": "@ai-sdk/openai-compatible"}
    return {
        "id": MODEL_ID,
        "providerID": PROVIDER_ID,
        "api": api | {"url": ""} if with_url else api,
        "name": MODEL_NAME,
        "family": "",
        "capabilities": {
            "temperature": False,
            "reasoning": False,
            "attachment": False,
            "toolcall": True,
            "input": _text_only(),
            "output": _text_only(),
            "interleaved": False,
        },
        "cost": {
            "input": number(INPUT_PRICE),
            "output": number(OUTPUT_PRICE),
            "cache": {"read": 0, "write": 0},
        },
        "limit": {"context": CONTEXT_LIMIT, "output": OUTPUT_LIMIT},
        "status": "active",
        "options": {},
        "headers": {},
        "release_date": "",
        "variants": {},
    }


def _text_only() -> JsonObject:
    return {kind: kind == "text" for kind in ("text", "audio", "image", "video", "pdf")}
