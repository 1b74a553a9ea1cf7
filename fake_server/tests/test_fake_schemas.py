"""What is kept of a body, and how its faults are worded."""

from __future__ import annotations

from typing import Any, cast

import pytest
from conftest import Serving

from opencode_fake import ManualClock
from opencode_fake.server.part_schemas import whole_part
from opencode_fake.server.validation import BOOLEAN, RECORD, STRING, ListOf, MapOf, Maybe, OneOf, Shape, Tagged

OLD, NEW = "1.1.53", "1.18.34"
PLAIN = {"Accept-Encoding": "identity"}
RULE = {"permission": "bash", "pattern": "*", "action": "ask"}


def test_unknown_keys_are_dropped_at_any_depth() -> None:
    """But not from a record, whose keys are anybody's. A null that is no fault is nothing."""
    check = Shape(
        {
            "rules": ListOf(Shape({"name": STRING})),
            "tagged": Tagged("type", {"a": Shape({"b": Maybe(BOOLEAN)})}),
            "record": RECORD,
        }
    )
    given = {"rules": [{"name": "x", "more": 1}], "tagged": {"type": "a", "b": None, "c": 2}, "record": {"any": None}}
    assert check.kept({**given, "more": 1}) == {
        "rules": [{"name": "x"}],
        "tagged": {"type": "a"},
        "record": {"any": None},
    }


def test_values_of_a_record_are_checked_where_they_have_a_type() -> None:
    """And only there."""
    assert [issue.path for issue in MapOf(BOOLEAN)({"a": True, "b": 1}, [])] == [["b"]]
    assert list(RECORD({"a": 1}, [])) == []


@pytest.mark.parametrize("options", [("one",), ("one", "two")])
def test_a_single_option_is_an_expected_value(options: tuple[str, ...]) -> None:
    """Several ones are options."""
    (issue,) = OneOf(*options)("x", [])
    wanted = {1: 'Invalid input: expected "one"', 2: 'Invalid option: expected one of "one"|"two"'}
    assert issue.zod()["message"] == wanted[len(options)]


def test_a_whole_part_keeps_all_that_its_kind_has() -> None:
    """What the server itself writes passes unchanged."""
    time = {"start": 1, "end": 2}
    state = {"status": "completed", "input": {}, "output": "", "title": "", "metadata": {"any": 1}, "time": time}
    ids = {"id": "prt_1", "sessionID": "ses_1", "messageID": "msg_1"}
    parts: list[dict[str, object]] = [
        {**ids, "type": "tool", "callID": "c", "tool": "bash", "state": state, "metadata": {}},
        {**ids, "type": "reasoning", "text": "x", "time": time, "metadata": {}},
        {**ids, "type": "step-start", "snapshot": "x"},
    ]
    check = whole_part(ids_checked=True)
    for part in parts:
        assert list(check(part, [])) == []
        assert check.kept({**part, "more": 1}) == part


async def test_a_prompt_and_its_session_keep_only_known_keys(serving: Serving) -> None:
    """Those of rules and parts included."""
    async with serving() as served:
        session = (await served.http.post("/session", json={"permission": [{**RULE, "more": 1}]})).json()
        body = {"noReply": True, "parts": [{"type": "text", "text": "x", "more": 1, "metadata": {"any": 1}}]}
        await served.http.post(f"/session/{session['id']}/message", json=body)
        (message,) = await served.messages(session["id"])
        (part,) = message["parts"]
        path = f"/session/{session['id']}/message/{message['info']['id']}/part/{part['id']}"
        changed = (await served.http.patch(path, json={**part, "more": 1})).json()
    assert session["permission"] == [RULE]
    assert set(part) == {"type", "text", "metadata", "id", "sessionID", "messageID"}
    assert changed == part


@pytest.mark.parametrize(
    ("version", "part", "said"),
    [
        (OLD, {"type": "text", "text": "x", "metadata": "y"}, "Invalid input: expected record, received string"),
        (OLD, {"type": "file", "mime": "a/b", "url": "data:,x", "source": "y"}, "expected object, received string"),
        (NEW, {"type": "file", "mime": "a/b", "url": "data:,x", "source": "y"}, "Expected FilePartSource | null, got"),
    ],
)
async def test_faults_inside_parts(serving: Serving, version: str, part: dict[str, str], said: str) -> None:
    """In the words of the version's validator."""
    async with serving(version=version) as served:
        session = await served.session()
        answer = await served.http.post(f"/session/{session}/message", json={"parts": [part]})
    assert (answer.status_code, said in answer.text) == (400, True), answer.text


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("PATCH", "/session/{ses}", {"permission": [3]}, "Expected PermissionRule, got 3"),
        ("POST", "/question/que_x/reply", {"answers": ["yes"]}, r"Expected QuestionAnswer, got \"yes\""),
        ("POST", "/session/{ses}/permissions/xyz", {"response": "once"}, r"at [\"permissionID\"]"),
    ],
)
async def test_effect_names_its_types(
    serving: Serving, method: str, path: str, body: dict[str, object], said: str
) -> None:
    """And the parameters as the route has them."""
    async with serving(version=NEW) as served:
        answer = await served.http.request(method, path.format(ses=await served.session()), json=body)
    assert (answer.status_code, said in answer.text) == (400, True), answer.text


@pytest.mark.parametrize(
    ("version", "session", "status", "said"),
    [
        (OLD, "ses_missing", 500, "TypeError: undefined is not an object"),
        (OLD, "xyz", 500, "TypeError: undefined is not an object"),
        ("1.2.27", "xyz", 400, "must start with"),
        ("1.3.2", "ses_missing", 500, r"Command not found: \"nosuch\". Available commands: init, review"),
        (NEW, "ses_missing", 404, "Session not found: ses_missing"),
    ],
)
async def test_an_unknown_command_is_found_out_first(
    serving: Serving, version: str, session: str, status: int, said: str
) -> None:
    """Before the session is looked for, but from 1.15.0 on afterwards."""
    async with serving(version=version) as served:
        answer = await served.http.post(f"/session/{session}/command", json={"command": "nosuch", "arguments": ""})
    assert (answer.status_code, said in answer.text) == (status, True), answer.text


@pytest.mark.parametrize(
    ("version", "parts", "chunked"),
    [(OLD, 0, False), (OLD, 1, True), ("1.14.41", 0, False), (NEW, 0, True), (NEW, 1, True)],
)
async def test_an_empty_prompt_is_answered_in_one_piece(
    serving: Serving, version: str, parts: int, chunked: bool
) -> None:
    """To 1.14.41."""
    async with serving(version=version) as served:
        body = {"noReply": True, "parts": [{"type": "text", "text": "x"}] * parts}
        answer = await served.http.post(f"/session/{await served.session()}/message", json=body, headers=PLAIN)
    assert ("Transfer-Encoding" in answer.headers, "Content-Length" in answer.headers) == (chunked, not chunked)


@pytest.mark.parametrize("version", ["1.17.19", NEW])
async def test_a_prompt_to_another_model_updates_the_session_at_once(serving: Serving, version: str) -> None:
    """The event that names the model has the time of the prompt, not that of the session's creation."""
    clock = ManualClock()
    async with serving(version=version, clock=clock) as served:
        session = await served.session()
        await clock.advance(5)
        await served.http.post(f"/session/{session}/message", json={"noReply": True, "parts": []})
        named = await served.server.told("session.updated")
    time = cast("Any", named.event.properties)["info"]["time"]
    assert time["updated"] - time["created"] >= 5000
