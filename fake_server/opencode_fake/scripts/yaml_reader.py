"""YAML with the line of every value: through nodes, since plain data has forgotten where it stood."""

from __future__ import annotations

from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from opencode_fake.scripts.errors import Problem, ScriptSyntaxError
from opencode_fake.scripts.model import JsonValue
from opencode_fake.scripts.problems import Finding, Place, written

MAX_NODES = 100_000
"""Values in one file, those behind aliases counted each time."""


def read_yaml(text: str, name: str) -> Reading:
    """Reads the one document in ``text``, or raises ``ScriptSyntaxError``."""
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise ScriptSyntaxError(name, [Problem(_advice(error), "", *place)], text) from error
    except YAMLError as error:
        raise ScriptSyntaxError(name, [Problem(f"not YAML: {str(error).splitlines()[0]}")], text) from error
    except RecursionError as error:
        raise ScriptSyntaxError(name, [Problem("lists and groups are nested too deeply")], text) from error
    if node is None:
        problem = Problem("the file is empty; a script starts with 'replies:' and a list below it")
        raise ScriptSyntaxError(name, [problem], text)
    reading = Reading(yaml.constructor)
    reading.data = reading.value(node, ())
    return reading


_ADVICE = {
    r"found character '\t'": "a tab stands where only spaces may; indent with spaces",
    "mapping values are not allowed": "':' cannot stand here; quote texts with ': ' in them, and check the indent",
    "found character": "a text cannot start with this character; put it in quotes",
    "found unexpected end of stream": "the text in quotes never ends; add the closing quote",
    "found another document": "one file holds one script; leave out the line '---' and what follows",
    "expected <block end>": "this line is not indented as those around it, or a '- ' or a key is missing",
    "expected ',' or": "the bracket opened here is never closed, or a comma is missing",
}


def _advice(error: MarkedYAMLError) -> str:
    problem = str(error.problem or error.context)
    advice = next((text for part, text in _ADVICE.items() if part in problem), None)
    return f"not YAML: {advice}" if advice else f"not YAML: {problem}"


@dataclass(slots=True)
class Reading:
    """The data of a file, where each value stands, and what is wrong with it as YAML."""

    _constructor: SafeConstructor
    data: JsonValue = None
    problems: list[Problem] = field(default_factory=list)
    _values: dict[Place, tuple[int, int]] = field(default_factory=dict)
    _keys: dict[Place, tuple[int, int]] = field(default_factory=dict)
    _nodes: int = 0

    def problem(self, finding: Finding) -> Problem:
        """The finding with its line: that of its key, or else of the nearest value around it."""
        place = finding.place
        while place not in self._values and place:
            place = place[:-1]
        return finding.problem(*self._keys.get(place, self._values[place]))

    def value(self, node: Node, place: Place, around: tuple[Node, ...] = ()) -> JsonValue:
        """The data of ``node``."""
        self._nodes += 1
        self._values[place] = _position(node)
        if any(outer is node for outer in around):
            self._complain(node, place, "an alias stands inside of what it names; write the value out")
            return None
        if self._nodes > MAX_NODES:
            if self._nodes == MAX_NODES + 1:
                self._complain(node, place, f"more than {MAX_NODES} values; use fewer aliases or split the script")
            return None
        match node:
            case MappingNode():
                return self._mapping(node, place, (*around, node))
            case SequenceNode():
                self._check_tag(node, place, "tag:yaml.org,2002:seq")
                return [self.value(item, (*place, i), (*around, node)) for i, item in enumerate(node.value)]
            case ScalarNode():
                return self._scalar(node, place)
            case _:
                raise AssertionError(f"YAML has no such node: {node!r}")

    def _mapping(self, node: MappingNode, place: Place, around: tuple[Node, ...]) -> JsonValue:
        self._check_tag(node, place, "tag:yaml.org,2002:map")
        data: dict[str, JsonValue] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._complain(key_node, place, "a key is a text, not a list or a group")
                continue
            key = str(key_node.value)
            inner = (*place, key)
            if key in data:
                first = self._keys[inner][0]
                self._complain(key_node, place, f"the key '{key}' stands here twice (first in line {first}); keep one")
                continue
            self._keys[inner] = _position(key_node)
            data[key] = self.value(value_node, inner, around)
        return data

    def _scalar(self, node: ScalarNode, place: Place) -> JsonValue:
        match str(node.tag).removeprefix("tag:yaml.org,2002:"):
            case "null":
                return None
            case "bool" | "int" | "float" as kind:
                return self._constructed(node, place, kind)
            case "str" | "timestamp":
                return str(node.value)
            case tag:
                self._complain(node, place, f"the tag '{tag}' means nothing in a script; leave it out")
                return None

    def _constructed(self, node: ScalarNode, place: Place, kind: str) -> JsonValue:
        try:
            value: bool | int | float = self._constructor.construct_object(node)
        except (ValueError, KeyError):
            self._complain(node, place, f"{str(node.value)!r} is not of the kind '{kind}' that its tag says")
            return None
        return value

    def _check_tag(self, node: Node, place: Place, expected: str) -> None:
        if str(node.tag) != expected:
            self._complain(node, place, f"the tag '{node.tag}' means nothing in a script; leave it out")

    def _complain(self, node: Node, place: Place, message: str) -> None:
        self.problems.append(Problem(message, written(place), *_position(node)))


def _position(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
