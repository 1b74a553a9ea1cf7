"""The wire models: nothing of the wire is lost, and nothing unknown breaks them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from opencode_sandbox.models import (
    AssistantInfo,
    Message,
    Session,
    SessionStatus,
    TextPart,
    Tokens,
    ToolCompleted,
    ToolError,
    ToolPart,
    ToolPending,
    ToolRunning,
    UnknownInfo,
    UnknownPart,
    UnknownToolState,
    WireModel,
    total_cost,
    total_tokens,
)
from opencode_sandbox.models.base import wire_name

BODIES: dict[str, Any] = json.loads((Path(__file__).parent / "recorded_bodies.json").read_text(encoding="utf-8"))
OBJECTS: list[dict[str, Any]] = [
    item for body in BODIES.values() for item in (body if isinstance(body, list) else [body])
]
MESSAGES = [item for item in OBJECTS if "info" in item]
SESSIONS = [item for item in OBJECTS if "slug" in item]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
EXTRA = st.dictionaries(st.text(min_size=1).map(lambda name: f"x-{name}"), JSON, max_size=3)


def exactly(value: object) -> str:
    """Return JSON in which 1 and 1.0 differ and the order of keys does not matter."""
    return json.dumps(value, sort_keys=True)


def dump(model: WireModel) -> str:
    """Return a model's JSON in that form."""
    return exactly(model.wire())


@pytest.mark.parametrize("body", MESSAGES)
def test_recorded_message_survives(body: dict[str, Any]) -> None:
    """A recorded message comes out of its model as it went in."""
    assert dump(Message.model_validate(body)) == exactly(body)


@pytest.mark.parametrize("body", SESSIONS)
def test_recorded_session_survives(body: dict[str, Any]) -> None:
    """A recorded session comes out of its model as it went in."""
    assert dump(Session.model_validate(body)) == exactly(body)


def test_recordings_hold_what_is_tested() -> None:
    """The recordings are not empty and hold every state a recorded tool call can have."""
    tools = [tool for body in MESSAGES for tool in Message.model_validate(body).tools]
    assert len(MESSAGES) > 15
    assert len(SESSIONS) > 3
    assert {type(tool.state) for tool in tools} >= {ToolCompleted, ToolRunning}


@given(st.sampled_from(MESSAGES), EXTRA, EXTRA, EXTRA)
def test_unknown_fields_are_kept(
    body: dict[str, Any], outer: dict[str, Any], about: dict[str, Any], of_part: dict[str, Any]
) -> None:
    """Fields that no version has sent yet are kept wherever they stand."""
    parts = [{**part, **of_part} for part in body["parts"]]
    grown = {**body, **outer, "info": {**body["info"], **about}, "parts": parts}
    assert dump(Message.model_validate(grown)) == exactly(grown)


@given(st.text(), EXTRA)
def test_unknown_kinds_survive(word: str, extra: dict[str, Any]) -> None:
    """A part, a role and a tool state of an unknown kind are kept with all their fields."""
    body = {
        "info": {**extra, "role": f"x{word}", "id": "msg_1"},
        "parts": [
            {**extra, "type": f"x{word}"},
            {"type": "tool", "tool": "bash", "state": {**extra, "status": f"x{word}"}},
        ],
    }
    message = Message.model_validate(body)
    assert isinstance(message.info, UnknownInfo)
    assert isinstance(message.parts[0], UnknownPart)
    assert isinstance(message.tools[0].state, UnknownToolState)
    assert dump(message) == exactly(body)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ({"status": "pending", "input": {}, "raw": ""}, ToolPending),
        ({"status": "running", "input": {"command": "ls"}, "time": {"start": 1}}, ToolRunning),
        ({"status": "completed", "input": {}, "output": "x", "title": "", "metadata": {"exit": 3}}, ToolCompleted),
        ({"status": "error", "input": {}, "error": "no", "time": {"start": 1, "end": 2}}, ToolError),
    ],
)
def test_tool_states_are_typed(state: dict[str, Any], kind: type[WireModel]) -> None:
    """Every state of a tool call has its model."""
    part = ToolPart.model_validate({"type": "tool", "tool": "bash", "callID": "call_1", "state": state})
    assert type(part.state) is kind
    assert part.call_id == "call_1"
    assert dump(part.state) == exactly(state)


def test_document_examples_are_read() -> None:
    """The document's own, shortened examples can be read, though they lack most fields."""
    user = {"info": {"id": "msg_1", "role": "user", "time": {"created": 1769813792846}}, "parts": []}
    assistant = {
        "info": {"id": "msg_2", "role": "assistant", "cost": 0.04330275, "tokens": {"input": 3, "output": 87}},
        "parts": [
            {"type": "text", "text": "I'll list the files for you."},
            {"type": "tool", "tool": "bash", "state": {"status": "completed", "input": {}, "output": "total 60"}},
        ],
    }
    messages = TypeAdapter(list[Message]).validate_python([user, assistant])
    assert messages[1].text == "I'll list the files for you."
    assert total_cost(messages) == 0.04330275
    assert total_tokens(messages).all == 90
    assert Session.model_validate({"id": "ses_1", "title": "x", "time": {"created": 1}}).time is not None


def test_wire_names() -> None:
    """Attributes are in Python's spelling, the wire in the server's."""
    names = ["session_id", "call_id", "id", "provider_id", "created"]
    assert [wire_name(name) for name in names] == ["sessionID", "callID", "id", "providerID", "created"]


def test_text_leaves_synthetic_text_out() -> None:
    """Text that the server added is not what was written."""
    message = Message.model_validate(BODIES["body.file-data"])
    assert any(isinstance(part, TextPart) and part.synthetic for part in message.parts)
    assert "Called the Read tool" not in message.text


def test_totals_add_up() -> None:
    """Costs and tokens are sums over the assistant's messages; user messages cost nothing."""
    messages = TypeAdapter(list[Message]).validate_python(BODIES["msg.bash.messages"])
    costs = [message.info.cost for message in messages if isinstance(message.info, AssistantInfo)]
    assert len(costs) > 1
    assert total_cost(messages) == pytest.approx(sum(costs))
    assert total_tokens(messages).input == 100 * len(costs)
    assert Tokens(input=1, output=2) + Tokens(input=3, reasoning=4) == Tokens(input=4, output=2, reasoning=4)


def test_values_are_not_converted() -> None:
    """A number in quotes is not a number: the server never sends that, so it is not OpenCode's answer."""
    with pytest.raises(ValidationError):
        Session.model_validate({"id": "ses_1", "time": {"created": "1"}})


def test_statuses() -> None:
    """A retrying session is neither idle nor unknown."""
    (status,) = TypeAdapter(dict[str, SessionStatus]).validate_python(BODIES["err.e500.status"]).values()
    assert (status.is_idle, status.is_retrying, status.message) == (False, True, "boom")
