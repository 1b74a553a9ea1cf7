"""Every rule of a comparison, in both directions; and shapes, which schemas and answers are both turned into."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from opencode_contract.capture.document import document_of
from opencode_contract.capture.grammar import scenario
from opencode_contract.capture.model import FORMAT, Answer, Capture, Observation, Request
from opencode_contract.compare.client import ROUTES, client_note
from opencode_contract.compare.comparing import compare
from opencode_contract.compare.difference import Place
from opencode_contract.compare.model import Comparison, Finding
from opencode_contract.compare.rules import RULES
from opencode_contract.compare.touched import TOUCHED
from opencode_contract.evidence import Json
from opencode_contract.requirements import ALL
from opencode_sandbox import requests

JSON = {"content-type": "application/json"}


def capture(version: str = "1.1.53") -> Capture:
    """A capture of nothing."""
    return Capture(format=FORMAT, kit="0", target=f"fake:{version}", kind="fake", version=version, level="prompt")


def seen(body: Json, status: int = 200, *, odd: bool = False, headers: Mapping[str, str] = JSON) -> Capture:
    """One exchange."""
    request, answer = Request(method="GET", path="/thing"), Answer(status=status, headers=dict(headers), body=body)
    one = Observation(probe="a probe", step=1, route="GET /thing", odd=odd, request=request, answer=answer)
    return capture().model_copy(update={"observations": [one]})


def described(
    answer: Json = None,
    body: Json = None,
    parameters: Json = None,
    route: str = "/thing",
    schemas: Json = None,
    *,
    required: bool = False,
) -> Capture:
    """A description of one route."""
    told: dict[str, Json] = {"parameters": parameters or []}
    if body is not None:
        told["requestBody"] = {"required": required, "content": {"application/json": {"schema": body}}}
    if answer is not None:
        told["responses"] = {"200": {"content": {"application/json": {"schema": answer}}}}
    document: dict[str, Json] = {"paths": {route: {"post": told}}, "components": {"schemas": schemas or {}}}
    return capture().model_copy(update={"document": document_of(document)})


def heard(*types: str | dict[str, Json]) -> Capture:
    """What a stream told."""
    events: list[Json] = [{"type": each, "properties": {}} if isinstance(each, str) else each for each in types]
    found, examples = scenario("a probe", events)
    return capture().model_copy(update={"scenarios": [found], "events": examples})


def twice(one: Capture, other: Capture) -> Capture:
    """What was heard in two scenarios."""
    more = [each.model_copy(update={"probe": "another"}) for each in other.scenarios]
    return one.model_copy(update={"scenarios": [*one.scenarios, *more]})


def checked(**outcomes: str) -> Capture:
    """How the contract came out."""
    return capture().model_copy(update={"contract": outcomes})


def fields(required: list[str] | None = None, *, closed: bool = False, **properties: Json) -> Json:
    """The schema of an object."""
    schema: dict[str, Json] = {"type": "object", "properties": properties, "required": list[Json](required or [])}
    return {**schema, "additionalProperties": False} if closed else schema


TEXT: Json = {"type": "string"}


def of_texts(names: list[str]) -> Json:
    """The schema of an object whose fields are texts, all of them required."""
    return {"type": "object", "properties": dict.fromkeys(names, TEXT), "required": list[Json](names)}


NUMBER: Json = {"type": "number"}
QUERY: Json = [{"in": "query", "name": "limit", "schema": {"type": "number"}}]
NEEDED: Json = [{"in": "query", "name": "limit", "schema": {"type": "number"}, "required": True}]
STATUS: Json = {"type": "session.status", "properties": {"status": {"type": "busy"}}}
IDLE: Json = {"type": "session.status", "properties": {"status": {"type": "idle"}}}

EXAMPLES: dict[str, tuple[Capture, Capture]] = {
    "route.gone": (described(TEXT), described(TEXT, route="/other")),
    "request.field.gone": (described(body=fields(a=TEXT, b=TEXT)), described(body=fields(b=TEXT))),
    "request.field.required": (described(body=fields(a=TEXT)), described(body=fields(["a"], a=TEXT))),
    "request.narrowed": (described(body=fields(a={"type": ["string", "number"]})), described(body=fields(a=TEXT))),
    "request.enum.narrowed": (
        described(body=fields(a={"enum": ["x", "y"]})),
        described(body=fields(a={"enum": ["x"]})),
    ),
    "request.restricted": (
        described(body=fields(a=TEXT)),
        described(body=fields(a={"type": "string", "pattern": "^ses"})),
    ),
    "request.closed": (described(body=fields(a=TEXT)), described(body=fields(a=TEXT, closed=True))),
    "request.refused": (seen({"a": 1}), seen({"name": "BadRequest", "data": {}}, 400)),
    "odd.refused": (seen({"a": 1}, odd=True), seen({"name": "BadRequest", "data": {}}, 400, odd=True)),
    "status.changed": (seen({"name": "X", "data": {}}, 500), seen({"name": "X", "data": {}}, 404)),
    "status.success.changed": (seen({"a": 1}, 200), seen({"a": 1}, 201)),
    "error.form.changed": (seen({"name": "X", "data": {}}, 400), seen({"_tag": "X"}, 400)),
    "error.value.changed": (
        seen({"name": "X", "data": {"message": "one two"}}, 400),
        seen({"name": "X", "data": {"message": "two three"}}, 400),
    ),
    "answer.content-type": (seen({"a": 1}), seen({"text": "a"}, headers={"content-type": "text/plain"})),
    "odd.content-type": (
        seen({"a": 1}, odd=True),
        seen({"text": "a"}, odd=True, headers={"content-type": "text/html"}),
    ),
    "answer.field.removed": (seen({"a": 1, "b": 2}), seen({"b": 2})),
    "answer.field.optional.removed": (described(fields(a=TEXT, b=TEXT)), described(fields(b=TEXT))),
    "answer.field.optional": (seen([{"a": 1}, {"a": 1}]), seen([{"a": 1}, {}])),
    "answer.field.type-changed": (seen({"a": 1}), seen({"a": "one two"})),
    "answer.widened": (seen([{"a": 1}]), seen([{"a": 1}, {"a": None}])),
    "enum.answer.widened": (seen([{"finish": "stop"}]), seen([{"finish": "stop"}, {"finish": "other"}])),
    "answer.variant.gone": (
        seen([{"type": "text", "a": 1}, {"type": "tool", "a": 1}]),
        seen([{"type": "text", "a": 1}]),
    ),
    "answer.word.changed": (seen({"finish": "stop"}), seen({"finish": "length"})),
    "answer.value.changed": (seen({"a": 1}), seen({"a": 2})),
    "answer.text.changed": (seen({"a": "one two"}), seen({"a": "two three"})),
    "answer.fewer": (seen([1, 2]), seen([1])),
    "answer.order": (seen([{"title": "a"}, {"title": "b"}]), seen([{"title": "b"}, {"title": "a"}])),
    "header.gone": (seen(1, headers={**JSON, "vary": "Origin"}), seen(1)),
    "header.changed": (seen(1, headers={**JSON, "vary": "Origin"}), seen(1, headers={**JSON, "vary": "*"})),
    "event.gone": (heard("a.b", "c.d"), heard("a.b")),
    "event.scenario.gone": (twice(heard("a.b", "c.d"), heard("c.d")), twice(heard("a.b"), heard("c.d"))),
    "event.state.gone": (
        heard(cast("dict[str, Json]", STATUS), cast("dict[str, Json]", IDLE)),
        heard(cast("dict[str, Json]", IDLE)),
    ),
    "event.order": (heard("a.b", "c.d"), heard("c.d", "a.b")),
    "contract.broken": (checked(one="passed"), checked(one="failed")),
}
"""For each rule, or for the other one of its pair, two captures between which it holds."""


def found(comparison: Comparison, rule: str) -> Finding:
    """The finding of a rule."""
    rules = {finding.rule: finding for finding in comparison.findings}
    assert rule in rules, f"{rule} is not among {sorted(rules)}"
    return rules[rule]


def test_each_rule_has_an_example() -> None:
    """No rule is left untried, in either direction."""
    tried = {rule for each in EXAMPLES for rule in (each, RULES[each].reverse)}
    assert tried == set(RULES)


@pytest.mark.parametrize("rule", EXAMPLES)
def test_rule_in_both_directions(rule: str) -> None:
    """From A to B the rule finds it, from B to A its reverse does, each with its own severity."""
    before, after = EXAMPLES[rule]
    for one, other, wanted in ((before, after, RULES[rule]), (after, before, RULES[RULES[rule].reverse])):
        finding = found(compare(one, other), wanted.id)
        assert finding.severity == wanted.severity.word
        assert finding.evidence


def test_nothing_changes_between_a_capture_and_itself() -> None:
    """The same twice is safe, and nothing is found."""
    for one, _ in EXAMPLES.values():
        comparison = compare(one, one)
        assert comparison.findings == []
        assert comparison.verdict == "safe"


def test_verdict_follows_the_worst_finding() -> None:
    """One breaking finding breaks; risky, additive and cosmetic ones do not."""
    assert compare(*EXAMPLES["answer.field.removed"]).verdict == "breaking"
    assert compare(*EXAMPLES["status.changed"]).verdict == "safe"
    assert compare(*reversed(EXAMPLES["answer.field.removed"])).verdict == "safe"


@pytest.mark.parametrize("union", ["anyOf", "oneOf"])
def test_unions_by_direction(union: str) -> None:
    """An answer may lose an alternative and a request may gain one; the other way is worse."""
    one: Json = {union: [TEXT]}
    two: Json = {union: [TEXT, NUMBER]}
    answers = described(fields(["a"], a=one)), described(fields(["a"], a=two))
    requests = described(body=fields(a=one)), described(body=fields(a=two))
    assert found(compare(*answers), "answer.widened").severity == "risky"
    assert found(compare(*reversed(answers)), "answer.narrowed").severity == "cosmetic"
    assert found(compare(*requests), "request.widened").severity == "additive"
    assert found(compare(*reversed(requests)), "request.narrowed").severity == "breaking"


@pytest.mark.parametrize("union", ["anyOf", "oneOf"])
def test_unions_of_tagged_objects(union: str) -> None:
    """Alternatives are told apart by what they say they are, whatever their order."""
    text = fields(["type"], type={"const": "text"}, text=TEXT)
    tool = fields(["type"], type={"const": "tool"}, name=TEXT)
    file = fields(["type"], type={"const": "file"}, url=TEXT)
    before, after = described({union: [text, tool]}), described({union: [file, tool, text]})
    comparison = compare(before, after)
    assert [finding.rule for finding in comparison.findings] == ["answer.variant.added"]
    assert [finding.rule for finding in compare(after, before).findings] == ["answer.variant.gone"]
    narrowed = compare(described(body={union: [text, tool]}), described(body={union: [tool]}))
    assert found(narrowed, "request.narrowed").severity == "breaking"


def test_references_with_cycles() -> None:
    """A schema that leads to itself is followed once, and what changed in it is found."""

    def tree(leaf: Json) -> Capture:
        node = fields(["leaf"], leaf=leaf, children={"type": "array", "items": {"$ref": "#/components/schemas/Node"}})
        alias: Json = {"anyOf": [{"$ref": "#/components/schemas/Node"}, {"$ref": "#/components/schemas/Alias"}]}
        return described({"$ref": "#/components/schemas/Alias"}, schemas={"Node": node, "Alias": alias})

    assert compare(tree(TEXT), tree(TEXT)).findings == []
    finding = found(compare(tree(TEXT), tree(NUMBER)), "answer.field.type-changed")
    assert finding.where == "POST /thing: leaf"


def test_same_fact_in_schema_and_answer_is_one_finding() -> None:
    """A field that is gone from the description and from the answers is one finding with two kinds of evidence."""
    session: dict[str, Json] = {"id": "ses#1", "slug": "a", "projectID": "p", "directory": "d", "title": "t"}
    before, after = (
        described(of_texts(names), route="/session").model_copy(
            update={"observations": seen({key: session[key] for key in names}).observations}
        )
        for names in (list(session), [key for key in session if key != "title"])
    )
    comparison = compare(before, after)
    assert [finding.where for finding in comparison.findings] == ["session: title"]
    assert {evidence.source for evidence in comparison.findings[0].evidence} == {"schema", "observation"}


def test_description_against_what_was_observed() -> None:
    """Where only the description drops a field that is still answered, nothing breaks."""
    whole, part = fields(["a", "b"], a=NUMBER, b=NUMBER), fields(["b"], b=NUMBER)
    answered = [each.model_copy(update={"route": "POST /thing"}) for each in seen({"a": 1, "b": 2}).observations]
    before, after = (described(each).model_copy(update={"observations": answered}) for each in (whole, part))
    finding = found(compare(before, after), "answer.field.removed")
    assert finding.severity == "cosmetic"
    assert "Only the description" in finding.remark


def test_description_that_leaves_out_what_is_answered() -> None:
    """It does not tell that other routes are gone: only one that leaves out nothing else does."""
    told = document_of({"paths": {"/thing": {"get": {}}, "/other": {"get": {}}}})
    less = document_of({"paths": {"/third": {"get": {}}}})
    answered = [seen({}).model_copy(update={"document": each}) for each in (told, less)]
    findings = {each.where: each for each in compare(*answered).findings if each.rule == "route.gone"}
    assert findings["GET /thing"].severity == "cosmetic"
    assert findings["GET /other"].severity == "risky"
    assert "leaves out other routes" in findings["GET /other"].remark
    known = document_of({"paths": {"/thing": {"get": {}}}})
    comparison = compare(answered[0], answered[0].model_copy(update={"document": known}))
    assert found(comparison, "route.gone").severity == "breaking"


def test_placeholders_say_nothing_about_values_and_presence() -> None:
    """Of a deployment's answers only kinds are compared: what its users have stored decides which fields there are."""
    one = seen({"a": 1, "b": "x y"}).model_copy(update={"contents": "placeholders"})
    assert compare(one, seen({"a": 2})).findings == []
    assert found(compare(one, seen({"a": "one two"})), "answer.field.type-changed").severity == "breaking"


def test_own_version_in_a_text_is_no_difference() -> None:
    """Each side names its own version."""
    one, other = (
        seen({"a": f"OpenCode {version}"}).model_copy(update={"version": version}) for version in ("1.1.53", "1.18.34")
    )
    assert compare(one, other).findings == []
    assert compare(one, other.model_copy(update={"version": "1.3.2"})).findings


def test_documented_rules() -> None:
    """The page names each rule with its severity, its sentence and the rule of the other direction."""
    page = (Path(__file__).parents[2] / "docs" / "compare.md").read_text(encoding="utf-8")
    rows = {f"| `{rule.id}` | {rule.severity.word} | {rule.sentence} | `{rule.reverse}` |" for rule in RULES.values()}
    written = {line for line in page.splitlines() if line.startswith("| `") and line.count("|") == 5}
    assert rows - written == set()
    assert written - rows == set()


def test_requirements_that_are_named_exist() -> None:
    """Each pattern of the table of what is touched fits a requirement."""
    ids = [requirement.id for requirement in ALL]
    assert [about for about, pattern in TOUCHED if not any(re.fullmatch(pattern, each) for each in ids)] == []


@pytest.mark.parametrize(
    ("rule", "place", "note"),
    [
        ("answer.field.removed", Place("session", "id"), "needs id"),
        ("answer.field.removed", Place("session", "cost"), "reads cost if it is there"),
        ("answer.field.removed", Place("message user", "variant"), "does not look at it, and keeps it"),
        ("answer.field.added", Place("session", "path"), "keeps fields that it does not know"),
        ("answer.field.removed", Place("event message.part.updated", "properties.delta"), "parses both"),
        ("event.added", Place("event message.part.delta"), "parses both"),
        ("event.gone", Place("event plugin.added"), "passes the event on"),
        ("route.gone", Place("POST /session/{id}/fork"), "does not ask this route"),
        ("header.gone", Place("header vary of answers"), "looks at the content type"),
    ],
)
def test_what_the_client_does(rule: str, place: Place, note: str) -> None:
    """Said from the client's own models and requests."""
    assert client_note(rule, place, []).startswith(note)


def test_routes_that_the_client_asks() -> None:
    """The table of its routes is what its requests are made of."""
    text = inspect.getsource(requests)
    made = set(re.findall(r'Request\("(\w+)", f?"(/[^"]*|\{_session_path\(session_id\)\}[^"]*)"', text))
    made |= {(method, "{_session_path(session_id)}") for method in re.findall(r'Request\("(\w+)", _session_path', text)}
    asked = {f"{method} {path.replace('{_session_path(session_id)}', '/session/{id}')}" for method, path in made}
    assert asked == ROUTES
