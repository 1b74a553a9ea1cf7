"""The heart without a server: what a script does to a session, event by event."""

from __future__ import annotations

from typing import Any, cast

import pytest
from conftest import Stage

from opencode_fake.run.effects import Event


def test_a_text_reply_tells_its_story_in_the_order_of_the_real_server() -> None:
    """Measured on 1.1.53 (order a): repeated busy, summaries behind the idle, the title last."""
    stage = Stage({"steps": [{"text": "Hello world."}]})
    assert stage.play("hi") == [
        "user", "text", "session.updated",
        "busy", "assistant", "busy", "session.updated", "session.diff", "user",
        "step-start", "text", "text", "text end", "step-finish", "assistant stop", "assistant stop completed",
        "busy", "idle", "session.idle", "session.updated", "session.diff", "user", "session.updated", "user",
    ]  # fmt: skip


def test_streamed_text_grows_and_every_chunk_is_a_delta() -> None:
    """Up to 1.1.65 the part holds the text so far."""
    stage = Stage({"steps": [{"text": "one two", "chunks": ["one ", "two"]}]})
    stage.prompt("go")
    events = [effect for effect in stage.run() if isinstance(effect, Event) and effect.type == "message.part.updated"]
    texts = [cast("dict[str, Any]", event.properties) for event in events]
    grown = [(told["part"]["text"], told.get("delta")) for told in texts if told["part"]["type"] == "text"]
    assert grown == [("one ", "one "), ("one two", "two"), ("one two", None)]


def test_all_text_of_one_call_is_one_part() -> None:
    """The provider's protocol knows no blocks: what the script writes in two steps arrives as one text."""
    stage = Stage({"steps": [{"text": "one "}, {"reasoning": "hm"}, {"text": "two  "}]})
    stage.play("go")
    texts = [part for part in stage.messages()[-1]["parts"] if part["type"] == "text"]
    assert [part["text"] for part in texts] == ["one two"]


def test_cost_is_the_price_of_the_tokens_unless_the_script_names_one() -> None:
    """3 and 15 USD for a million; reasoning is charged as output (measured on 1.1.53)."""
    stage = Stage(
        {
            "prompt": "priced",
            "steps": [{"text": "a"}],
            "tokens": {"input": 600, "output": 50, "reasoning": 30, "cache": {"read": 400}},
        },
        {"prompt": "named", "steps": [{"text": "a"}], "tokens": {"input": 3, "output": 87}, "cost": 0.04330275},
        {"prompt": "step", "steps": [{"text": "a", "tokens": {"input": 1, "output": 1}}], "tokens": {"input": 3}},
    )
    for prompt in ("priced", "named", "step"):
        stage.play(prompt)
    infos = [message["info"] for message in stage.messages() if message["info"]["role"] == "assistant"]
    assert [info["cost"] for info in infos] == pytest.approx([0.003, 0.04330275, 0.000018])
    assert infos[0]["tokens"] == {"input": 600, "output": 50, "reasoning": 30, "cache": {"read": 400, "write": 0}}
    assert infos[0]["cost"] == stage.messages()[1]["parts"][-1]["cost"]


def test_prompts_that_arrive_together_are_answered_together() -> None:
    """One reply, to the last of them."""
    stage = Stage({"prompt": "first", "steps": [{"text": "1"}]}, {"prompt": "second", "steps": [{"text": "2"}]})
    stage.prompt("first")
    stage.prompt("second")
    stage.run()
    messages = stage.messages()
    assert [message["info"]["role"] for message in messages] == ["user", "user", "assistant"]
    assert messages[2]["info"]["parentID"] == messages[1]["info"]["id"]


def test_the_title_comes_with_the_first_prompt_only() -> None:
    """And a session with a title of its own keeps it."""
    stage = Stage({"steps": [{"text": "a"}], "title": "Named"})
    stage.play("go")
    assert stage.session.info["title"] == "Named"
    stage.session.info["title"] = "Mine"
    stage.play("again")
    assert stage.session.info["title"] == "Mine"


def test_the_server_keeps_the_first_line_of_a_title() -> None:
    """Thoughts of the model left out, and 100 characters at most (measured on 1.1.53 and 1.3.2)."""
    stage = Stage(
        {"prompt": "lines", "steps": [{"text": "a"}], "title": "<think>hm</think>\n\n A \nB"},
        {"prompt": "long", "steps": [{"text": "a"}], "title": "x" * 101},
    )
    stage.play("lines")
    assert stage.session.info["title"] == "A"
    stage = Stage({"prompt": "long", "steps": [{"text": "a"}], "title": "x" * 101})
    stage.play("long")
    assert stage.session.info["title"] == "x" * 97 + "..."


def test_a_long_text_is_cut_into_a_bounded_number_of_pieces() -> None:
    """Each event tells the whole text so far, so that a piece a word would be quadratic."""
    stage = Stage({"steps": [{"text": "word " * 20_000}]})
    stage.prompt("go")
    told = [effect for effect in stage.run() if isinstance(effect, Event) and effect.type == "message.part.updated"]
    assert len(told) < 250
    assert stage.messages()[-1]["parts"][1]["text"] == ("word " * 20_000).rstrip()


def test_without_a_title_in_the_script_the_prompt_names_the_session() -> None:
    """Its first line with text, cut to 50 characters."""
    stage = Stage({"steps": [{"text": "a"}]})
    stage.play("\n  " + "word " * 20)
    assert stage.session.info["title"].startswith("word word")
    assert len(stage.session.info["title"]) <= 50


def test_versions_differ_where_the_table_says() -> None:
    """Totals of tokens from 1.1.58; the variant of the prompt from 1.1.56; the status of a diff from 1.1.53."""

    def last(version: str) -> tuple[dict[str, Any], dict[str, Any]]:
        stage = Stage(
            {"steps": [{"write": "a", "content": "x\n"}], "tokens": {"input": 1, "output": 2}}, version=version
        )
        stage.prompt("go", variant="high")
        stage.run()
        return stage.messages()[-1]["info"], cast("dict[str, Any]", stage.session.diff[0])

    old, old_diff = last("1.1.34")
    new, new_diff = last("1.1.58")
    assert ("total" in old["tokens"], new["tokens"]["total"]) == (False, 3)
    assert (old.get("variant"), new.get("variant")) == (None, "high")
    assert ("status" in old_diff, new_diff["status"]) == (False, "added")


def test_a_change_of_the_model_is_told_as_an_update_with_its_time() -> None:
    """From 1.17.19, before the prompt's own message."""
    stage = Stage(version="1.17.19")
    created = stage.session.info["time"]["created"]
    stage.world.now = lambda: created + 5
    first = stage.prompt("go")[0]
    assert (first.type, cast("Any", first.properties)["info"]["time"]["updated"]) == ("session.updated", created + 5)


def test_the_same_script_and_seed_tell_the_same_story_byte_for_byte() -> None:
    """So that a run can be repeated exactly."""

    def told() -> list[str]:
        stage = Stage(
            {"steps": [{"text": "a b"}, {"tool": "bash", "input": {"command": "x"}, "output": "y"}, {"delay": 3}]}
        )
        events = [*stage.prompt("go"), *stage.run()]
        return [event.body for event in events if isinstance(event, Event)]

    assert told() == told()
