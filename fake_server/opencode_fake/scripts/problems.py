"""Words for what pydantic finds wrong with a script: where it is, what is wrong, what to write instead."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeAlias, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from opencode_fake.scripts.errors import Problem
from opencode_fake.scripts.model import Exactly, Regex
from opencode_fake.scripts.steps import STEP_KEYS

Place: TypeAlias = tuple[str | int, ...]
"""Keys and positions that lead from the top of the script to a value."""

SHAPES = {
    "agent": "a text: the subagent's name, such as general",
    "all": "true or false",
    "cache": "a group such as {read: 400, write: 0}",
    "checksum": "what 'opencode-fake record' wrote",
    "chunks": "a list of texts that joined are the whole, such as [Hel, lo]",
    "content": "a text: what the file holds afterwards",
    "cost": "a number of USD, such as 0.04",
    "date": "a date, as 'opencode-fake record' writes it",
    "default": "a reply without 'prompt', such as {steps: [{text: ...}]}",
    "delay": "a number of seconds, such as 0.5",
    "description": "a text",
    "duration": "a number of seconds, such as 0.5",
    "edit": "a text: the file's path",
    "error": "a group such as {kind: provider, status: 401, message: bad key}",
    "exactly": "a text",
    "exit": "a whole number from 0 to 255",
    "header": "a text: a word or two",
    "include": "a list of names and files, such as [rate-limit, ./other.yaml]",
    "input": "a group: the tool's input, such as {command: ls -la}",
    "kind": "'provider' or 'stream'",
    "label": "a text",
    "message": "a text",
    "metadata": "a group of keys",
    "multiple": "true or false",
    "name": "a text, such as tests",
    "new": "a text",
    "nth": "a whole number from 1",
    "old": "a text",
    "options": "a list of labels, or of groups such as {label: Red, description: Warm}",
    "output": "a text",
    "pace": "a number of seconds, such as 0.5",
    "parallel": "true or false",
    "permission": "'ask' or 'deny'",
    "priority": "'high', 'medium' or 'low'",
    "prompt": "a part of the prompt as a text, {regex: ...} or {exactly: ...}",
    "question": "a text: what the user is asked",
    "read": "a whole number from 0",
    "reasoning": "a text",
    "recorded": "a group that 'opencode-fake record' writes; leave it out of a script of your own",
    "redacted": "a text",
    "regex": "a regular expression as Python has it, as a text",
    "replies": "a list of replies, such as [{prompt: hello, steps: [{text: Hello.}]}]",
    "retry_after": "a number of seconds, such as 0.5",
    "sequence": "a list of turns, such as [{steps: [{text: first}]}, {steps: [{text: second}]}]",
    "session": "a whole number from 1 or an id that starts with 'ses'",
    "status": "an HTTP status from 400 to 599",
    "steps": "a list of steps, such as [{text: Hello.}]",
    "task": "a text: the prompt for the subagent",
    "text": "a text",
    "times": "a whole number from 1",
    "title": "a text",
    "todos": "a list of texts, or of groups such as {content: Write tests, status: in_progress}",
    "tokens": "a group such as {input: 3, output: 87}",
    "tool": "a text: the tool's name, such as bash",
    "unfinished": "a list of sessions",
    "uses": "a whole number from 1",
    "version": "an OpenCode version as a text, such as '1.1.53'",
    "write": "a text: the file's path",
}
"""What belongs under each key of a script."""
SHAPES_BY_PLACE = {
    "Tokens.input": "a whole number from 0",
    "Tokens.output": "a whole number from 0",
    "Tokens.reasoning": "a whole number from 0",
    "CacheTokens.write": "a whole number from 0",
    "ToolStep.error": "a text: what went wrong",
    "Todo.content": "a text: what is to be done",
    "Todo.status": "'pending', 'in_progress', 'completed' or 'cancelled'",
}
"""The same, where a key means something else in one place."""
ENTRIES = {
    "chunks": "a chunk is a text",
    "include": "what is included is a name such as rate-limit, or a file such as ./other.yaml",
    "options": "an option is a label, or a group such as {label: Red, description: Warm}",
    "replies": "a reply is a group such as {prompt: hello, steps: [{text: Hello.}]}",
    "todos": "a todo is a text, or a group such as {content: Write tests, status: in_progress}",
    "sequence": "a turn is a group such as {steps: [{text: Hello.}]}",
    "unfinished": "a session's id is a text",
}
"""What belongs into each list of a script; steps have words of their own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem and its place in the data."""

    place: Place
    message: str
    on_key: bool = False
    """The key is wrong, not the value under it."""

    def problem(self, line: int | None = None, column: int | None = None) -> Problem:
        """As a report has it."""
        return Problem(self.message, written(self.place[:-1] if self.on_key else self.place), line, column)


def written(place: Place) -> str:
    """The place as a person writes it: ``replies[1].steps[0]``."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def findings(error: ValidationError, root: type[BaseModel], data: object) -> list[Finding]:
    """Every problem once, in the words of a script."""
    found: list[Finding] = []
    for details in error.errors(include_url=False):
        place, model = _locate(details["loc"], root, data)
        found.append(_finding(details, place, model, data))
    # A value that may be several things is reported once for each of them, in the same words.
    return list(dict.fromkeys(found))


def _locate(loc: Sequence[str | int], root: type[BaseModel], data: object) -> tuple[Place, type[BaseModel] | None]:
    """The place in the data, without the names that pydantic gives to alternatives, and the model that holds it."""
    place: list[str | int] = []
    model: type[BaseModel] | None = root
    value = data
    for part in loc:
        if isinstance(part, str) and part in STEP_KEYS and place and isinstance(place[-1], int) and model is None:
            model = STEP_KEYS[part]
        elif isinstance(part, int) and isinstance(value, list | tuple):
            place.append(part)
            value = value[part]
        elif isinstance(part, str) and isinstance(value, dict) and (part in value or _is_field(model, part)):
            place.append(part)
            value = value.get(part)
            model = _model_under(model, part, value)
    return tuple(place), model


def _is_field(model: type[BaseModel] | None, key: str) -> bool:
    return model is not None and key in model.model_fields


def _model_under(model: type[BaseModel] | None, key: str, value: object) -> type[BaseModel] | None:
    """The model of the value under ``key``, or of each value in the list there; None for a step: its tag says it."""
    if model is None or key == "steps":
        return None
    if key not in model.model_fields:
        return model
    if key == "prompt" and isinstance(value, dict):
        return Exactly if "exactly" in value else Regex
    return next(_models(model.model_fields[key].annotation), model)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _finding(details: ErrorDetails, place: Place, model: type[BaseModel] | None, data: object) -> Finding:
    match details["type"]:
        case "extra_forbidden":
            return Finding(place, _unknown_key(str(place[-1]), model), on_key=True)
        case "missing":
            key = str(details["loc"][-1])
            return Finding(place[:-1], f"'{key}' is missing; it is {_shape(key, model)}")
        case "value_error":
            return Finding(place, str(details.get("ctx", {}).get("error", details["msg"])))
        case "step_kind":
            return Finding(place, _unknown_step(value_at(data, place)))
        case "json_invalid":
            return Finding(place, details["msg"])
        case _:
            return Finding(place, _wrong_value(place, model, value_at(data, place)))


def value_at(data: object, place: Place) -> object:
    """The value at ``place``."""
    for part in place:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list | tuple) and isinstance(part, int):
            data = data[part]
    return data


def _unknown_key(key: str, model: type[BaseModel] | None) -> str:
    known = list(model.model_fields) if model else []
    message = f"unknown key '{key}'"
    if near := get_close_matches(key, known, n=1):
        message += f"; did you mean '{near[0]}'?"
    elif key in STEP_KEYS and model in STEP_KEYS.values():
        return f"'{key}' is a step of its own: give it its own '- '"
    return f"{message} (known here: {', '.join(known)})"


def _unknown_step(value: object) -> str:
    known = ", ".join(STEP_KEYS)
    if isinstance(value, str):
        return f"a step is a group of keys; write {{text: {json.dumps(value, ensure_ascii=False)}}}"
    if not isinstance(value, dict):
        return f"a step is a group of keys such as {{text: Hello.}}; got {described(value)}"
    near = [(key, match) for key in map(str, value) for match in get_close_matches(key, STEP_KEYS, n=1)]
    if near:
        return f"unknown step '{near[0][0]}'; did you mean '{near[0][1]}'? (a step has one of: {known})"
    return f"a step has one of the keys {known}; got {described(value)}"


def _shape(key: str, model: type[BaseModel] | None) -> str:
    name = model.__name__ if model else ""
    return SHAPES_BY_PLACE.get(f"{name}.{key}") or SHAPES[key]


def _wrong_value(place: Place, model: type[BaseModel] | None, value: object) -> str:
    if not place:
        return f"a script is a group of keys, such as 'replies:' with a list below it; got {described(value)}"
    key = next(str(part) for part in reversed(place) if isinstance(part, str))
    if isinstance(place[-1], int):
        return f"{ENTRIES[key]}; got {described(value)}{_hint(ENTRIES[key], value)}"
    shape = _shape(key, model)
    return f"'{key}' is {shape}; got {described(value)}{_hint(shape, value)}"


def _hint(shape: str, value: object) -> str:
    return "; put it in quotes" if isinstance(value, int | float) and "a text" in shape else ""


def described(value: object) -> str:
    """What was written, in plain words."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {_short(value)!r}"
        case list() | tuple():
            return "a list" if value else "an empty list"
        case dict():
            keys: dict[Any, Any] = value
            return f"a group with {_short(', '.join(map(str, keys)))}" if keys else "an empty group"
        case _:
            return f"a {type(value).__name__}"


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
