"""The agents as the server tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opencode_fake.run.agents import Agent, native, rules_of
from opencode_fake.scripts.model import JsonObject, JsonValue
from opencode_fake.server.exchange import Incoming, Outgoing, answer

if TYPE_CHECKING:
    from opencode_fake.server.app import App


async def agents(app: App, incoming: Incoming) -> Outgoing:
    """``GET /agent``."""
    root = app.world.root(incoming.directory)
    listed = native(app.world.behaviours, root)
    if app.world.behaviours.agents_sorted:
        listed[1:] = sorted(listed[1:], key=lambda agent: agent.name)
    return answer([_told(app, agent, root) for agent in listed])


def _told(app: App, agent: Agent, root: str) -> JsonObject:
    rules: list[JsonValue] = [rule.wire(as_written=True) for rule in rules_of(app.world, agent.name, root)]
    optional: JsonObject = {
        "description": agent.description,
        "prompt": agent.prompt,
        "hidden": agent.hidden,
        "temperature": agent.temperature,
    }
    given: JsonObject = {key: value for key, value in optional.items() if value}
    fixed: JsonObject = {"name": agent.name, "mode": agent.mode, "native": True, "options": {}}
    return {**fixed, **given, "permission": rules}
