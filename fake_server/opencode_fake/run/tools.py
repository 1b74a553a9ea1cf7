"""What a tool call does and reports, as a version words it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from opencode_fake.run import truncation
from opencode_fake.run.effects import Event, event
from opencode_fake.scripts.model import JsonObject, JsonValue
from opencode_fake.scripts.steps import CallStep, ToolStep
from opencode_fake.state.store import Session
from opencode_fake.state.wire import ToolPart, ToolState
from opencode_fake.state.workspace import Workspace, count_lines, patch
from opencode_fake.versions import Behaviours

_PREFIX = "Error: "
_ABORTED_COMMAND = "(no output)\n\n<shell_metadata>\nUser aborted the command\n</shell_metadata>"


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


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that is performed: what it was given, where, and in which version."""

    step: CallStep
    given: JsonObject
    workspace: Workspace
    behaviours: Behaviours

    @property
    def path(self) -> str:
        """The file that it is about."""
        return str(self.given.get("filePath"))

    @property
    def title(self) -> str:
        """The file as titles show it."""
        return self.workspace.relative(self.path)

    def failed(self, error: str) -> Outcome:
        """The tool's error, which older versions begin with a prefix."""
        bare = error.removeprefix(_PREFIX)
        return Outcome(error=_PREFIX + bare if self.behaviours.tool_errors_prefixed else bare)


class ToolFailed(Exception):
    """The tool cannot do what it is asked to."""

    def __init__(self, error: str, shown: JsonObject | None = None) -> None:
        super().__init__(error)
        self._error = error
        self._shown = shown or {}

    def outcome(self, call: Call) -> Outcome:
        """The result of the call: the error, and what the tool showed until then."""
        return replace(call.failed(self._error), metadata=self._shown)


def check(call: Call, tool: str) -> None:
    """What a tool finds out before it asks for leave. Raises ToolFailed."""
    if tool == "edit":
        _edited(call)


def shown_with(call: Call, permission: str, tool: str) -> JsonObject:
    """What a permission request tells of the call."""
    given = call.given
    match permission:
        case "external_directory":
            return {"filepath": call.path, "parentDir": str(PurePosixPath(call.path).parent)}
        case "edit":
            before = call.workspace.files.get(call.path, "")
            after = str(given["content"]) if tool == "write" else _edited(call)
            return {"filepath": call.path, "diff": patch(call.path, before, after)}
        case "bash" if call.behaviours.bash_request_has_command:
            described = call.behaviours.bash_described
            return {key: given.get(key) for key in ("command", "description")[: 1 + described]}
        case "task":
            return {key: given.get(key) for key in ("description", "subagent_type")}
        case "glob" | "grep":
            return {key: given[key] for key in ("pattern", "path", "include") if key in given}
        case _:
            return {}


def begin(tool: str, given: JsonObject, behaviours: Behaviours) -> JsonObject | None:
    """The metadata that a tool shows as soon as it runs; None for those that show nothing yet."""
    return silence(given, behaviours) if tool == "bash" and behaviours.tools_begin_first else None


def silence(given: JsonObject, behaviours: Behaviours) -> JsonObject:
    """What a command shows that has printed nothing so far."""
    return _bash_shown("", given, behaviours)


def given_up(part: ToolPart, now: int, behaviours: Behaviours, *, working: bool) -> ToolState:
    """How a tool stands that was under way when its call ended with an error: at work, or waiting for the user."""
    given, start = part["state"]["input"], part["state"].get("time", {"start": now})["start"]
    if behaviours.abort_kills_tools:
        return {
            "status": "error",
            "input": given,
            "error": "Tool execution aborted",
            "time": {"start": now, "end": now},
        }
    if part["tool"] == "task" and behaviours.subagents_end_first:
        return {
            "status": "error",
            "input": given,
            "error": "Task cancelled",
            "metadata": part["state"].get("metadata", {}),
            "time": {"start": start, "end": now},
        }
    if part["tool"] == "bash" and working:
        return {
            "status": "completed",
            "input": given,
            "output": _ABORTED_COMMAND,
            "title": _bash_title(given, behaviours),
            "metadata": {**_bash_shown(_ABORTED_COMMAND, given, behaviours), "exit": None, "truncated": False},
            "time": {"start": start, "end": now},
        }
    ended: ToolState = {
        "status": "error",
        "input": given,
        "error": "Tool execution aborted",
        "metadata": {**part["state"].get("metadata", {}), "interrupted": True},
        "time": {"start": start, "end": now},
    }
    return {**part["state"], **ended} if behaviours.running_keeps_raw else ended


def perform(call: Call, tool: str) -> Outcome:
    """Performs the call; ``write`` and ``edit`` change the workspace."""
    step, behaviours = call.step, call.behaviours
    if isinstance(step, ToolStep) and step.error is not None:
        return Outcome(error=step.error) if behaviours.tool_errors_prefixed else call.failed(step.error)
    if isinstance(step, ToolStep) and step.output is not None and tool != "bash":
        return Outcome(
            output=step.output, title=step.title or "", metadata=dict(step.metadata or {}) | {"truncated": False}
        )
    return _TOOLS.get(tool, _plain)(call)


def invalid(call: Call) -> Outcome:
    """What comes of the tool ``invalid``."""
    output = f"The arguments provided to the tool are invalid: {call.given['error']}"
    return Outcome(output=output, title="Invalid Tool", metadata={"truncated": False})


def _plain(call: Call) -> Outcome:
    step = call.step
    if not isinstance(step, ToolStep):
        raise TypeError(f"no tool for {step!r} with {call.given!r} in {call.workspace.directory}")
    return Outcome(title=step.title or "", metadata=dict(step.metadata or {}) | {"truncated": False})


def _bash(call: Call) -> Outcome:
    output, code = (call.step.output or "", call.step.exit) if isinstance(call.step, ToolStep) else ("", 0)
    worded = output or ("(no output)" if call.behaviours.silence_is_worded else "")
    keeps_end = call.behaviours.long_output_keeps_end
    shown = _bash_shown(truncation.preview(worded, keeps_end=keeps_end), call.given, call.behaviours)
    return Outcome(
        output=worded,
        title=_bash_title(call.given, call.behaviours),
        metadata={**shown, "exit": code, "truncated": False},
        progress=(shown,) if output else (),
    )


def _bash_title(given: JsonObject, behaviours: Behaviours) -> str:
    return str(given.get("description", "") if behaviours.bash_described else given.get("command", ""))


def _bash_shown(output: str, given: JsonObject, behaviours: Behaviours) -> JsonObject:
    shown: JsonObject = {"output": output}
    return shown | {"description": given.get("description", "")} if behaviours.bash_described else shown


def _write(call: Call) -> Outcome:
    existed = call.path in call.workspace.files
    call.workspace.files[call.path] = str(call.given["content"])
    return Outcome(
        output="Wrote file successfully.",
        title=call.title,
        metadata={"diagnostics": {}, "filepath": call.path, "exists": existed, "truncated": False},
        events=_file_events(call.path, existed=existed),
    )


def _edit(call: Call) -> Outcome:
    before, after = call.workspace.files.get(call.path, ""), _edited(call)
    call.workspace.files[call.path] = after
    changes = _edit_shown(call, before, after)
    return Outcome(
        output="Edit applied successfully.",
        title=call.title,
        metadata={**changes, "truncated": False},
        progress=(changes,),
        events=_file_events(call.path, existed=True),
    )


def _edited(call: Call) -> str:
    """The file with the text replaced. Raises ToolFailed where that cannot be done."""
    old, new = str(call.given["oldString"]), str(call.given["newString"])
    before = call.workspace.files.get(call.path)
    if before is None:
        raise ToolFailed(f"File {call.path} not found")
    found = before.count(old) if old else 0
    if not found:
        raise ToolFailed(_NOT_FOUND[call.behaviours.edit_errors_explain])
    if found > 1 and not call.given.get("replaceAll"):
        raise ToolFailed(_AMBIGUOUS[call.behaviours.edit_errors_explain])
    return before.replace(old, new)


_NOT_FOUND = {
    False: "oldString not found in content",
    True: "Could not find oldString in the file. It must match exactly, including whitespace, indentation, and line "
    "endings.",
}
_AMBIGUOUS = {
    False: "Found multiple matches for oldString. Provide more surrounding lines in oldString to identify the correct "
    "match.",
    True: "Found multiple matches for oldString. Provide more surrounding context to make the match unique.",
}


def _edit_shown(call: Call, before: str, after: str) -> JsonObject:
    additions, deletions = count_lines(before, after)
    diff = patch(call.path, before, after)
    texts: JsonObject = {"patch": diff} if call.behaviours.diff_is_patch else {"before": before, "after": after}
    changes: JsonObject = {"file": call.path, **texts, "additions": additions, "deletions": deletions}
    return {"diff": diff, "filediff": changes, "diagnostics": {}}


def answered(questions: JsonValue, answers: list[list[str]]) -> Outcome:
    """The answers to questions, as the model is told them."""
    listed = questions if isinstance(questions, list) else []
    asked = [f"{each['question']}" for each in listed if isinstance(each, dict)]
    given = [", ".join(words) or "Unanswered" for words in answers]
    given += ["Unanswered"] * (len(asked) - len(given))
    pairs = ", ".join(f'"{question}"="{words}"' for question, words in zip(asked, given, strict=False))
    return Outcome(
        output=f"User has answered your questions: {pairs}. You can now continue with the user's answers in mind.",
        title=f"Asked {len(asked)} question{'s' if len(asked) > 1 else ''}",
        metadata={"answers": [list(words) for words in answers], "truncated": False},
    )


def write_todos(session: Session, given: JsonObject, behaviours: Behaviours) -> Outcome:
    """Replaces the session's todo list."""
    listed = given["todos"] if isinstance(given["todos"], list) else []
    todos = [todo for todo in listed if isinstance(todo, dict)]
    session.todos = _todos(todos, ids=behaviours.todos_have_ids)
    shown = _todos(todos, ids=behaviours.todos_show_ids)
    left = sum(todo.get("status") != "completed" for todo in todos)
    return Outcome(
        output=json.dumps(shown, indent=2, ensure_ascii=False),
        title=f"{left} todos",
        metadata={"todos": list(shown), "truncated": False},
        events=(event("todo.updated", sessionID=session.id, todos=shown),),
    )


def _todos(given: Sequence[JsonObject], *, ids: bool) -> list[JsonObject]:
    keys = {"content", "status", "priority"} | ({"id"} if ids else set())
    return [{key: todo[key] for key in todo if key in keys} for todo in given]


def _read(call: Call) -> Outcome:
    content, behaviours = call.workspace.files.get(call.path), call.behaviours
    if content is None:
        return call.failed(f"File not found: {call.path}")
    lines = content.split("\n") if behaviours.read_counts_last_line else content.splitlines()
    preview = "\n".join(lines[:20])
    metadata: JsonObject = {"preview": preview, "truncated": False}
    if behaviours.read_is_tagged:
        metadata["loaded"] = []
    if behaviours.read_has_display:
        metadata["display"] = _display(call.path, lines)
    output = _tagged(call.path, lines, behaviours) if behaviours.read_is_tagged else _numbered(lines)
    return Outcome(output=output, title=call.title, metadata=metadata)


def _numbered(lines: list[str]) -> str:
    numbered = "\n".join(f"{number:05d}| {line}" for number, line in enumerate(lines, 1))
    return f"<file>\n{numbered}\n\n(End of file - total {len(lines)} lines)\n</file>"


def _tagged(path: str, lines: list[str], behaviours: Behaviours) -> str:
    numbered = "\n".join(f"{number}: {line}" for number, line in enumerate(lines, 1))
    begin = "<content>\n" if behaviours.read_breaks_after_tag else "<content>"
    end = f"\n\n(End of file - total {len(lines)} lines)\n</content>"
    return f"<path>{path}</path>\n<type>file</type>\n{begin}{numbered}{end}"


def _display(path: str, lines: list[str]) -> JsonObject:
    return {
        "type": "file",
        "path": path,
        "text": "\n".join(lines),
        "lineStart": 1,
        "lineEnd": len(lines),
        "totalLines": len(lines),
        "truncated": False,
    }


def _file_events(path: str, *, existed: bool) -> tuple[Event, ...]:
    kind = "change" if existed else "add"
    return event("file.edited", file=path), event("file.watcher.updated", file=path, event=kind)


_TOOLS: dict[str, Callable[[Call], Outcome]] = {
    "bash": _bash,
    "write": _write,
    "edit": _edit,
    "read": _read,
}
