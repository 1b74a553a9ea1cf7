"""The second interface, below ``/api``: what the terminal interface asks of it. It knows no configured provider."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from opencode_fake.run.agents import Agent, instructions, native
from opencode_fake.run.models import DEFAULT_AGENT
from opencode_fake.scripts.model import JsonObject
from opencode_fake.server.exchange import Incoming, Outgoing, answer
from opencode_fake.server.routing import Handler, Route
from opencode_fake.state.world import World
from opencode_fake.surroundings import offerings

if TYPE_CHECKING:
    from opencode_fake.server.app import App

Listing: TypeAlias = "Callable[[World, str], list[JsonObject]]"

_TOLD = frozenset({"id", "parentID", "projectID", "agent", "model", "cost", "tokens", "time", "title"})
"""What this interface tells of a session as the first one does."""


async def health(_: App, __: Incoming) -> Outgoing:
    """``GET /api/health``."""
    return answer({"healthy": True})


async def location(app: App, incoming: Incoming) -> Outgoing:
    """``GET /api/location``."""
    return answer(_location(app.world, incoming))


async def session(app: App, incoming: Incoming) -> Outgoing:
    """``GET /api/session/{sessionID}``: a session in the words of this interface, wherever it is."""
    session_id = incoming.parameters["sessionID"]
    if not session_id.startswith("ses"):
        return answer({"_tag": "InvalidRequestError", "message": "Invalid session ID", "field": "sessionID"}, 400)
    found = app.world.store.find(session_id)
    if found is None:
        message = f"Session not found: {session_id}"
        return answer({"_tag": "SessionNotFoundError", "sessionID": session_id, "message": message}, 404)
    told = {key: value for key, value in found.info.items() if key in _TOLD}
    return answer({"data": told | {"location": {"directory": found.info["directory"]}}})


def _located(listing: Listing) -> Handler:
    """Answers a list together with the place that it holds for."""

    async def handle(app: App, incoming: Incoming) -> Outgoing:
        found = listing(app.world, _directory(incoming))
        return answer({"location": _location(app.world, incoming), "data": found})

    return handle


def _directory(incoming: Incoming) -> str:
    return incoming.query.get("location[directory]", incoming.directory)


def _location(world: World, incoming: Incoming) -> JsonObject:
    directory = _directory(incoming)
    project: JsonObject = {"id": world.project(directory), "directory": world.root(directory)}
    return {"directory": directory, "project": project}


def _nothing(_: World, __: str) -> list[JsonObject]:
    return []


def _agents(world: World, directory: str) -> list[JsonObject]:
    return [_agent(agent) for agent in native(world.behaviours, world.root(directory))]


def _agent(agent: Agent) -> JsonObject:
    # The loop guard and the folder of outputs, which come first and last, are rules of the first interface only.
    rules = [rule for rule in agent.rules if rule.permission not in {"doom_loop", "task"}]
    told: JsonObject = {"id": agent.name, "request": {"headers": {}, "body": {}}}
    if agent.prompt or agent.name == DEFAULT_AGENT:
        told["system"] = agent.prompt or instructions(agent.name)
    if agent.description:
        told["description"] = agent.description
    permissions: list[JsonObject] = [
        {"action": rule.permission, "resource": rule.pattern, "effect": rule.action} for rule in rules
    ]
    return told | {"mode": agent.mode, "hidden": agent.hidden, "permissions": [*permissions]}


def _commands(world: World, _: str) -> list[JsonObject]:
    kept = ("name", "template", "description", "subtask")
    return [
        {key: value for key, value in command.items() if key in kept}
        for command in offerings.known_commands(world.behaviours)
        if command["source"] == "command"
    ]


def _skills(world: World, _: str) -> list[JsonObject]:
    location = f"/builtin/{offerings.CUSTOMIZE}.md"
    return [skill | {"location": location} for skill in offerings.known_skills(world.behaviours)]


HEALTH = (Route("GET", "/api/health", health),)
ROUTES = (
    Route("GET", "/api/location", location),
    Route("GET", "/api/session/{sessionID}", session),
    Route("GET", "/api/agent", _located(_agents)),
    Route("GET", "/api/command", _located(_commands)),
    Route("GET", "/api/skill", _located(_skills)),
    Route("GET", "/api/model", _located(_nothing)),
    Route("GET", "/api/provider", _located(_nothing)),
    Route("GET", "/api/integration", _located(_nothing)),
    Route("GET", "/api/reference", _located(_nothing)),
)
