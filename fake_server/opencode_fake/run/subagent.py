"""A child session that does a task for the session that called the tool ``task``."""

from __future__ import annotations

from typing import cast

from opencode_fake.run.effects import Event
from opencode_fake.run.events import session_created
from opencode_fake.run.prompt import accept
from opencode_fake.run.tools import Outcome
from opencode_fake.scripts.model import JsonObject
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import AssistantInfo
from opencode_fake.state.world import World

_WITHHELD = ("todowrite", "todoread", "task")
"""The tools that a subagent may not use."""


def open_child(world: World, parent: Session, asking: Message, given: JsonObject) -> tuple[Session, list[Event]]:
    """The child session with its prompt, not running yet."""
    child = world.create_session(
        parent.info["directory"],
        title=f"{given['description']} (@{given['subagent_type']} subagent)",
        parent_id=parent.id,
        permission=[{"permission": tool, "pattern": "*", "action": "deny"} for tool in _WITHHELD],
    )
    created = session_created(world, child)
    info = cast("AssistantInfo", asking.info)
    prompt: JsonObject = {
        "agent": given["subagent_type"],
        "model": {"modelID": info["modelID"], "providerID": info["providerID"]},
        "tools": dict.fromkeys(_WITHHELD, False),
        "parts": [{"type": "text", "text": given["prompt"]}],
    }
    return child, [*created, *accept(world, child, prompt)[1]]


def metadata(child: Session, asking: Message) -> JsonObject:
    """What the tool shows of the child."""
    info = cast("AssistantInfo", asking.info)
    model: JsonObject = {"modelID": info["modelID"], "providerID": info["providerID"]}
    return {"sessionId": child.id, "model": model}


def outcome(child: Session, description: str, shown: JsonObject) -> Outcome:
    """The last words of the child."""
    last = child.last_assistant()
    parts = child.messages[last["id"]].parts.values() if last is not None else ()
    text = next((part["text"] for part in reversed(list(parts)) if part["type"] == "text"), "")
    return Outcome(
        output=f"task_id: {child.id} (for resuming to continue this task if needed)\n\n"
        f"<task_result>\n{text}\n</task_result>",
        title=description,
        metadata={"summary": [], **shown, "truncated": False},
    )
