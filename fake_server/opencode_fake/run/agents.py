"""The agents that a prompt can name, and what each may do.

What a real server's agents are told at length is of no use here: their prompts are stand-ins.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from opencode_fake.scripts.permissions import Rule, parsed
from opencode_fake.state.world import DATA_DIRECTORY, World
from opencode_fake.versions import Behaviours

_OUTPUTS = f"external_directory {DATA_DIRECTORY}/tool-output/* allow"
_TEMPORARY = "external_directory /tmp/opencode/* allow"
_ANYWHERE = "external_directory * ask"
_PLANS = f"{DATA_DIRECTORY}/plans"


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent. Of its rules the last one that fits holds."""

    name: str
    rules: tuple[Rule, ...]
    description: str = ""
    prompt: str = ""
    mode: str = "primary"
    hidden: bool = False
    temperature: float | None = None


def rules_of(world: World, name: str, root: str) -> Iterator[Rule]:
    """What an agent may do in a project: its own rules, those of the script, and that it may read its outputs."""
    agents = {agent.name: agent for agent in native(world.behaviours, root)}
    yield from agents[name].rules
    yield from world.rules
    yield parsed(_OUTPUTS)


def native(version: Behaviours, root: str) -> list[Agent]:
    """The agents that come with the server, in a project with this root."""
    todo = ["todoread * deny"] if version.has_codesearch else []
    return [
        Agent(
            "build",
            _rules(version, "question * allow", "plan_enter * allow"),
            "The default agent. Executes tools based on configured permissions.",
        ),
        Agent("plan", _planning(version, root), "Plan mode. Disallows all edit tools."),
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


def _rules(version: Behaviours, *own: str) -> tuple[Rule, ...]:
    """What all agents may do, then what one may: each permission, pattern and action."""
    written = (
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
    )
    return tuple(map(parsed, written))


def _folders(version: Behaviours) -> list[str]:
    return [_OUTPUTS, _TEMPORARY] if version.temporary_folder_allowed else [_OUTPUTS]


def _planning(version: Behaviours, root: str) -> tuple[Rule, ...]:
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


def _exploring(version: Behaviours) -> tuple[Rule, ...]:
    search = ["codesearch"] if version.has_codesearch else []
    tools = ["grep", "glob", "list", "bash", "webfetch", "websearch", *search, "read"]
    outside = [_ANYWHERE] if version.explore_asks_outside else []
    return _rules(version, "* * deny", *(f"{tool} * allow" for tool in tools), *outside, *_folders(version))
