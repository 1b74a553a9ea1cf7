"""How a script's steps call the server's tools: the tool's name and the input it is given, the same on both stages."""

from __future__ import annotations

from collections.abc import Iterator

from opencode_fake.scripts.model import JsonObject, JsonValue, Script, workspace_path
from opencode_fake.scripts.steps import (
    CallStep,
    Choice,
    EditStep,
    QuestionStep,
    TaskStep,
    Todo,
    TodosStep,
    ToolStep,
    WriteStep,
    is_call,
)

SHELL_TOOL = "bash"
FILE_TOOLS = frozenset({"write", "edit", "multiedit", "patch", "apply_patch"})
"""The server's tools that change files."""
PATH_KEYS = frozenset({"filePath", "path"})
"""The inputs of tools that name a file or folder of the workspace."""


def script_calls(script: Script) -> Iterator[CallStep]:
    """Every call of a script."""
    return (step for step in script.all_steps() if is_call(step))


def script_commands(script: Script) -> dict[str, ToolStep]:
    """The shell commands of a script, each with the step that is the first to say how it goes."""
    commands: dict[str, ToolStep] = {}
    for step in script_calls(script):
        if isinstance(step, ToolStep) and step.tool == SHELL_TOOL:
            commands.setdefault(f"{step.input.get('command')}", step)
    return commands


def tool_name(step: CallStep) -> str:
    """The name of the tool that ``step`` calls."""
    match step:
        case WriteStep():
            return "write"
        case EditStep():
            return "edit"
        case QuestionStep():
            return "question"
        case TodosStep():
            return "todowrite"
        case TaskStep():
            return "task"
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
        case QuestionStep():
            return {"questions": [_question(step)]}
        case TodosStep():
            return {"todos": [_todo(number, todo) for number, todo in enumerate(step.todos, 1)]}
        case TaskStep():
            return {"description": step.description, "prompt": step.task, "subagent_type": step.agent}
        case ToolStep(tool="bash") if "command" in step.input:
            # 1.1.53 refuses a bash call without a description, and shows it as the tool's title.
            return {**step.input, "description": step.input.get("description", step.title or step.input["command"])}
        case ToolStep():
            return {key: _located(key, value, directory) for key, value in step.input.items()}


def _located(key: str, value: JsonValue, directory: str) -> JsonValue:
    if key in PATH_KEYS and isinstance(value, str) and value.startswith("/"):
        return workspace_path(value, directory)
    return value


def _question(step: QuestionStep) -> JsonObject:
    choices = (choice if isinstance(choice, Choice) else Choice(label=choice) for choice in step.options)
    asked: JsonObject = {
        "question": step.question,
        "header": step.header,
        "options": [{"label": choice.label, "description": choice.description} for choice in choices],
    }
    return asked | {"multiple": True} if step.multiple else asked


def _todo(number: int, todo: str | Todo) -> JsonObject:
    item = todo if isinstance(todo, Todo) else Todo(content=todo)
    # 1.1.x wants an id; later versions drop it.
    return {"id": f"{number}", "content": item.content, "status": item.status, "priority": item.priority}
