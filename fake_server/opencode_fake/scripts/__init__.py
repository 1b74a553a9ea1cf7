"""Scripts: what the assistant will do, written in Python or YAML."""

from __future__ import annotations

from opencode_fake.scripts.errors import (
    InvalidScript,
    Problem,
    ScriptError,
    ScriptSyntaxError,
    UnknownScript,
    UnreadableScript,
)
from opencode_fake.scripts.matching import Casting, Performance, Unmatched
from opencode_fake.scripts.model import Exactly, Failure, Regex, Reply, Script, Tokens, Turn
from opencode_fake.scripts.notation import (
    delay,
    edit,
    error,
    provider_error,
    question,
    reasoning,
    reply,
    script,
    stream_error,
    task,
    text,
    todos,
    tool,
    turn,
    write,
)
from opencode_fake.scripts.schema import json_schema
from opencode_fake.scripts.steps import Choice, Step, Todo
from opencode_fake.scripts.yaml_file import dumps_script, load_script, loads_script

__all__ = [
    "Casting",
    "Choice",
    "Exactly",
    "Failure",
    "InvalidScript",
    "Performance",
    "Problem",
    "Regex",
    "Reply",
    "Script",
    "ScriptError",
    "ScriptSyntaxError",
    "Step",
    "Todo",
    "Tokens",
    "Turn",
    "UnknownScript",
    "Unmatched",
    "UnreadableScript",
    "delay",
    "dumps_script",
    "edit",
    "error",
    "json_schema",
    "load_script",
    "loads_script",
    "provider_error",
    "question",
    "reasoning",
    "reply",
    "script",
    "stream_error",
    "task",
    "text",
    "todos",
    "tool",
    "turn",
    "write",
]
