"""The heart without a server: what a script does to a session, event by event."""

from __future__ import annotations

from typing import Any, cast

import pytest

from opencode_fake.clock import VirtualClock
from opencode_fake.identifiers import Identifiers
from opencode_fake.run.effects import Aborted, Effect, Event, Wait
from opencode_fake.run.loop import Run
from opencode_fake.run.prompt import UnknownAgent, accept
from opencode_fake.scripts.matching import Casting
from opencode_fake.scripts.model import Script
from opencode_fake.state.store import Session
from opencode_fake.state.world import World
from opencode_fake.versions import behaviours


class Stage:
    """One session on a world without HTTP."""

    def __init__(self, *replies: dict[str, Any], version: str = "1.1.53") -> None:
        script = Script.model_validate({"replies": replies})
        clock = VirtualClock()
        self.world = World(version, behaviours(version), "/data/workspace", Casting(script), Identifiers(0), clock.now)
        self.session: Session = self.world.create_session("/data/workspace")

    def prompt(self, text: str, **body: Any) -> list[Event]:
        """Stores a prompt."""
        return accept(self.world, self.session, {"parts": [{"type": "text", "text": text}], **body})[1]

    def run(self, abort_at: int | None = None) -> list[Effect]:
        """All effects of one run; it is aborted at the wait of that number."""
        effects = Run(self.world, self.session).effects()
        seen: list[Effect] = []
        effect = next(effects, None)
        waits = 0
        while effect is not None:
            seen.append(effect)
            waits += isinstance(effect, Wait)
            if isinstance(effect, Wait) and waits - 1 == abort_at:
                effect = effects.throw(Aborted())
            else:
                effect = next(effects, None)
        return seen

    def play(self, text: str) -> list[str]:
        """A prompt and its run, each event in a word or two."""
        return [shorten(effect) for effect in [*self.prompt(text), *self.run()]]

    def messages(self) -> list[dict[str, Any]]:
        """The session's messages."""
        return [cast("dict[str, Any]", message.wire()) for message in self.session.ordered()]


def shorten(effect: Effect) -> str:
    """An effect in a word or two, as the order tables of the protocol write it."""
    if isinstance(effect, Wait):
        return f"wait {effect.seconds:g}"
    assert isinstance(effect, Event), effect
    told = cast("dict[str, Any]", effect.properties)
    if effect.type == "message.updated":
        info = told["info"]
        state = "error" if "error" in info else info.get("finish", "")
        done = "completed" if "completed" in info["time"] else ""
        return " ".join(word for word in (info["role"], state, done) if word)
    if effect.type == "message.part.updated":
        part = told["part"]
        state = part.get("state", {}).get("status", "")
        end = "end" if "end" in part.get("time", {}) else ""
        return " ".join(word for word in (part["type"], state, end) if word)
    if effect.type == "session.status":
        return str(told["status"]["type"])
    return effect.type


def test_a_text_reply_tells_its_story_in_the_order_of_the_real_server() -> None:
    """Measured on 1.1.53 (order a): repeated busy, summaries behind the idle, the title last."""
    stage = Stage({"steps": [{"text": "Hello world."}]})
    assert stage.play("hi") == [
        "user", "text", "session.updated",
        "busy", "assistant", "busy", "session.updated", "session.diff", "user",
        "step-start", "text", "text", "text end", "step-finish", "assistant stop", "assistant stop completed",
        "busy", "idle", "session.idle", "session.updated", "session.diff", "user", "session.updated", "user",
    ]  # fmt: skip


def test_a_tool_call_makes_a_second_message() -> None:
    """Measured on 1.1.53 (order b): the text ends after the tool runs, and a step follows."""
    stage = Stage(
        {"steps": [{"text": "Look."}, {"tool": "bash", "input": {"command": "ls"}, "output": "x"}, {"text": "Ok"}]}
    )
    played = stage.play("go")
    first = played.index("step-start")
    assert played[first : played.index("step-finish") + 3] == [
        "step-start", "text", "tool pending", "tool running", "text end", "tool running", "tool completed",
        "step-finish", "assistant tool-calls", "assistant tool-calls completed",
    ]  # fmt: skip
    messages = stage.messages()
    assert [message["info"].get("finish") for message in messages] == [None, "tool-calls", "stop"]
    assert messages[1]["info"]["parentID"] == messages[2]["info"]["parentID"] == messages[0]["info"]["id"]


def test_a_reply_that_ends_with_a_tool_call_gets_an_empty_last_message() -> None:
    """The real loop calls the model once more, which has nothing to say."""
    stage = Stage({"steps": [{"tool": "bash", "input": {"command": "ls"}, "output": "x"}]})
    stage.play("go")
    assert [part["type"] for part in stage.messages()[-1]["parts"]] == ["step-start", "step-finish"]


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


def test_the_bash_tool_reports_as_on_the_real_server() -> None:
    """Title, metadata and output of a command that failed: the call completed all the same."""
    call = {"tool": "bash", "input": {"command": "false", "description": "Fails"}, "output": "no\n", "exit": 3}
    stage = Stage({"steps": [call]})
    stage.play("go")
    tool = next(part for part in stage.messages()[1]["parts"] if part["type"] == "tool")
    assert tool["state"].pop("time").keys() == {"start", "end"}
    assert tool["state"] == {
        "status": "completed",
        "input": {"command": "false", "description": "Fails"},
        "output": "no\n",
        "title": "Fails",
        "metadata": {"output": "no\n", "exit": 3, "description": "Fails", "truncated": False},
    }


def test_tools_show_how_far_they_are() -> None:
    """Measured on 1.1.53: bash shows what came, edit shows its change before it has ended."""
    stage = Stage(
        {"steps": [{"tool": "bash", "input": {"command": "ls"}, "output": "x"}, {"write": "a", "content": "a"},
                   {"edit": "a", "old": "a", "new": "b"}]}
    )  # fmt: skip
    stage.prompt("go")
    shown = [
        (
            told["part"]["tool"],
            sorted(told["part"]["state"]["metadata"]),
            told["part"]["state"]["metadata"].get("output"),
        )
        for told in (
            cast("dict[str, Any]", e.properties)
            for e in stage.run()
            if isinstance(e, Event) and shorten(e) == "tool running"
        )
        if "metadata" in told["part"]["state"]
    ]
    assert shown == [
        ("bash", ["description", "output"], "x"),
        ("edit", ["diagnostics", "diff", "filediff"], None),
    ]


def test_a_failed_tool_call_does_not_end_the_run() -> None:
    """The error is in the tool's state; another step follows."""
    stage = Stage({"steps": [{"tool": "read", "input": {"filePath": "x"}, "error": "Error: no"}, {"text": "Sorry."}]})
    stage.play("go")
    tool = stage.messages()[1]["parts"][1]
    assert (tool["state"]["status"], tool["state"]["error"]) == ("error", "Error: no")
    assert stage.messages()[-1]["info"]["finish"] == "stop"


def test_write_and_edit_move_the_summary_and_the_diff() -> None:
    """Measured on 1.1.53: the summary compares the whole session, so an edited new file stays an added one."""
    stage = Stage(
        {"prompt": "write", "steps": [{"write": "hello.txt", "content": "hi\nthere\n"}]},
        {"prompt": "edit", "steps": [{"edit": "hello.txt", "old": "there", "new": "you\nall"}]},
    )
    stage.play("write")
    assert stage.session.info.get("summary") == {"additions": 2, "deletions": 0, "files": 1}
    stage.play("edit")
    assert stage.session.info.get("summary") == {"additions": 3, "deletions": 0, "files": 1}
    assert stage.session.diff == [
        {
            "file": "hello.txt",
            "before": "",
            "after": "hi\nyou\nall\n",
            "additions": 3,
            "deletions": 0,
            "status": "added",
        }
    ]
    second = next(m["info"] for m in reversed(stage.messages()) if m["info"]["role"] == "user")
    assert second["summary"]["diffs"][0] | {"before": "", "after": ""} == {
        "file": "hello.txt", "before": "", "after": "", "additions": 2, "deletions": 1, "status": "modified",
    }  # fmt: skip
    patches = [part for message in stage.messages() for part in message["parts"] if part["type"] == "patch"]
    assert [part["files"] for part in patches] == [["/data/workspace/hello.txt"]] * 2


def test_an_edit_reports_the_patch_of_the_real_tool() -> None:
    """Letter by letter what 1.1.53 reported for this edit."""
    stage = Stage(
        {
            "steps": [
                {"write": "hello.txt", "content": "hi\nthere\n"},
                {"edit": "hello.txt", "old": "there", "new": "you\nall"},
            ]
        }
    )
    stage.play("go")
    tool = next(part for part in stage.messages()[2]["parts"] if part["type"] == "tool")
    assert tool["state"]["metadata"]["diff"] == (
        "Index: /data/workspace/hello.txt\n" + "=" * 67 + "\n--- /data/workspace/hello.txt\n"
        "+++ /data/workspace/hello.txt\n@@ -1,2 +1,3 @@\n hi\n-there\n+you\n+all\n"
    )
    assert tool["state"]["output"] == "Edit applied successfully."


def test_a_tool_that_does_not_fit_the_file_fails_as_the_real_one() -> None:
    """An edit of a missing file, and of a text that is not in it."""
    stage = Stage(
        {
            "steps": [
                {"edit": "no.txt", "old": "a", "new": "b"},
                {"write": "a.txt", "content": "aa"},
                {"edit": "a.txt", "old": "x", "new": "b"},
            ]
        }
    )
    stage.play("go")
    states = [part["state"] for message in stage.messages() for part in message["parts"] if part["type"] == "tool"]
    assert [state["status"] for state in states] == ["error", "completed", "error"]
    assert states[2]["error"] == "Error: oldString not found in content"


def test_reading_a_file_shows_its_numbered_lines() -> None:
    """The read tool of 1.1.53, on what the script wrote."""
    stage = Stage(
        {
            "steps": [
                {"write": "a.txt", "content": "hi\nthere\n"},
                {"tool": "read", "input": {"filePath": "/data/workspace/a.txt"}},
            ]
        }
    )
    stage.play("go")
    tool = next(part for part in stage.messages()[2]["parts"] if part["type"] == "tool")
    assert (
        tool["state"]["output"] == "<file>\n00001| hi\n00002| there\n00003| \n\n(End of file - total 3 lines)\n</file>"
    )


def test_a_provider_error_ends_the_run_with_an_error_inside_the_message() -> None:
    """Measured on 1.1.53 (order d): the error is told, then idle, then the message is final."""
    stage = Stage({"error": {"kind": "provider", "status": 401, "message": "bad key"}})
    played = stage.play("go")
    assert played[played.index("session.error") :] == [
        "session.error", "idle", "session.idle", "assistant error completed", "idle", "session.idle",
        "session.updated", "user",
    ]  # fmt: skip
    info = stage.messages()[-1]["info"]
    assert info["error"]["name"] == "APIError"
    assert info["error"]["data"]["statusCode"] == 401
    assert info["error"]["data"]["isRetryable"] is False
    assert "finish" not in info


def test_an_error_inside_the_stream_keeps_the_text_so_far() -> None:
    """The message is quoted as JSON (measured on 1.1.53)."""
    stage = Stage({"steps": [{"text": "partial"}], "error": {"kind": "stream", "message": "overloaded mid"}})
    stage.play("go")
    message = stage.messages()[-1]
    assert message["info"]["error"] == {"name": "UnknownError", "data": {"message": '"overloaded mid"'}}
    assert [part["type"] for part in message["parts"]] == ["step-start", "text"]
    assert "end" not in message["parts"][1]["time"]


def test_a_failing_provider_is_called_again_until_it_answers() -> None:
    """429 and 5xx: waits of 2, 4, 8 seconds, each told as a retry status with the time of the next call."""
    failure = {"kind": "provider", "status": 429, "message": "slow down", "times": 3}
    stage = Stage({"steps": [{"error": failure}, {"text": "ok now"}]})
    stage.prompt("go")
    effects = stage.run()
    assert [effect.seconds for effect in effects if isinstance(effect, Wait)] == [2, 4, 8]
    told = [
        cast("dict[str, Any]", e.properties)["status"]
        for e in effects
        if isinstance(e, Event) and e.type == "session.status"
    ]
    retries = [status for status in told if status["type"] == "retry"]
    assert [(status["attempt"], status["message"]) for status in retries] == [
        (1, "slow down"),
        (2, "slow down"),
        (3, "slow down"),
    ]
    assert stage.messages()[-1]["info"]["finish"] == "stop"


def test_a_retry_waits_as_long_as_the_provider_says() -> None:
    """The retry-after header."""
    failure = {"kind": "provider", "status": 429, "message": "slow down", "times": 1, "retry_after": 7}
    stage = Stage({"steps": [{"error": failure}, {"text": "ok"}]})
    stage.prompt("go")
    assert [effect.seconds for effect in stage.run() if isinstance(effect, Wait)] == [7]


def test_a_provider_that_always_fails_is_called_for_ever() -> None:
    """Until somebody aborts; the waits say that they are endless."""
    stage = Stage({"error": {"kind": "provider", "status": 500, "message": "boom"}})
    stage.prompt("go")
    waits = [effect for effect in stage.run(abort_at=40) if isinstance(effect, Wait)]
    assert len(waits) == 41
    assert all(wait.endless for wait in waits)
    assert waits[-1].seconds == 30


def test_an_abort_while_text_streams_keeps_the_text() -> None:
    """Measured on 1.1.53: the error is told, then idle, then the message is final; no step-finish."""
    stage = Stage({"steps": [{"text": "one two three", "pace": 1}]})
    stage.prompt("go")
    played = [shorten(effect) for effect in stage.run(abort_at=1)]
    assert played[played.index("session.error") :][:6] == [
        "session.error", "idle", "session.idle", "assistant error completed", "idle", "session.idle",
    ]  # fmt: skip
    message = stage.messages()[-1]
    assert message["info"]["error"] == {
        "name": "MessageAbortedError",
        "data": {"message": "The operation was aborted."},
    }
    assert message["parts"][-1]["text"] == "one two "
    assert (message["info"]["cost"], message["info"]["tokens"]["input"]) == (0, 0)


def test_an_abort_gives_up_a_tool_that_runs() -> None:
    """Its state becomes an error."""
    stage = Stage({"steps": [{"tool": "bash", "input": {"command": "sleep 20"}, "output": "", "duration": 20}]})
    stage.prompt("go")
    stage.run(abort_at=0)
    tool = stage.messages()[-1]["parts"][-1]
    assert (tool["state"]["status"], tool["state"]["error"]) == ("error", "Tool execution aborted")


def test_parallel_calls_share_a_message_and_run_at_the_same_time() -> None:
    """The shorter one ends first; together they take as long as the longer one."""
    calls = [
        {"tool": "bash", "input": {"command": "long"}, "output": "long", "duration": 5},
        {"tool": "bash", "input": {"command": "short"}, "output": "short", "duration": 1, "parallel": True},
    ]
    stage = Stage({"steps": calls})
    stage.prompt("go")
    effects = stage.run()
    assert sum(effect.seconds for effect in effects if isinstance(effect, Wait)) == 5
    ended = [
        cast("dict[str, Any]", effect.properties)["part"]["state"]["output"]
        for effect in effects
        if isinstance(effect, Event) and shorten(effect) == "tool completed"
    ]
    assert ended == ["short", "long"]
    assert len(stage.messages()) == 3


def test_tools_without_parallel_get_a_message_each() -> None:
    """So that an edit finds what the write before it wrote."""
    call = {"tool": "bash", "input": {"command": "x"}, "output": ""}
    stage = Stage({"steps": [call, call]})
    stage.play("go")
    assert [message["info"].get("finish") for message in stage.messages()] == [None, "tool-calls", "tool-calls", "stop"]


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


def test_a_prompt_that_nothing_matches_becomes_an_error_that_says_why() -> None:
    """A refused call whose message names the nearest replies."""
    stage = Stage({"prompt": "list the files", "steps": [{"text": "a"}]})
    stage.play("list the flies")
    message = stage.messages()[-1]["info"]["error"]["data"]["message"]
    assert "no reply of the script answers the prompt 'list the flies'" in message
    assert "the prompt does not contain 'list the files'" in message
    assert [miss.reply.prompt for miss in stage.world.casting.unmatched[0].misses] == ["list the files"]


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


def test_an_unknown_agent_stores_nothing() -> None:
    """The error comes before the message."""
    stage = Stage()
    with pytest.raises(UnknownAgent):
        stage.prompt("go", agent="nosuch")
    assert not stage.messages()


def test_an_unknown_model_is_answered_by_nothing() -> None:
    """Up to 1.1.53 not even an error is told, from 1.1.56 one is."""
    model = {"providerID": "scripted", "modelID": "nosuch"}
    told: dict[str, list[str]] = {}
    for version in ("1.1.53", "1.1.56"):
        stage = Stage({"steps": [{"text": "a"}]}, version=version)
        stage.prompt("go", model=model)
        told[version] = [shorten(effect) for effect in stage.run()]
        assert [message["info"]["role"] for message in stage.messages()] == ["user"]
    assert told == {
        "1.1.53": ["busy", "idle", "session.idle", "session.updated"],
        "1.1.56": ["busy", "session.error", "idle", "session.idle", "session.updated"],
    }


def test_a_prompt_whose_id_lies_in_the_future_keeps_the_session_busy() -> None:
    """The loop compares ids (to 1.18.3); what it does for ever is shown as an endless wait."""
    stage = Stage({"steps": [{"text": "a"}]})
    stage.prompt("go", messageID="msg_ffffffffffffCustom00000000")
    effects = Run(stage.world, stage.session).effects()
    waits = 0
    for effect in effects:
        waits += isinstance(effect, Wait)
        if waits > 3:
            break
    assert stage.world.statuses[stage.session.id]["type"] == "busy"


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
