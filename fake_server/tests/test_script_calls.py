"""How a turn is cut into calls to the model, and what its steps call."""

from __future__ import annotations

from opencode_fake.scripts import Tokens, delay, edit, provider_error, reasoning, stream_error, text, tool, turn, write
from opencode_fake.scripts.calls import calls, chunks
from opencode_fake.scripts.model import JsonObject, workspace_path
from opencode_fake.scripts.pricing import cost, price
from opencode_fake.scripts.steps import Step
from opencode_fake.scripts.tool_calls import tool_input, tool_name

BASE = Tokens(input=1)


def shape(*steps: Step) -> list[tuple[list[str], str]]:
    """The steps of each call and how it ends."""
    return [
        ([type(step).__name__.removesuffix("Step").lower() for step in call.stream], call.finish)
        for call in calls(turn(*steps), BASE)
    ]


def test_text_behind_a_tool_call_opens_a_new_call() -> None:
    """The real loop calls the model again after each tool call."""
    assert shape(text("a"), reasoning("b"), tool("read"), text("c")) == [
        (["text", "reasoning", "tool"], "tool-calls"),
        (["text"], "stop"),
    ]


def test_a_turn_that_ends_with_a_tool_call_has_one_more_call() -> None:
    """The last call never calls a tool, be it empty."""
    assert shape(write("a", "b")) == [(["write"], "tool-calls"), ([], "stop")]
    assert shape() == [([], "stop")]


def test_tool_calls_share_a_call_only_when_parallel() -> None:
    """Each tool call has a message of its own unless it says otherwise."""
    assert shape(tool("a"), tool("b")) == [(["tool"], "tool-calls"), (["tool"], "tool-calls"), ([], "stop")]
    assert shape(tool("a"), tool("b", parallel=True)) == [(["tool", "tool"], "tool-calls"), ([], "stop")]


def test_a_delay_belongs_to_what_follows_it() -> None:
    """Silence before text behind a tool call is silence of the next call."""
    assert shape(tool("a"), delay(1), text("b"), delay(2)) == [
        (["tool"], "tool-calls"),
        (["delay", "text", "delay"], "stop"),
    ]


def test_errors_refuse_a_call_or_break_it_off() -> None:
    """A provider's refusal stands for its call, a stream error at its end."""
    first, second = calls(turn(tool("a"), provider_error(500, "x", times=1), text("b"), error=stream_error("y")), BASE)
    assert first.refusal is None
    assert second.refusal is not None
    assert second.break_off is not None
    assert (second.refusal.error.message, second.break_off.error.message) == ("x", "y")


def test_tokens_and_cost_come_from_the_nearest_place() -> None:
    """A step's count for its message, else the turn's, else the script's."""
    made = turn(tool("a", tokens={"input": 5}), text("b", cost=2), tokens={"input": 3}, cost=1)
    assert [(call.tokens.input, call.cost) for call in calls(made, BASE)] == [(5, None), (3, 2)]
    assert calls(turn(text("a")), BASE)[0].tokens == BASE


def test_costs_are_the_price_of_the_tokens_unless_said() -> None:
    """3 and 15 USD for a million, reasoning on top."""
    assert price(Tokens(input=600, output=50, reasoning=30)) == 0.003
    said, computed = calls(turn(tool("a", cost=1), text("b", tokens={"input": 1_000_000})), BASE)
    assert [cost(said), cost(computed)] == [1, 3]


def test_texts_are_streamed_in_pieces() -> None:
    """As written, or cut behind white space; joined they are the text."""
    assert chunks(text("I'll list\n the  files. ")) == ("I'll ", "list\n ", "the  ", "files. ")
    assert chunks(reasoning("  a")) == ("  ", "a")
    assert chunks(text("abc", chunks=["ab", "", "c"])) == ("ab", "c")
    assert chunks(text("")) == ()


def test_steps_call_the_servers_tools() -> None:
    """Names and inputs are those of the real tools, with absolute paths."""
    assert [tool_name(step) for step in (write("a", "b"), edit("a", "b", "c"), tool("grep"))] == [
        "write",
        "edit",
        "grep",
    ]
    assert tool_input(write("a", "b"), "/w") == {"filePath": "/w/a", "content": "b"}
    replaced: JsonObject = {"filePath": "/w/a", "oldString": "b", "newString": "c"}
    assert tool_input(edit("/data/workspace/a", "b", "c"), "/w") == replaced
    assert tool_input(edit("a", "b", "c", all=True), "/w") == {**replaced, "replaceAll": True}
    assert tool_input(tool("grep", {"pattern": "x"}), "/w") == {"pattern": "x"}


def test_bash_always_gets_a_description() -> None:
    """The real tool refuses a call without one."""
    command = {"command": "ls"}
    assert tool_input(tool("bash", command), "/w") == {"command": "ls", "description": "ls"}
    assert tool_input(tool("bash", command, title="List"), "/w") == {"command": "ls", "description": "List"}
    assert tool_input(tool("bash", {**command, "description": "d"}, title="t"), "/w")["description"] == "d"


def test_paths_below_the_documented_workspace_mean_the_real_one() -> None:
    """A script says /data/workspace wherever the workspace is; other absolute paths stay."""
    assert workspace_path("/data/workspace/a/b", "/w") == "/w/a/b"
    assert workspace_path("a", "/w") == "/w/a"
    assert workspace_path("/etc/x", "/w") == "/etc/x"
