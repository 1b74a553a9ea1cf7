"""The JSON Schema accepts and refuses what the loader does, as far as a schema can say it."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from opencode_fake.scripts import ScriptError, json_schema, loads_script
from opencode_fake.scripts.model import ScriptFile
from opencode_fake.scripts.problems import ENTRIES, SHAPES, SHAPES_BY_PLACE
from opencode_fake.scripts.steps import STEP_KEYS

NOTES = {"title", "description", "default", "$schema", "$defs"}
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def accepts(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    """Judges ``value`` by the keywords that our schema uses; any other keyword is an error of the test."""
    return all(_holds(word, content, schema, value, root) for word, content in schema.items() if word not in NOTES)


def _holds(word: str, content: Any, schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    match word:
        case "$ref":
            return accepts(root["$defs"][content.removeprefix("#/$defs/")], value, root)
        case "anyOf":
            return any(accepts(option, value, root) for option in content)
        case "type":
            return isinstance(value, TYPES[content]) and (content == "boolean" or not isinstance(value, bool))
        case "properties":
            return not isinstance(value, dict) or all(
                accepts(content[key], inner, root) for key, inner in value.items() if key in content
            )
        case "additionalProperties":
            return not isinstance(value, dict) or content is True or value.keys() <= schema["properties"].keys()
        case "required":
            return not isinstance(value, dict) or set(content) <= value.keys()
        case "items":
            return not isinstance(value, list) or all(accepts(content, inner, root) for inner in value)
        case "enum":
            return value in content
        case "minimum":
            return not isinstance(value, int | float) or value >= content
        case "maximum":
            return not isinstance(value, int | float) or value <= content
        case "minLength":
            return not isinstance(value, str) or len(value) >= content
        case "pattern":
            return not isinstance(value, str) or re.search(content, value) is not None
        case _:
            raise AssertionError(f"the schema uses {word!r}, which this test does not know")


def loads(value: object) -> bool:
    """Whether the loader takes it; JSON is YAML."""
    try:
        loads_script(json.dumps(value))
    except ScriptError:
        return False
    return True


def with_step(**step: object) -> dict[str, object]:
    """A script of one step."""
    return {"replies": [{"steps": [step]}]}


def with_reply(**reply: object) -> dict[str, object]:
    """A script of one reply."""
    return {"replies": [reply]}


GOOD = [
    {},
    {"replies": []},
    {"tokens": {"input": 1, "cache": {"read": 2}}},
    {"default": {"title": "x", "cost": 0}},
    with_reply(prompt="a", title=None, tokens={}, cost=0.5, name="n", session=1, uses=2),
    with_reply(prompt={"regex": "a"}, session="ses_1", sequence=[{"steps": [{"text": "a"}]}]),
    with_reply(prompt={"exactly": "a"}, error={"kind": "provider", "message": "m", "status": 429, "times": 1}),
    with_step(text="a", chunks=["a"], pace=1, tokens={"output": 1}, cost=1),
    with_step(reasoning="a", pace=0.5),
    with_step(tool="bash", input={"command": "x", "deep": [{"a": None}]}, output="o", exit=1, duration=1),
    with_step(tool="read", error="e", title="t", metadata={"a": 1}),
    with_step(write="a", content="", duration=0),
    with_step(edit="a", old="b", new="", all=True),
    with_step(delay=0, name="silence"),
    with_step(text="a", name="first"),
    with_step(text={"repeat": "a", "times": 3}, pace=1),
    with_step(tool="read", output={"repeat": "a", "times": 3}),
    {"include": []},
    with_step(error={"kind": "stream", "message": ""}),
]
BAD: list[object] = [
    [],
    "x",
    None,
    {"reply": []},
    {"replies": {}},
    {"replies": [1]},
    {"tokens": {"input": -1}},
    {"tokens": {"input": True}},
    {"tokens": {"cache": 1}},
    {"default": {"prompt": "x"}},
    with_reply(promt="a"),
    with_reply(prompt=1),
    with_reply(prompt={"regx": "a"}),
    with_reply(prompt={"regex": "a", "exactly": "b"}),
    with_reply(session=0),
    with_reply(session="x"),
    with_reply(nth=0),
    with_reply(nth=1.5),
    with_reply(cost="1"),
    with_reply(cost=-1),
    with_reply(steps={"text": "a"}),
    with_reply(sequence=[{"prompt": "a"}]),
    with_reply(error={"kind": "x", "message": "m"}),
    with_reply(error={"kind": "provider"}),
    with_reply(error={"kind": "provider", "message": "m", "status": 200}),
    with_step(),
    with_step(txt="a"),
    with_step(text=1),
    with_step(text="a", delay=1),
    with_step(text="a", chunks="a"),
    with_step(tool=""),
    with_step(tool="bash", exit=256),
    with_step(tool="bash", input="ls"),
    with_step(write="a"),
    with_step(edit="a", old="b"),
    with_step(edit="a", old="", new="b"),
    with_step(text="a", name=""),
    with_step(text={"repeat": "a"}),
    with_step(text={"repeat": "", "times": 1}),
    with_step(text={"repeat": "a", "times": 0}),
    with_step(text={"repeat": "a", "times": True}),
    with_step(text={"repeat": "a", "times": 1, "more": 1}),
    with_step(text="a", name=1),
    {"include": "rate-limit"},
    with_step(delay="1"),
    with_step(delay=-1),
    with_step(error="x"),
]
BEYOND_A_SCHEMA = [
    {"include": ["./no-such-file.yaml"]},
    with_reply(prompt={"regex": "("}),
    with_step(text="ab", chunks=["a"]),
    with_step(tool="read", output="o", error="e"),
    with_step(tool="read", exit=1),
    with_step(tool="bash", parallel=True),
    with_reply(error={"kind": "stream", "message": "m", "status": 500}),
    with_reply(error={"kind": "provider", "message": "m", "times": 1}),
    with_reply(steps=[{"text": "a"}], error={"kind": "provider", "message": "m"}),
    with_reply(steps=[{"text": "a"}], sequence=[{}]),
    with_reply(nth=2, uses=1),
    with_reply(nth=2, sequence=[{}, {}]),
    with_step(tool="bash"),
    with_step(tool="write", input={"filePath": "a", "content": "b"}),
    with_step(write="../a", content="b"),
    with_step(write="/etc/passwd", content="b"),
    with_step(edit="a/../../b", old="a", new="b"),
    with_step(edit="a", old="b", new="b"),
]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The schema, which no test changes."""
    return json_schema()


@pytest.mark.parametrize("value", GOOD, ids=json.dumps)
def test_good_scripts_pass_both(schema: dict[str, Any], value: object) -> None:
    """What the loader takes, an editor does not complain about."""
    assert loads(value)
    assert accepts(schema, value, schema)


@pytest.mark.parametrize("value", BAD, ids=json.dumps)
def test_bad_scripts_fail_both(schema: dict[str, Any], value: object) -> None:
    """What the loader refuses, an editor marks."""
    assert not loads(value)
    assert not accepts(schema, value, schema)


@pytest.mark.parametrize("value", BEYOND_A_SCHEMA, ids=json.dumps)
def test_rules_between_keys_are_the_loaders_alone(schema: dict[str, Any], value: object) -> None:
    """The known differences: if one goes, this list is to be shortened."""
    assert not loads(value)
    assert accepts(schema, value, schema)


def test_steps_are_alternatives_told_apart_by_a_key(schema: dict[str, Any]) -> None:
    """Each kind of step demands its own key and refuses unknown ones, so an editor can complete it."""
    options = schema["$defs"]["Reply"]["properties"]["steps"]["items"]["anyOf"]
    kinds = [schema["$defs"][option["$ref"].removeprefix("#/$defs/")] for option in options]
    for key, kind in zip(STEP_KEYS, kinds, strict=True):
        assert key in kind["required"]
        assert kind["additionalProperties"] is False
        assert kind["description"]


def test_the_schema_says_what_it_is(schema: dict[str, Any]) -> None:
    """Dialect, title and description are there."""
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == "OpenCode test script"
    assert schema["description"] == ScriptFile.__doc__


def models(annotation: object) -> set[type[BaseModel]]:
    """The models that a type is made of."""
    found = {annotation} if isinstance(annotation, type) and issubclass(annotation, BaseModel) else set()
    return found.union(*(models(argument) for argument in get_args(annotation)))


def test_every_key_has_words_for_what_belongs_under_it() -> None:
    """A new key needs an entry in the words that errors use, and no entry outlives its key."""
    known: set[type[BaseModel]] = set()
    new: set[type[BaseModel]] = {ScriptFile}
    while new:
        known |= new
        new = {inner for model in new for field in model.model_fields.values() for inner in models(field.annotation)}
        new -= known
    keys = {key for model in known for key in model.model_fields}
    assert {*SHAPES, "input"} == keys
    assert set(SHAPES_BY_PLACE) <= {f"{model.__name__}.{key}" for model in known for key in model.model_fields}
    assert set(ENTRIES) <= keys
