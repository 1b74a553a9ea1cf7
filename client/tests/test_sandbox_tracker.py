"""The pure core of waiting: every trap that a real server sets, without any input or output."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencode_sandbox.errors import NoReply, ReplyAborted, ReplyError, ReplyFailed, ReplyInterrupted
from opencode_sandbox.models import IDLE, Event, Message, SessionStatus
from opencode_sandbox.waiting.tracker import Failed, Finished, Heard, ReplyTracker, Verdict, Waiting

BUSY = SessionStatus(type="busy")
RETRY = SessionStatus.model_validate({"type": "retry", "attempt": 2, "message": "slow down", "next": 1})
SESSION = "ses_1"
ABORTED = {"name": "MessageAbortedError", "data": {"message": "The operation was aborted."}}


def user(message_id: str = "msg_u", text: str = "go") -> Message:
    """Return a message of the user."""
    info = {"id": message_id, "sessionID": SESSION, "role": "user", "time": {"created": 1}}
    return Message.model_validate({"info": info, "parts": [{"id": f"prt_{message_id}", "type": "text", "text": text}]})


def answer(message_id: str = "msg_a", *, to: str = "msg_u", text: str = "done", **info: Any) -> Message:
    """Return a message of the assistant; ``finish="stop"`` or ``error=...`` make it complete."""
    done = {"completed": 2} if info.keys() & {"finish", "error"} or info.pop("complete", False) else {}
    about = {
        "id": message_id,
        "sessionID": SESSION,
        "role": "assistant",
        "parentID": to,
        "time": {"created": 1, **done},
    }
    part = {"id": f"prt_{message_id}", "messageID": message_id, "type": "text", "text": text, "time": {"start": 1}}
    return Message.model_validate({"info": {**about, "time": {"created": 1, **done}, **info}, "parts": [part]})


def event(kind: str, **properties: Any) -> Event:
    """Return an event of the session."""
    return Event.model_validate({"type": kind, "properties": {"sessionID": SESSION, **properties}})


def tracker(**options: Any) -> ReplyTracker:
    """Return a tracker of the prompt ``go`` with a grace of five seconds."""
    return ReplyTracker(SESSION, **{"prompt": "go", "since": (), "grace": 5.0, **options})


def failure(verdict: Verdict) -> ReplyError:
    """Return the error of a verdict that must be a failure."""
    assert isinstance(verdict, Failed)
    return verdict.error


def test_finished_reply() -> None:
    """An idle session and a complete answer make a finished reply."""
    verdict = tracker().snapshot(IDLE, [user(), answer(finish="stop")], 0.0)
    assert isinstance(verdict, Finished)
    assert (verdict.reply.text, verdict.reply.finish) == ("done", "stop")


def test_busy_is_never_finished() -> None:
    """While the session is busy nothing is finished, however complete the last answer looks."""
    assert tracker().snapshot(BUSY, [user(), answer(finish="stop")], 0.0) == Waiting(idle=False)


def test_idle_before_the_run_begins() -> None:
    """After the 204 the session is still idle: with no message, and with the prompt alone, that is no end."""
    watch = tracker()
    assert watch.snapshot(IDLE, [], 0.0) == Waiting(idle=True)
    assert watch.snapshot(IDLE, [user()], 4.9) == Waiting(idle=True)
    assert watch.snapshot(IDLE, [user(), answer()], 9.8) == Waiting(idle=True)
    assert isinstance(watch.snapshot(IDLE, [user(), answer(finish="stop")], 14.0), Finished)


def test_older_messages_are_not_the_answer() -> None:
    """An older prompt of the same text and its answer, known before sending, are not taken for the new ones."""
    old = [user("msg_o"), answer("msg_p", to="msg_o", finish="stop")]
    watch = tracker(since={"msg_o", "msg_p"})
    assert watch.snapshot(IDLE, old, 0.0) == Waiting(idle=True)
    verdict = watch.snapshot(IDLE, [*old, user(), answer(finish="stop")], 1.0)
    assert isinstance(verdict, Finished)
    assert [message.id for message in verdict.reply.messages] == ["msg_u", "msg_a"]


def test_other_prompts_are_not_ours() -> None:
    """A new message of the user with another text is somebody else's."""
    foreign = [user("msg_x", "other"), answer("msg_y", to="msg_x", finish="stop")]
    watch = tracker()
    assert watch.snapshot(IDLE, foreign, 0.0) == Waiting(idle=True)
    assert isinstance(failure(watch.snapshot(IDLE, foreign, 5.0)), NoReply)


@pytest.mark.parametrize("finish", ["tool-calls", "unknown"])
def test_tool_calls_are_not_the_end(finish: str) -> None:
    """A complete message after which the model is called again may have appeared after the status was read."""
    watch = tracker()
    step = answer(finish=finish)
    assert watch.snapshot(IDLE, [user(), step], 0.0) == Waiting(idle=True)
    assert watch.snapshot(BUSY, [user(), step], 0.1) == Waiting(idle=False)
    verdict = watch.snapshot(IDLE, [user(), step, answer("msg_b", finish="stop")], 0.2)
    assert isinstance(verdict, Finished)
    assert verdict.reply.text == "done\ndone"


def test_rejected_permission_ends_with_tool_calls() -> None:
    """When the answer was there before the status was read as idle, tool-calls are the end."""
    watch = tracker()
    messages = [user(), answer(finish="tool-calls")]
    assert watch.snapshot(BUSY, messages, 0.0) == Waiting(idle=False)
    verdict = watch.snapshot(IDLE, messages, 0.1)
    assert isinstance(verdict, Finished)
    assert verdict.reply.finish == "tool-calls"


def test_busy_with_an_earlier_run_proves_nothing() -> None:
    """Busy seen before our answer began does not make a first step with tool calls the end."""
    watch = tracker()
    assert watch.snapshot(BUSY, [user()], 0.0) == Waiting(idle=False)
    assert watch.snapshot(IDLE, [user(), answer(finish="tool-calls")], 0.1) == Waiting(idle=True)


def test_error_inside_a_200() -> None:
    """An error stored with the message is a failure that carries what there is of the reply."""
    error = {"name": "APIError", "data": {"message": "bad key", "statusCode": 401}}
    caught = failure(tracker().snapshot(IDLE, [user(), answer(text="half", error=error)], 0.0))
    assert type(caught) is ReplyFailed
    assert isinstance(caught, ReplyFailed)
    assert "APIError: bad key" in str(caught)
    assert caught.error is not None
    assert caught.reply.text == "half"


@pytest.mark.parametrize("end", [{"error": ABORTED}, {"complete": True}])
def test_abort(end: dict[str, Any]) -> None:
    """An abort has its own error, also where the server stores none with the message."""
    watch = tracker()
    watch.snapshot(BUSY, [user(), answer()], 0.0)
    assert isinstance(failure(watch.snapshot(IDLE, [user(), answer(**end)], 0.1)), ReplyAborted)


def test_idle_before_an_aborted_message_is_final() -> None:
    """At an abort the session is idle before the message is complete."""
    watch = tracker()
    watch.snapshot(BUSY, [user(), answer()], 0.0)
    assert watch.event(event("session.idle")) is Heard.LOOK
    assert watch.snapshot(IDLE, [user(), answer()], 0.1) == Waiting(idle=True)
    assert isinstance(failure(watch.snapshot(IDLE, [user(), answer(error=ABORTED)], 0.2)), ReplyAborted)


@pytest.mark.parametrize("messages", [[], [user()]])
def test_nothing_happens(messages: list[Message]) -> None:
    """An idle session without an answer gets a time of grace and then an error that says what was seen."""
    watch = tracker()
    assert watch.snapshot(IDLE, messages, 0.0) == Waiting(idle=True)
    assert watch.snapshot(IDLE, messages, 4.9) == Waiting(idle=True)
    caught = failure(watch.snapshot(IDLE, messages, 5.0))
    assert isinstance(caught, NoReply)
    assert caught.reply.messages == messages


def test_grace_begins_anew_when_something_happens() -> None:
    """Being busy in between, or a new message, begins the time of grace again."""
    watch = tracker()
    watch.snapshot(IDLE, [user()], 0.0)
    watch.snapshot(BUSY, [user()], 4.0)
    assert watch.snapshot(IDLE, [user()], 6.0) == Waiting(idle=True)
    assert watch.snapshot(IDLE, [user(), answer()], 10.9) == Waiting(idle=True)
    assert watch.snapshot(IDLE, [user(), answer()], 15.8) == Waiting(idle=True)
    assert isinstance(failure(watch.snapshot(IDLE, [user(), answer()], 15.9)), ReplyInterrupted)


def test_no_reply_names_the_servers_reason() -> None:
    """What the server said in an event about the unknown model is part of the error."""
    watch = tracker()
    watch.event(event("session.error", error={"name": "UnknownError", "data": {"message": "Model not found: a/b."}}))
    watch.snapshot(IDLE, [user()], 0.0)
    assert "Model not found: a/b." in str(failure(watch.snapshot(IDLE, [user()], 5.0)))


def test_queued_prompt_is_answered_in_the_name_of_a_later_one() -> None:
    """A prompt that waited is answered by a message whose parent is a later prompt."""
    running = answer("msg_r", to="msg_o", text="old")
    watch = tracker(since={"msg_o", "msg_r"})
    waiting = [user("msg_o", "first"), running, user(), user("msg_v", "third")]
    assert watch.snapshot(BUSY, waiting, 0.0) == Waiting(idle=False)
    finished = [*waiting, answer("msg_z", to="msg_v", finish="stop")]
    assert watch.snapshot(BUSY, finished, 0.1) == Waiting(idle=False)
    verdict = watch.snapshot(IDLE, finished, 0.2)
    assert isinstance(verdict, Finished)
    assert [message.id for message in verdict.reply.answers] == ["msg_z"]


def test_answers_to_later_prompts_are_not_ours() -> None:
    """What follows our finished answer answers later prompts; it costs us nothing."""
    messages = [
        user(),
        answer(finish="stop", cost=1),
        user("msg_v", "x"),
        answer("msg_z", to="msg_v", finish="stop", cost=2),
    ]
    verdict = tracker().snapshot(IDLE, messages, 0.0)
    assert isinstance(verdict, Finished)
    assert verdict.reply.cost == 1


def test_a_queued_prompt_takes_over_the_run() -> None:
    """A run that goes on in the name of a later prompt after our tool call still answers ours."""
    messages = [user(), answer(finish="tool-calls"), user("msg_v", "x"), answer("msg_z", to="msg_v", finish="stop")]
    verdict = tracker().snapshot(IDLE, messages, 0.0)
    assert isinstance(verdict, Finished)
    assert [message.id for message in verdict.reply.answers] == ["msg_a", "msg_z"]


def test_summary_of_a_compaction_is_neither_end_nor_text() -> None:
    """A summary that the server makes in the middle of a run does not end the reply."""
    summary = answer("msg_s", text="summary", finish="stop", summary=True)
    messages = [user(), answer(finish="tool-calls", text="a"), summary, answer("msg_z", text="b", finish="stop")]
    verdict = tracker().snapshot(IDLE, messages, 0.0)
    assert isinstance(verdict, Finished)
    assert verdict.reply.text == "a\nb"


def test_ids_are_compared_for_equality_only() -> None:
    """Ids wrap around every 795 days: an answer whose id sorts before its prompt's is an answer all the same."""
    verdict = tracker().snapshot(IDLE, [user("msg_ffff"), answer("msg_0000", to="msg_ffff", finish="stop")], 0.0)
    assert isinstance(verdict, Finished)


def test_without_baseline_the_newest_prompt_counts() -> None:
    """Without the ids known before, the last message of the user is the one that is waited for."""
    messages = [user("msg_1"), answer("msg_2", to="msg_1", finish="stop"), user("msg_3"), answer("msg_4", to="msg_3")]
    watch = ReplyTracker(SESSION)
    assert watch.snapshot(BUSY, messages, 0.0) == Waiting(idle=False)
    assert watch.progress.reply.user is not None
    assert watch.progress.reply.user.id == "msg_3"


def test_deadline_error_tells_what_was_seen() -> None:
    """The error for a passed deadline names the failing provider, the open message and the last event."""
    watch = tracker()
    watch.snapshot(RETRY, [user(), answer(text="half a")], 0.0)
    watch.event(event("session.diff"))
    caught = watch.timed_out(30)
    said = str(caught)
    assert "after 30 seconds" in said
    assert all(part in said for part in ("slow down", "attempt 2", "half a", "session.diff"))
    assert caught.progress.status == RETRY
    assert caught.reply.text == "half a"


def test_deadline_error_names_open_tools() -> None:
    """The error for a passed deadline names the tool that still runs."""
    part = {"id": "prt_t", "type": "tool", "tool": "bash", "state": {"status": "running", "input": {}}}
    open_call = Message.model_validate({**answer().wire(), "parts": [part]})
    watch = tracker()
    watch.snapshot(BUSY, [user(), open_call], 0.0)
    assert "Tools still running: bash." in str(watch.timed_out(1))


def test_events_of_other_sessions_are_ignored() -> None:
    """An event of another session, or of none, is nothing."""
    watch = tracker()
    assert watch.event(event("session.idle", sessionID="ses_2")) is Heard.NOTHING
    assert watch.event(Event(type="server.heartbeat")) is Heard.NOTHING
    assert watch.progress.last_event is None


@pytest.mark.parametrize("kind", ["session.idle", "session.error"])
def test_events_never_decide(kind: str) -> None:
    """The end of a run is a reason to look, never a verdict."""
    assert tracker().event(event(kind)) is Heard.LOOK


def test_a_deleted_session_is_gone() -> None:
    """The end of the session is no reason to look: there is nothing to be seen any more; a child's end is nothing."""
    assert tracker().event(event("session.deleted")) is Heard.GONE
    child = Event(type="session.deleted", properties={"info": {"id": "ses_child", "parentID": SESSION}})
    assert tracker().event(child) is Heard.NOTHING


def stream() -> list[Event]:
    """Return the events of a short reply, as 1.2.1 and later send them."""
    growing = {"id": "prt_msg_a", "sessionID": SESSION, "messageID": "msg_a", "type": "text", "time": {"start": 1}}
    delta = {"messageID": "msg_a", "partID": "prt_msg_a", "field": "text"}
    begun = answer().info.wire()
    return [
        event("message.updated", info=user().info.wire()),
        event("message.part.updated", part={**user().parts[0].wire(), "sessionID": SESSION, "messageID": "msg_u"}),
        event("session.status", status={"type": "busy"}),
        event("message.updated", info=begun),
        event("message.part.updated", part={**growing, "text": ""}),
        event("message.part.delta", **delta, delta="Hel"),
        event("message.part.delta", **delta, delta="lo"),
        event("message.part.updated", part={**growing, "text": "Hello", "time": {"start": 1, "end": 2}}),
        event("message.updated", info={**begun, "finish": "stop", "time": {"created": 1, "completed": 2}}),
        event("session.status", status={"type": "idle"}),
        event("session.idle"),
    ]


def test_text_grows_with_deltas() -> None:
    """Deltas grow the text, and a snapshot that has not stored it yet does not take it back."""
    watch = tracker()
    for each in stream()[:6]:
        watch.event(each)
    assert watch.progress.reply.text == "Hel"
    stored = answer(text="")
    watch.snapshot(BUSY, [user(), stored], 0.0)
    assert watch.progress.reply.text == "Hel"
    watch.snapshot(BUSY, [user(), answer(text="Hello")], 0.1)
    assert watch.progress.reply.text == "Hello"


def test_old_streams_send_the_whole_text() -> None:
    """Up to 1.1.65 each update holds the text so far; its delta is not added a second time."""
    watch = tracker()
    for each in stream()[:5]:
        watch.event(each)
    part = {
        "id": "prt_msg_a",
        "sessionID": SESSION,
        "messageID": "msg_a",
        "type": "text",
        "text": "Hello",
        "time": {"start": 1},
    }
    watch.event(event("message.part.updated", part=part, delta="lo"))
    assert watch.progress.reply.text == "Hello"


def test_removed_messages_and_parts_vanish() -> None:
    """Events that remove a part or a message are followed."""
    watch = tracker()
    watch.snapshot(BUSY, [user(), answer()], 0.0)
    watch.event(event("message.part.removed", messageID="msg_a", partID="prt_msg_a"))
    assert watch.progress.reply.text == ""
    watch.event(event("message.removed", messageID="msg_a"))
    assert watch.progress.reply.answers == ()


@given(st.lists(st.booleans(), min_size=11, max_size=11), st.integers(0, 11))
def test_no_stream_changes_the_verdict(kept: list[bool], looks: int) -> None:
    """Whatever events are lost, and whenever snapshots come, the verdict is the same once the run is over."""
    watch = tracker()
    for place, (each, keep) in enumerate(zip(stream(), kept, strict=True)):
        if keep:
            watch.event(each)
        if place < looks:
            assert isinstance(watch.snapshot(BUSY, [user()], place), Waiting)
    verdict = watch.snapshot(IDLE, [user(), answer(text="Hello", finish="stop")], 20.0)
    assert isinstance(verdict, Finished)
    assert verdict.reply.text == "Hello"
