"""What the commands print for a person."""

from __future__ import annotations

import json
import sys

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from opencode_sandbox.cli.screen import harmless, say, say_json
from opencode_sandbox.models import (
    AssistantInfo,
    JsonObject,
    Message,
    ReasoningPart,
    Session,
    TextPart,
    Tokens,
    ToolCompleted,
    ToolError,
    ToolPart,
    total_cost,
    total_tokens,
)


def print_json(value: JsonObject) -> None:
    """Print JSON, indented."""
    say_json(json.dumps(value, indent=2, ensure_ascii=False))


def print_sessions(sessions: list[Session]) -> None:
    """Print a table of sessions."""
    table = Table("id", "title", "directory", box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    for session in sessions:
        table.add_row(*(Text(harmless(cell, sys.stdout)) for cell in (session.id, session.title, session.directory)))
    Console().print(table)


def print_session(session: Session) -> None:
    """Print what is known of a session, a line each."""
    for key, value in session.wire().items():
        say(f"{key}: {value if isinstance(value, str) else json.dumps(value)}")


def print_messages(messages: list[Message]) -> None:
    """Print a conversation and what it cost."""
    for message in messages:
        typer.secho(harmless(f"{message.info.role} {message.id}", sys.stdout), bold=True)
        for part in message.parts:
            for line in _lines(part):
                say(f"  {line}")
        if isinstance(message.info, AssistantInfo) and message.info.error:
            say(f"  error: {message.info.error.name}: {message.info.error.message}")
    typer.echo(usage(total_cost(messages), total_tokens(messages)), err=True)


def usage(cost: float, tokens: Tokens) -> str:
    """Say what something cost."""
    return f"cost {cost:.6f}, tokens {tokens.input} in, {tokens.output} out, {tokens.reasoning} reasoning"


def _lines(part: object) -> list[str]:
    match part:
        case TextPart(text=text):
            return text.splitlines()
        case ReasoningPart(text=text):
            return [f"(thinks) {line}" for line in text.splitlines()]
        case ToolPart(tool=tool, state=ToolCompleted(output=output)):
            return [f"[{tool}]", *(f"| {line}" for line in output.splitlines())]
        case ToolPart(tool=tool, state=ToolError(error=error)):
            return [f"[{tool}] failed: {error}"]
        case ToolPart(tool=tool, state=state):
            return [f"[{tool}] {state.status}"]
    return []
