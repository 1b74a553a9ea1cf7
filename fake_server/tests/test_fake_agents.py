"""What each agent may do: by rules of its own, before those of the script and of the session."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Serving

from opencode_fake.clock import VirtualClock
from opencode_fake.identifiers import Identifiers
from opencode_fake.run.agents import rules_of
from opencode_fake.scripts.matching import Casting
from opencode_fake.scripts.model import Script
from opencode_fake.state.world import World
from opencode_fake.versions import behaviours

WRITE = {"write": "notes.txt", "content": "hi\n"}
SCRIPT: dict[str, Any] = {
    "replies": [
        {"prompt": "write", "steps": [WRITE, {"text": "Written."}]},
        {"prompt": "plan it", "steps": [{"write": ".opencode/plans/a.md", "content": "hi\n"}, {"text": "Planned."}]},
        {"prompt": "todos", "steps": [{"todos": ["First"]}, {"text": "Noted."}]},
        {"prompt": "task", "steps": [{"task": "todos", "description": "A job", "agent": "general"}, {"text": "Done."}]},
        {"steps": [{"text": "Hello."}]},
    ]
}


async def called(serving: Serving, prompt: str, agent: str, version: str = "1.1.53", script: Any = SCRIPT) -> Any:
    """The tool call that comes of a prompt to an agent."""
    async with serving(script, version=version) as served:
        session = await served.session()
        await served.prompt(session, prompt, agent=agent)
        return (await served.messages(session))[1]["parts"][1]


async def test_the_planner_writes_nothing_but_plans(serving: Serving) -> None:
    """The rule that forbids it is named, with those around it; the run goes on."""
    refused = (await called(serving, "write", "plan"))["state"]
    assert refused["status"] == "error"
    assert refused["error"].partition("relevant rules ")[2] == (
        '[{"permission":"*","pattern":"*","action":"allow"},{"permission":"edit","pattern":"*","action":"deny"},'
        '{"permission":"edit","pattern":".opencode/plans/*.md","action":"allow"},'
        '{"permission":"edit","pattern":"../../home/user/.local/share/opencode/plans/*.md","action":"allow"}]'
    )
    assert (await called(serving, "plan it", "plan"))["state"]["status"] == "completed"


async def test_a_script_has_the_last_word(serving: Serving) -> None:
    """Its rules come behind those of the agent, as those of a configuration do."""
    asking = {"prompt": "other", "steps": [{"write": "other.txt", "content": "", "permission": "ask"}]}
    script = {"replies": [asking, *SCRIPT["replies"]]}
    assert (await called(serving, "write", "plan", script=script))["state"]["status"] == "completed"


@pytest.mark.parametrize(("agent", "tool"), [("general", "invalid"), ("build", "todowrite"), ("plan", "todowrite")])
async def test_a_tool_that_the_agent_may_not_use_at_all(serving: Serving, agent: str, tool: str) -> None:
    """It is not offered, so that the call becomes one of another tool."""
    part = await called(serving, "todos", agent)
    assert (part["tool"], part["state"]["status"]) == (tool, "completed")


async def test_an_agent_that_is_not_offered_the_tool_for_mistakes(serving: Serving) -> None:
    """The call keeps its name and its input, and the error names the tool for mistakes."""
    part = await called(serving, "write", "explore")
    assert part["tool"] == "write"
    assert part["state"]["input"]["content"] == "hi\n"
    assert part["state"]["error"] == (
        "Model tried to call unavailable tool 'invalid'. Available tools: bash, read, glob, grep, webfetch."
    )


@pytest.mark.parametrize(("version", "status"), [("1.15.13", "completed"), ("1.18.34", "error")])
async def test_whom_the_planner_may_set_to_work(serving: Serving, version: str, status: str) -> None:
    """From 1.17.9 on not the agent that may do everything."""
    assert (await called(serving, "task", "plan", version))["state"]["status"] == status


def _world(script: dict[str, Any] = SCRIPT) -> World:
    casting = Casting(Script.model_validate(script))
    return World("1.1.53", behaviours("1.1.53"), "/data/workspace", casting, Identifiers(0), VirtualClock().now)


def test_the_rules_of_an_agent_come_before_those_of_the_script() -> None:
    """The last one that fits holds: so the script may forbid what an agent is allowed, but not its own outputs."""
    step = {"tool": "webfetch", "input": {}, "output": "", "permission": "deny"}
    world = _world({"replies": [{"steps": [step]}]})
    rules = [(rule.permission, rule.action) for rule in rules_of(world, "build", "/data/workspace")]
    assert rules[0] == ("*", "allow")
    assert rules[-2:] == [("webfetch", "deny"), ("external_directory", "allow")]


def test_an_agent_that_does_not_exist_has_no_rules() -> None:
    """The generator names it, instead of a ``RuntimeError`` that says nothing."""
    with pytest.raises(KeyError, match="nobody"):
        list(rules_of(_world(), "nobody", "/data/workspace"))
