"""Events that are older than a snapshot: the reply must neither go back nor say anything twice."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from opencode_sandbox.models import Event, Message, SessionStatus, ToolCompleted
from opencode_sandbox.waiting.tracker import ReplyTracker

SESSION = "ses_1"
BUSY = SessionStatus(type="busy")
USER = {"id": "msg_u", "sessionID": SESSION, "role": "user", "time": {"created": 1}}
ANSWER = {"id": "msg_a", "sessionID": SESSION, "role": "assistant", "parentID": "msg_u", "time": {"created": 1}}
DONE = {**ANSWER, "finish": "stop", "time": {"created": 1, "completed": 2}}
PLACE = {"id": "prt_a", "sessionID": SESSION, "messageID": "msg_a"}


def event(kind: str, **properties: Any) -> Event:
    """Return an event of the session."""
    return Event.model_validate({"type": kind, "properties": {"sessionID": SESSION, **properties}})


def text(said: str, *, ended: bool = False) -> dict[str, Any]:
    """Return a text part."""
    return {**PLACE, "type": "text", "text": said, "time": {"start": 1, **({"end": 2} if ended else {})}}


def part_event(part: dict[str, Any], **more: Any) -> Event:
    """Return the event that tells of a part."""
    return event("message.part.updated", part=part, **more)


def delta(said: str) -> Event:
    """Return the event that a text has grown."""
    return event("message.part.delta", messageID="msg_a", partID="prt_a", field="text", delta=said)


def stored(*parts: dict[str, Any], info: dict[str, Any] = ANSWER) -> list[Message]:
    """Return what a server has stored: the prompt, and an answer of these parts."""
    asked = {"info": USER, "parts": [{"id": "prt_u", "type": "text", "text": "go"}]}
    return [Message.model_validate(asked), Message.model_validate({"info": info, "parts": list(parts)})]


def tracker() -> ReplyTracker:
    """Return a tracker of the prompt."""
    return ReplyTracker(SESSION, prompt="go", since=())


# What happens one after the other: the event, and what the server has stored from then on.
UP_TO_1_1_65 = [
    (part_event(text("Hel"), delta="Hel"), text("Hel")),
    (part_event(text("Hello wo"), delta="lo wo"), text("Hello wo")),
    (part_event(text("Hello world "), delta="rld "), text("Hello world ")),
    (part_event(text("Hello world", ended=True)), text("Hello world", ended=True)),
]
FROM_1_2_1 = [
    (part_event(text("")), text("")),
    (delta("Hel"), text("")),
    (delta("lo wo"), text("")),
    (delta("rld "), text("")),
    (part_event(text("Hello world", ended=True)), text("Hello world", ended=True)),
]
STORES_AND_SENDS_DELTAS = [
    (part_event(text("")), text("")),
    (delta("Hello wo"), text("Hello wo")),
    (delta(" wo"), text("Hello wo wo")),
    (part_event(text("Hello wo wo", ended=True)), text("Hello wo wo", ended=True)),
]


@pytest.mark.parametrize("history", [UP_TO_1_1_65, FROM_1_2_1, STORES_AND_SENDS_DELTAS])
def test_text_only_grows(history: list[tuple[Event, dict[str, Any]]]) -> None:
    """Whenever two snapshots come, and however many events are still in the queue then, the text only grows."""
    whole = history[-1][1]["text"]
    moments = range(len(history) + 1)
    for heard, first, second in itertools.product(moments, moments, moments):
        if not heard <= first <= second:
            continue
        watch = tracker()
        watch.event(event("message.updated", info=USER))
        watch.event(event("message.updated", info=ANSWER))
        seen = [""]
        for place, (told, _) in enumerate([*history, history[-1]]):
            if place == heard:
                for moment in (first, second):
                    parts = [history[moment - 1][1]] if moment else []
                    watch.snapshot(BUSY, stored(*parts), 0.0)
                    seen.append(watch.progress.reply.text)
            watch.event(told)
            seen.append(watch.progress.reply.text)
        assert all(later.startswith(sooner.rstrip()) for sooner, later in itertools.pairwise(seen)), seen
        assert all(whole.startswith(said.rstrip()) for said in seen), seen
        assert seen[-1] == whole


def test_deltas_are_all_there_is() -> None:
    """A text that snapshots show empty until it ends grows with its deltas."""
    watch = tracker()
    watch.snapshot(BUSY, stored(text("")), 0.0)
    watch.event(delta("Hel"))
    watch.snapshot(BUSY, stored(text("")), 1.0)
    watch.event(delta("lo"))
    assert watch.progress.reply.text == "Hello"


def test_a_whole_text_makes_deltas_count_again() -> None:
    """After a growing text was read from a snapshot, the next whole text of an event is a start for deltas."""
    watch = tracker()
    watch.snapshot(BUSY, stored(text("Hello")), 0.0)
    watch.event(delta("lo"))
    watch.snapshot(BUSY, stored(text("Hello")), 1.0)
    watch.event(delta("lo"))
    watch.event(part_event(text("Hello")))
    watch.event(delta(" world"))
    assert watch.progress.reply.text == "Hello world"


def test_tools_do_not_run_again() -> None:
    """A tool call that a snapshot shows as completed is not taken back to running."""
    call = {**PLACE, "type": "tool", "tool": "bash", "callID": "c"}
    watch = tracker()
    watch.snapshot(BUSY, stored({**call, "state": {"status": "completed", "input": {}, "output": "a"}}), 0.0)
    for state in ("pending", "running"):
        watch.event(part_event({**call, "state": {"status": state, "input": {}}}))
    assert isinstance(watch.progress.reply.tools[0].state, ToolCompleted)


def test_a_complete_message_stays_complete() -> None:
    """A message that a snapshot shows as complete is not taken back to growing."""
    watch = tracker()
    watch.snapshot(BUSY, stored(text("Hello", ended=True), info=DONE), 0.0)
    for info in (ANSWER, {**ANSWER, "finish": "stop"}):
        watch.event(event("message.updated", info=info))
    last = watch.progress.reply.last
    assert last is not None
    assert (last.is_complete, last.finish) == (True, "stop")
