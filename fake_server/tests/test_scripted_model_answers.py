"""What is sent for a call, and which call answers a request."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from opencode_fake.scripted_model.answer import (
    Answer,
    Item,
    Text,
    ToolCall,
    Wait,
    failure_headers,
    usage,
)
from opencode_fake.scripted_model.request import ModelRequest
from opencode_fake.scripted_model.runs import Runs
from opencode_fake.scripts import (
    Casting,
    Failure,
    Reply,
    Tokens,
    delay,
    edit,
    provider_error,
    reasoning,
    reply,
    script,
    stream_error,
    text,
    tool,
    turn,
    write,
)
from opencode_fake.scripts.calls import calls
from opencode_fake.scripts.failures import failure_body
from opencode_fake.scripts.steps import Step

PROMPT = ModelRequest("ses_1", "prompt", "x", user_messages=1, answered=0, messages=(), tools=("bash",), stream=True)


def items(*steps: Step, settling: float = 0.8) -> list[Item]:
    """The items of the first call."""
    return list(Answer(calls(turn(*steps), Tokens())[0], "0001000", "/w", settling).items())


def runs(*replies: Reply) -> Runs:
    """The runs of a script of these."""
    return Runs(Casting(script(*replies)), patience=0)


def test_texts_and_delays_in_their_order() -> None:
    """Reasoning has a field of its own; pace is silence between pieces."""
    assert items(reasoning("Hm."), delay(2), text("a b", pace=0.5)) == [
        Text("reasoning_content", "Hm."),
        Wait(2),
        Text("content", "a "),
        Wait(0.5),
        Text("content", "b"),
    ]


def test_tool_calls_have_ids_of_their_own() -> None:
    """Two calls in one answer differ in id and index."""
    first, second = items(tool("bash", {"command": "ls"}), tool("read", {"filePath": "é"}, parallel=True))
    assert isinstance(first, ToolCall)
    assert isinstance(second, ToolCall)
    assert first.delta == {
        "tool_calls": [
            {
                "index": 0,
                "id": "call_000100000",
                "type": "function",
                "function": {"name": "bash", "arguments": '{"command": "ls", "description": "ls"}'},
            }
        ]
    }
    assert (second.index, second.call_id, second.arguments) == (1, "call_000100001", {"filePath": "é"})


def test_files_change_only_when_the_server_is_ready() -> None:
    """A tool that changes files waits until its answer is old enough, once, and other silence counts."""
    kinds = [type(item) for item in items(write("a", "b"), edit("a", "b", "c", parallel=True))]
    assert kinds == [Wait, ToolCall, ToolCall]
    assert items(delay(0.5), write("a", "b"), settling=1)[1] == Wait(0.5)
    assert [type(item) for item in items(text("a b c", pace=0.4), write("a", "b"))].count(Wait) == 2
    assert [type(item) for item in items(tool("bash", {"command": "ls"}))] == [ToolCall]
    assert [type(item) for item in items(write("a", "b"), settling=0)] == [ToolCall]


def test_usage_makes_the_server_store_the_scripts_tokens() -> None:
    """The server takes the cached tokens off the prompt's."""
    counted = usage(Tokens.model_validate({"input": 600, "output": 50, "reasoning": 30, "cache": {"read": 400}}))
    assert counted == {
        "prompt_tokens": 1000,
        "completion_tokens": 50,
        "total_tokens": 1050,
        "prompt_tokens_details": {"cached_tokens": 400},
        "completion_tokens_details": {"reasoning_tokens": 30},
    }


def test_failures_in_the_providers_words() -> None:
    """The status decides the type; retry-after is a header."""
    failure = Failure(kind="provider", status=429, message="slow down", retry_after=1.5)
    assert failure_body(failure) == {"error": {"message": "slow down", "type": "rate_limit_error"}}
    assert failure_headers(failure) == {"retry-after": "1.5"}
    plain = Failure(kind="provider", message="m")
    assert (failure_body(plain)["error"], failure_headers(plain)) == (
        {"message": "m", "type": "invalid_request_error"},
        {},
    )


def test_a_run_goes_on_with_each_request() -> None:
    """The number of answers since the prompt says which call is next, and the reply is used once."""
    made = runs(reply("x", tool("a"), tool("b"), text("c")), reply("y"))
    for answered in range(3):
        cue = made.cue(replace(PROMPT, answered=answered))
        assert cue.index == answered
        cue.done()
    assert len(made.casting.performances) == 1


def test_a_repeated_request_gets_the_same_call() -> None:
    """A retry is no new prompt."""
    made = runs(reply("x", tool("a"), text("b")))
    first, again = made.cue(PROMPT), made.cue(PROMPT)
    assert (first.run, first.key) == (again.run, again.key)


def test_refusals_are_counted() -> None:
    """So many calls fail, then the reply goes on; without a number all of them do."""
    made = runs(reply("x", provider_error(429, "no", times=2), text("b")), reply("y", error=provider_error(500, "no")))
    cues = [made.cue(PROMPT) for _ in range(3)]
    assert [cue.refusal() is not None for cue in cues] == [True, True, False]
    other = replace(PROMPT, prompt="y", user_messages=2)
    assert all(made.cue(other).refusal() for _ in range(5))


def test_a_new_prompt_starts_a_new_performance() -> None:
    """Whatever is left of the one before: another text, the same text again, or the same place after a revert."""
    made = runs(reply("x", sequence=[turn(tool("a"), text("b")), turn(text("two"))]), reply("y"))
    made.cue(PROMPT).done()
    aborted = made.cue(replace(PROMPT, answered=1))
    repeated = made.cue(replace(PROMPT, user_messages=2))
    repeated.done()
    reverted = made.cue(replace(PROMPT, user_messages=2))
    assert [cue.run.number for cue in (aborted, repeated, reverted)] == [1, 2, 3]


def test_sessions_do_not_disturb_each_other() -> None:
    """Each session has a run of its own."""
    made = runs(reply("x", sequence=[turn(tool("a"), text("1")), turn(tool("a"), text("2"))]))
    first, second = made.cue(PROMPT), made.cue(replace(PROMPT, session_id="ses_2"))
    first.done()
    second.done()
    assert made.cue(replace(PROMPT, answered=1)).run is first.run
    assert made.cue(replace(PROMPT, session_id="ses_2", answered=1)).run is second.run


def test_a_server_that_asks_too_often_gets_the_last_call_again() -> None:
    """Nothing runs off the end."""
    made = runs(reply("x", text("a")))
    made.cue(PROMPT).done()
    assert made.cue(replace(PROMPT, answered=5)).index == 0


def test_a_stream_error_breaks_its_call_off() -> None:
    """The failure is the call's, not an item."""
    (call,) = calls(turn(text("a"), error=stream_error("cut")), Tokens())
    assert list(Answer(call, "k", "/w").items()) == [Text("content", "a")]


async def test_titles_do_not_count_as_uses() -> None:
    """The title request of a prompt gets the title of its performance, before or after it."""
    made = Runs(Casting(script(reply("x", sequence=[turn(title="one"), turn(title="two")]))))
    asked = replace(PROMPT, purpose="title", session_id="")
    early = asyncio.create_task(made.titles.title(asked))
    await asyncio.sleep(0)
    made.cue(PROMPT)
    made.cue(replace(PROMPT, session_id="ses_2"))
    assert await early == "one"
    assert await made.titles.title(asked) == "two"
    assert await made.titles.title(replace(asked, purpose="summary")) == "one"
    assert await made.titles.title(replace(asked, session_id="ses_2")) == "two"
    assert len(made.casting.performances) == 2


async def test_only_the_first_prompt_names_a_session() -> None:
    """A later prompt has a title of its own, but none for the session; nobody waits for ever."""
    made = runs(reply("x", title="one", uses=1), reply("y", title="two", uses=1))
    made.cue(PROMPT)
    made.cue(replace(PROMPT, prompt="y", user_messages=2))
    later = replace(PROMPT, prompt="y", session_id="")
    assert await made.titles.title(replace(later, purpose="title")) == "y"
    assert await made.titles.title(replace(later, purpose="summary")) == "two"


async def test_a_title_that_the_script_says_needs_no_performance() -> None:
    """It is given at once, as often as it is asked for; the prompt itself may never reach the model."""
    made = runs(reply("x", title="one", uses=1), reply("y", title="two"), reply("z", text("a")))
    for prompt, title in (("y", "two"), ("y", "two"), ("z", "z"), ("none", "none")):
        assert await made.titles.title(replace(PROMPT, purpose="title", prompt=prompt)) == title
    assert made.casting.performances == []
