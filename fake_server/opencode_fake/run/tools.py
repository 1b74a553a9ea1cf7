"""What a tool call does and reports (measured on 1.1.53)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from opencode_fake.run.effects import Event, event
from opencode_fake.scripts.model import CallStep, JsonObject, ToolStep
from opencode_fake.state.workspace import Workspace, count_lines, patch

ABORTED = "Tool execution aborted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a tool call ended."""

    output: str = ""
    error: str | None = None
    """Set where the call failed; nothing else counts then."""
    title: str = ""
    metadata: JsonObject = field(default_factory=dict)
    progress: tuple[JsonObject, ...] = ()
    """The metadata that the tool showed while it ran."""
    events: tuple[Event, ...] = ()
    """What its work set off elsewhere."""


def begin(tool: str, given: JsonObject) -> JsonObject | None:
    """The metadata that a tool shows as soon as it runs; None for those that show nothing yet."""
    return {"output": "", "description": given.get("description", "")} if tool == "bash" else None


def perform(step: CallStep, tool: str, given: JsonObject, workspace: Workspace) -> Outcome:
    """Performs the call; ``write`` and ``edit`` change the workspace."""
    if isinstance(step, ToolStep) and step.error is not None:
        return Outcome(error=step.error)
    if isinstance(step, ToolStep) and step.output is not None and tool != "bash":
        return Outcome(
            output=step.output, title=step.title or "", metadata=dict(step.metadata or {}) | {"truncated": False}
        )
    return _TOOLS.get(tool, _plain)(step, given, workspace)


def _plain(step: CallStep, given: JsonObject, workspace: Workspace) -> Outcome:
    if not isinstance(step, ToolStep):
        raise TypeError(f"no tool for {step!r} with {given!r} in {workspace.directory}")
    return Outcome(title=step.title or "", metadata=dict(step.metadata or {}) | {"truncated": False})


def _bash(step: CallStep, given: JsonObject, _: Workspace) -> Outcome:
    output, code = (step.output or "", step.exit) if isinstance(step, ToolStep) else ("", 0)
    description = given.get("description", "")
    shown: JsonObject = {"output": output, "description": description}
    return Outcome(
        output=output,
        title=f"{description}",
        metadata={"output": output, "exit": code, "description": description, "truncated": False},
        progress=(shown,) if output else (),
    )


def _write(_: CallStep, given: JsonObject, workspace: Workspace) -> Outcome:
    path, content = str(given["filePath"]), str(given["content"])
    existed = path in workspace.files
    workspace.files[path] = content
    return Outcome(
        output="Wrote file successfully.",
        title=workspace.relative(path),
        metadata={"diagnostics": {}, "filepath": path, "exists": existed, "truncated": False},
        events=_file_events(path, existed=existed),
    )


def _edit(_: CallStep, given: JsonObject, workspace: Workspace) -> Outcome:
    path, old, new = str(given["filePath"]), str(given["oldString"]), str(given["newString"])
    before = workspace.files.get(path)
    if before is None:
        return Outcome(error=f"Error: File {path} not found")
    found = before.count(old) if old else 0
    if not found:
        return Outcome(error="Error: oldString not found in content")
    if found > 1 and not given.get("replaceAll"):
        return Outcome(
            error="Error: Found multiple matches for oldString. Provide more surrounding lines in oldString to "
            "identify the correct match."
        )
    after = before.replace(old, new)
    workspace.files[path] = after
    additions, deletions = count_lines(before, after)
    changes: JsonObject = {
        "file": path,
        "before": before,
        "after": after,
        "additions": additions,
        "deletions": deletions,
    }
    shown: JsonObject = {"diff": patch(path, before, after), "filediff": changes, "diagnostics": {}}
    return Outcome(
        output="Edit applied successfully.",
        title=workspace.relative(path),
        metadata={**shown, "truncated": False},
        progress=(shown,),
        events=_file_events(path, existed=True),
    )


def _read(_: CallStep, given: JsonObject, workspace: Workspace) -> Outcome:
    path = str(given.get("filePath"))
    content = workspace.files.get(path)
    if content is None:
        return Outcome(error=f"Error: File not found: {path}")
    lines = content.split("\n")
    numbered = "\n".join(f"{number:05d}| {line}" for number, line in enumerate(lines, 1))
    return Outcome(
        output=f"<file>\n{numbered}\n\n(End of file - total {len(lines)} lines)\n</file>",
        title=workspace.relative(path),
        metadata={"preview": "\n".join(lines[:20]), "truncated": False},
    )


def _file_events(path: str, *, existed: bool) -> tuple[Event, ...]:
    kind = "change" if existed else "add"
    return event("file.edited", file=path), event("file.watcher.updated", file=path, event=kind)


_TOOLS: dict[str, Callable[[CallStep, JsonObject, Workspace], Outcome]] = {
    "bash": _bash,
    "write": _write,
    "edit": _edit,
    "read": _read,
}
