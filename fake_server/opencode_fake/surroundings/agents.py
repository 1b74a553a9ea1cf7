"""The agents that a prompt can name, and what each may do.

What a real server's agents are told at length is of no use here: their prompts are stand-ins.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opencode_fake.scripts.model import JsonObject, JsonValue
from opencode_fake.server.exchange import Incoming, Outgoing, answer
from opencode_fake.state.world import DATA_DIRECTORY, World

if TYPE_CHECKING:
    from opencode_fake.server.app import App
    from opencode_fake.versions import Behaviours

_OUTPUTS = f"external_directory {DATA_DIRECTORY}/tool-output/* allow"
_TEMPORARY = "external_directory /tmp/opencode/* allow"
_ANYWHERE = "external_directory * ask"
_PLANS = f"{DATA_DIRECTORY}/plans"


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent. Of its rules (permission, pattern, action) the last one that fits holds."""

    name: str
    rules: list[str]
    description: str = ""
    prompt: str = ""
    mode: str = "primary"
    hidden: bool = False
    temperature: float | None = None

    def told(self) -> JsonObject:
        """The agent as the server tells of it."""
        permission: list[JsonValue] = [
            dict(zip(("permission", "pattern", "action"), rule.split(" "), strict=True))
            for rule in [*self.rules, _OUTPUTS]
        ]
        optional: JsonObject = {
            "description": self.description,
            "prompt": self.prompt,
            "hidden": self.hidden,
            "temperature": self.temperature,
        }
        given: JsonObject = {key: value for key, value in optional.items() if value}
        fixed: JsonObject = {"name": self.name, "mode": self.mode, "native": True, "options": {}}
        return {**fixed, **given, "permission": permission}


async def agents(app: App, incoming: Incoming) -> Outgoing:
    """``GET /agent``."""
    listed = native(app.world, incoming.directory)
    if app.world.behaviours.agents_sorted:
        listed[1:] = sorted(listed[1:], key=lambda agent: agent.name)
    return answer([agent.told() for agent in listed])


def native(world: World, directory: str) -> list[Agent]:
    """The agents that come with the server."""
    version = world.behaviours
    todo = ["todoread * deny"] if version.has_codesearch else []
    return [
        Agent(
            "build",
            _rules(version, "question * allow", "plan_enter * allow"),
            "The default agent. Executes tools based on configured permissions.",
        ),
        Agent("plan", _planning(version, world.root(directory)), "Plan mode. Disallows all edit tools."),
        Agent(
            "general",
            _rules(version, *todo, "todowrite * deny"),
            "General-purpose agent for complex questions and tasks of many steps.",
            mode="subagent",
        ),
        Agent(
            "explore",
            _exploring(version),
            "Fast agent for finding files and searching code.",
            instructions("explore"),
            mode="subagent",
        ),
        _hidden("compaction", version),
        _hidden("title", version, temperature=0.5),
        _hidden("summary", version),
    ]


def _hidden(name: str, version: Behaviours, temperature: float | None = None) -> Agent:
    return Agent(name, _rules(version, "* * deny"), prompt=instructions(name), hidden=True, temperature=temperature)


def instructions(name: str) -> str:
    """What stands for the text that an agent is told."""
    return f"Instructions of the agent {name}: a fake has no use for them."


def _rules(version: Behaviours, *own: str) -> list[str]:
    """What all agents may do, then what one may."""
    return [
        "* * allow",
        "doom_loop * ask",
        _ANYWHERE,
        *_folders(version),
        "question * deny",
        "plan_enter * deny",
        "plan_exit * deny",
        "read * allow",
        "read *.env ask",
        "read *.env.* ask",
        "read *.env.example allow",
        *own,
    ]


def _folders(version: Behaviours) -> list[str]:
    return [_OUTPUTS, _TEMPORARY] if version.temporary_folder_allowed else [_OUTPUTS]


def _planning(version: Behaviours, root: str) -> list[str]:
    general = ["task general deny"] if version.plan_denies_general else []
    return _rules(
        version,
        "question * allow",
        "plan_exit * allow",
        *general,
        f"external_directory {_PLANS}/* allow",
        "edit * deny",
        "edit .opencode/plans/*.md allow",
        f"edit {posixpath.relpath(_PLANS, root)}/*.md allow",
    )


def _exploring(version: Behaviours) -> list[str]:
    search = ["codesearch"] if version.has_codesearch else []
    tools = ["grep", "glob", "list", "bash", "webfetch", "websearch", *search, "read"]
    outside = [_ANYWHERE] if version.explore_asks_outside else []
    return _rules(version, "* * deny", *(f"{tool} * allow" for tool in tools), *outside, *_folders(version))
