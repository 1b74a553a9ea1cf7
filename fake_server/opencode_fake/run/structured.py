"""Answers in a form that the prompt asks for: JSON of a schema, which the model hands over by calling a tool."""

from __future__ import annotations

from typing import cast

from opencode_fake.run.tools import Outcome
from opencode_fake.scripts.model import JsonObject
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import AssistantInfo, ErrorInfo, UserInfo

TOOL = "StructuredOutput"
"""The tool that the model is given, and has to call."""
RETRIES = 2
"""How often the server would let the model try again, where the prompt does not say it."""
KIND = "json_schema"
NAMES = {"text": "OutputFormatText", KIND: "OutputFormatJsonSchema"}
"""What the server's errors call the kinds of form."""


def stored(given: JsonObject) -> JsonObject:
    """The ``format`` of a prompt as its message keeps it."""
    if given["type"] != KIND:
        return {"type": given["type"]}
    return {"type": KIND, "schema": given["schema"], "retryCount": given.get("retryCount", RETRIES)}


def is_asked_for(user: UserInfo) -> bool:
    """Whether this prompt asks for a form."""
    return user.get("format", {}).get("type") == KIND


def is_answered_with(session: Session, message: Message) -> bool:
    """Whether ``message`` belongs to a prompt that asks for a form."""
    asked = session.messages.get(cast("AssistantInfo", message.info)["parentID"])
    return asked is not None and is_asked_for(cast("UserInfo", asked.info))


def handed_over() -> Outcome:
    """What comes of the tool: whatever it is given is taken."""
    output = "Structured output captured successfully."
    return Outcome(output=output, title="Structured Output", metadata={"valid": True})


def conclude(message: Message) -> bool:
    """Notes what the model has handed over, or that it ended without. Returns whether that ends the run."""
    info = cast("AssistantInfo", message.info)
    calls = [part for part in message.parts.values() if part["type"] == "tool" and part["tool"] == TOOL]
    if calls:
        info["structured"] = calls[-1]["state"]["input"]
        return True
    if info.get("finish") == "stop" and "error" not in info:
        info["error"] = _missing()
        return True
    return False


def _missing() -> ErrorInfo:
    return {
        "name": "StructuredOutputError",
        "data": {"message": "Model did not produce structured output", "retries": 0},
    }
