"""How a script's steps call the server's tools: the tool's name and the input it is given, the same on both stages."""

from __future__ import annotations

from opencode_fake.scripts.model import CallStep, EditStep, JsonObject, JsonValue, ToolStep, WriteStep, workspace_path

SHELL_TOOL = "bash"
FILE_TOOLS = frozenset({"write", "edit", "multiedit", "patch", "apply_patch"})
"""The server's tools that change files."""
PATH_KEYS = frozenset({"filePath", "path"})
"""The inputs of tools that name a file or folder of the workspace."""


def tool_name(step: CallStep) -> str:
    """The name of the tool that ``step`` calls."""
    match step:
        case WriteStep():
            return "write"
        case EditStep():
            return "edit"
        case ToolStep():
            return step.tool


def tool_input(step: CallStep, directory: str) -> JsonObject:
    """The input that the tool gets in the workspace ``directory``."""
    match step:
        case WriteStep():
            return {"filePath": workspace_path(step.write, directory), "content": step.content}
        case EditStep():
            replaced: JsonObject = {
                "filePath": workspace_path(step.edit, directory),
                "oldString": step.old,
                "newString": step.new,
            }
            return replaced | {"replaceAll": True} if step.all else replaced
        case ToolStep(tool="bash") if "command" in step.input:
            # 1.1.53 refuses a bash call without a description, and shows it as the tool's title.
            return {**step.input, "description": step.input.get("description", step.title or step.input["command"])}
        case ToolStep():
            return {key: _located(key, value, directory) for key, value in step.input.items()}


def _located(key: str, value: JsonValue, directory: str) -> JsonValue:
    if key in PATH_KEYS and isinstance(value, str) and value.startswith("/"):
        return workspace_path(value, directory)
    return value
