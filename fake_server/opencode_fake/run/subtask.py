"""A subtask part of a prompt: a subagent does it before the model is asked."""

from __future__ import annotations

from collections.abc import Generator
from typing import cast

from opencode_fake.run.answer import open_message
from opencode_fake.run.effects import Aborted, Effect, Effects, event
from opencode_fake.run.errors import unknown_agent
from opencode_fake.run.models import AGENTS
from opencode_fake.run.subagent import Subagent, refusal
from opencode_fake.run.tools import Outcome, ToolFailed
from opencode_fake.run.writing import write_message, write_part
from opencode_fake.scripts.model import JsonObject
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import ModelRef, PartTime, TextPart, ToolPart, ToolState, UserInfo
from opencode_fake.state.world import World

_SUMMARIZE = "Summarize the task tool output above and continue with your task."


def pending(session: Session) -> JsonObject | None:
    """The subtask that comes next: the last one of the first prompt with any since an answer was finished.

    That it is finished makes an end of the others of its prompt. A prompt that was left alone, because it was forked or
    its subtask aborted, hands its subtask on to the next prompt.
    """
    task: JsonObject | None = None
    for message in reversed(session.ordered()):
        if "finish" in message.info:
            break
        own = [part for part in message.parts.values() if part["type"] == "subtask"]
        task = cast("JsonObject", own[-1]) if own else task
    return task


def fell_through(session: Session) -> bool:
    """Whether the run ended before a subtask did: its answer was never completed."""
    last = session.last_assistant()
    return last is not None and "completed" not in last["time"] and pending(session) is not None


def perform(
    world: World, session: Session, user: UserInfo, task: JsonObject, directory: str
) -> Generator[Effect, None, bool]:
    """Lets a subagent do it, in a message of its own; a command's subtask is followed by a prompt to sum it up.

    Returns whether the run goes on: where agents are looked up first, it ends at one that does not exist.
    """
    agent = f"{task['agent']}"
    asking: UserInfo = {**user, "agent": agent, "model": _model(task, user)}
    message = open_message(world, session, asking, directory)
    if agent in AGENTS and refusal(world, session) is not None:
        # Nothing is waited for, so already the first that is told of the message shows its end.
        _finish(message, world.now())
    yield write_message(world, session, message)
    part, start = _call(world, message, task), world.now()
    yield write_part(world, session, message, part)
    if agent not in AGENTS and world.behaviours.unknown_agent_is_an_event:
        yield event("session.error", sessionID=session.id, error=unknown_agent(agent, world.behaviours))
        return False
    given = part["state"]["input"]
    ended: ToolState
    try:
        outcome = yield from _work(Subagent(world, session, message, part))
        ended = {
            "status": "completed",
            "input": given,
            "output": outcome.output,
            "title": outcome.title,
            "metadata": outcome.metadata,
        }
    except ToolFailed as failed:
        ended = {"status": "error", "input": given, "error": f"Tool execution failed: {failed}"}
    end = world.now()
    _finish(message, end)
    yield write_message(world, session, message)
    ended["time"] = PartTime(start=start, end=end)
    part["state"] = ended
    yield write_part(world, session, message, part)
    if "command" in task:
        yield from _ask_for_summary(world, session, user)
    return True


def _model(task: JsonObject, user: UserInfo) -> ModelRef:
    """The task's own model, in the variant that the prompt wants."""
    model = cast("ModelRef", task.get("model", user["model"]))
    return {**model, "variant": user["model"]["variant"]} if "variant" in user["model"] else model


def _finish(message: Message, end: int) -> None:
    info = message.info
    if info["role"] == "assistant":
        info["finish"] = "tool-calls"
        info["time"]["completed"] = end


def _work(subagent: Subagent) -> Generator[Effect, None, Outcome]:
    try:
        return (yield from subagent.work())
    except Aborted:
        yield from subagent.end()
        raise


def _call(world: World, message: Message, task: JsonObject) -> ToolPart:
    now, info = world.now(), message.info
    given: JsonObject = {
        "prompt": task["prompt"],
        "description": task["description"],
        "subagent_type": task["agent"],
    }
    if "command" in task:
        given["command"] = task["command"]
    part: ToolPart = {
        "id": world.identifiers.ascending("prt", now),
        "sessionID": info["sessionID"],
        "messageID": info["id"],
        "type": "tool",
        "callID": world.identifiers.ulid(now),
        "tool": "task",
        "state": {"status": "running", "input": given, "time": {"start": now}},
    }
    return part


def _ask_for_summary(world: World, session: Session, user: UserInfo) -> Effects:
    created = world.now()
    asking: UserInfo = {
        "id": world.identifiers.ascending("msg", created),
        "sessionID": session.id,
        "role": "user",
        "time": {"created": created},
        "agent": user["agent"],
        "model": user["model"],
    }
    message = Message(asking)
    yield write_message(world, session, message)
    part: TextPart = {
        "id": world.identifiers.ascending("prt", world.now()),
        "sessionID": session.id,
        "messageID": asking["id"],
        "type": "text",
        "text": _SUMMARIZE,
        "synthetic": True,
    }
    yield write_part(world, session, message, part)
