"""The heart without a server: what tool calls leave in messages, files and events."""

from __future__ import annotations

from typing import Any, cast

from conftest import Stage, shorten

from opencode_fake.run.effects import Event, Wait


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
