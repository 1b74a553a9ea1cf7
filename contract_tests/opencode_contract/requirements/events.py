"""The event stream."""

from __future__ import annotations

import json
import re

from opencode_contract.errors import RequirementFailed
from opencode_contract.evidence import require
from opencode_contract.requirements.conversation import Conversation, only_part
from opencode_contract.requirements.conversations import aborted, files, limited, pieces, ready, refused
from opencode_contract.requirements.requirement import requirement
from opencode_contract.targets import Level, Subject
from opencode_contract.targets.event_log import Event

_STREAMS = "measured: 1.1.34 to 1.18.34"
_SHAPES = "measured: 1.1.34 to 1.18.34"
_ORDER = "measured: 1.1.34 to 1.18.34"


@requirement("events.stream", Level.READ, _STREAMS)
async def stream(subject: Subject) -> None:
    """GET /event answers 200 with the content type text/event-stream."""
    response = await subject.events.open()
    require(response.status_code == 200, f"GET /event should answer 200 and answers {response.status_code}")
    kind = response.headers.get("content-type", "").partition(";")[0]
    require(kind == "text/event-stream", f"the content type of GET /event should be text/event-stream and is {kind!r}")


@requirement("events.connected-first", Level.READ, _STREAMS)
async def connected_first(subject: Subject) -> None:
    """The first event of the stream is server.connected, sent at once."""
    await subject.events.wait_for(lambda _: True, "an event as soon as it is open")
    first = subject.events.events[0]
    first.value["type"].equals("server.connected")
    first.properties.equals({})


@requirement("events.frames", Level.WRITE, _STREAMS)
async def frames(subject: Subject) -> None:
    """An event is one line 'data: ' with a JSON object that has a type and properties."""
    await subject.events.open()
    session = await subject.create_session()
    await _event_of(subject, "session.created", session["id"].text())
    for frame in subject.events.frames:
        require(
            frame.startswith("data: ") and "\n" not in frame, "a frame should be one line that begins with data:", frame
        )
        require(_is_event(frame.removeprefix("data: ")), "an event should be an object with type and properties", frame)


@requirement("events.session-created", Level.WRITE, _SHAPES)
async def session_created(subject: Subject) -> None:
    """Creating a session says session.created with the session as info."""
    await subject.events.open()
    session = await subject.create_session()
    event = await _event_of(subject, "session.created", session["id"].text())
    event.properties["info.title"].equals(session["title"].json)
    event.properties["info.directory"].equals(session["directory"].json)


@requirement("events.session-updated", Level.WRITE, _SHAPES)
async def session_updated(subject: Subject) -> None:
    """Renaming a session says session.updated with the new title."""
    await subject.events.open()
    session_id = (await subject.create_session())["id"].text()
    (await subject.send("PATCH", f"/session/{session_id}", body={"title": subject.title("renamed")})).expect(200)

    def renamed(event: Event) -> bool:
        if event.type != "session.updated" or event.session_id != session_id:
            return False
        return event.properties["info.title"].json == subject.title("renamed")

    await subject.events.wait_for(renamed, "session.updated with the new title")


@requirement("events.session-deleted", Level.WRITE, _SHAPES)
async def session_deleted(subject: Subject) -> None:
    """Deleting a session says session.deleted with the session as info."""
    await subject.events.open()
    session_id = (await subject.create_session())["id"].text()
    (await subject.send("DELETE", f"/session/{session_id}")).expect(200)
    event = await _event_of(subject, "session.deleted", session_id)
    event.properties["info.id"].equals(session_id)


@requirement("events.busy-then-idle", Level.PROMPT, _ORDER)
async def busy_then_idle(subject: Subject) -> None:
    """A run says session.status busy first; when it is over, session.status idle and then session.idle."""
    conversation = await subject.once(ready)
    await conversation.event(lambda event: event.type == "session.idle", "session.idle when the run is over")
    said = [_short(event) for event in conversation.events]
    for first, then in (("busy", "idle"), ("idle", "session.idle")):
        _ordered(conversation, said, first, then)


@requirement("events.prompt-first", Level.PROMPT, _ORDER)
async def prompt_first(subject: Subject) -> None:
    """A run says the user message before it says that it is busy, and the reply's message after that."""
    conversation = await subject.once(ready)
    said = [_short(event) for event in conversation.events]
    _ordered(conversation, said, "message user", "busy")
    _ordered(conversation, said, "busy", "message assistant")


@requirement("events.parts-in-order", Level.PROMPT, _ORDER)
async def parts_in_order(subject: Subject) -> None:
    """The parts of a reply are said in order: step-start, text, step-finish."""
    conversation = await subject.once(ready)
    await conversation.event(lambda event: _short(event) == "part step-finish", "the part step-finish")
    answer = conversation.assistant()["info.id"].json
    said = [
        _short(event)
        for event in conversation.events
        if event.type != "message.part.updated" or event.properties["part.messageID"].json == answer
    ]
    _ordered(conversation, said, "part step-start", "part text")
    _ordered(conversation, said, "part text", "part step-finish")


@requirement("events.final-message", Level.PROMPT, _ORDER)
async def final_message(subject: Subject) -> None:
    """The last message.updated of a reply shows it as it is stored: finish, completion, cost and tokens."""
    conversation = await subject.once(ready)
    info = conversation.assistant()["info"]

    def is_final(event: Event) -> bool:
        if event.type != "message.updated" or event.properties["info.id"].json != info["id"].json:
            return False
        return "completed" in event.properties["info.time"]

    said = (await conversation.event(is_final, "message.updated with the time of completion")).properties["info"]
    for key in ("finish", "cost", "tokens", "time"):
        said[key].equals(info[key].json)


@requirement("events.text-streams", Level.PROMPT, _ORDER, scripted=True)
async def text_streams(subject: Subject) -> None:
    """Text is said piece by piece, and the pieces joined are the text that is stored."""
    conversation = await subject.once(pieces)
    part = only_part(conversation.assistant(), "text")
    said = [delta for event in conversation.events if (delta := _delta(event, part["id"].text())) is not None]
    part.require("".join(said) == part["text"].json, f"the pieces should be {part['text'].json!r} and are {said}")
    part.require(len(said) > 1, f"the text should come in more than one piece: {said}")


@requirement("events.tool-states", Level.PROMPT, _ORDER, scripted=True)
async def tool_states(subject: Subject) -> None:
    """A tool call is said to be pending, then running, then completed."""
    conversation = await subject.once(files)
    states = [
        event.properties["part.state.status"].text() for event in conversation.events if _short(event) == "part tool"
    ]
    changes = [state for index, state in enumerate(states) if index == 0 or states[index - 1] != state]
    wanted = ["pending", "running", "completed"]
    require(changes == wanted, f"the states should be {wanted} and are {changes}", _evidence(conversation))


@requirement("events.error", Level.PROMPT, _ORDER, scripted=True)
async def error(subject: Subject) -> None:
    """A provider's refusal is said as session.error, before the message that holds the error."""
    conversation = await subject.once(refused)
    event = await conversation.event(lambda event: event.type == "session.error", "session.error")
    event.properties["error.name"].equals("APIError")
    said = [_with_error(event) for event in conversation.events]
    _ordered(conversation, said, "session.error", "message with error")


@requirement("events.retry", Level.PROMPT, _ORDER, scripted=True)
async def retry(subject: Subject) -> None:
    """Waiting to try again is said as session.status retry, and no session.error is."""
    conversation = await subject.once(limited)
    said = [_short(event) for event in conversation.events]
    require("retry" in said, "session.status retry should be said", _evidence(conversation))
    require(
        "session.error" not in said, "session.error should not be said for what is tried again", _evidence(conversation)
    )


@requirement("events.abort", Level.PROMPT, _ORDER, scripted=True)
async def abort(subject: Subject) -> None:
    """An abort is said as session.error with MessageAbortedError and as session.idle."""
    conversation = await subject.once(aborted)
    event = await conversation.event(lambda event: event.type == "session.error", "session.error at an abort")
    event.properties["error.name"].equals("MessageAbortedError")
    await conversation.event(lambda event: event.type == "session.idle", "session.idle at an abort")


@requirement("events.title", Level.PROMPT, _ORDER, scripted=True)
async def title(subject: Subject) -> None:
    """The title that a session gets after its first prompt is said as session.updated."""
    conversation = await subject.once(files)

    def is_titled(event: Event) -> bool:
        if event.type != "session.updated":
            return False
        return event.properties["info.title"].json == "List current directory files"

    await conversation.event(is_titled, "session.updated with the new title")


async def _event_of(subject: Subject, kind: str, session_id: str) -> Event:
    def is_it(event: Event) -> bool:
        return event.type == kind and event.session_id == session_id

    return await subject.events.wait_for(is_it, f"{kind} for {session_id}")


def _short(event: Event) -> str:
    """What is said, in a word or two."""
    match event.type:
        case "session.status":
            return event.properties["status.type"].text()
        case "message.updated":
            return f"message {event.properties['info.role'].text()}"
        case "message.part.updated":
            return f"part {event.properties['part.type'].text()}"
        case kind:
            return kind


def _with_error(event: Event) -> str:
    if event.type == "message.updated" and "error" in event.properties["info"]:
        return "message with error"
    return event.type


def _delta(event: Event, part_id: str) -> str | None:
    """The piece of the part's text that the event says: versions differ in where."""
    if event.type == "message.part.delta" and event.properties["partID"].json == part_id:
        return event.properties["delta"].text()
    if event.type == "message.part.updated" and event.properties["part.id"].json == part_id:
        delta = event.properties.get("delta")
        return delta.text() if delta is not None else None
    return None


def _ordered(conversation: Conversation, said: list[str], first: str, then: str) -> None:
    for word in (first, then):
        if word not in said:
            raise RequirementFailed(f"'{word}' should be said and is not", _evidence(conversation))
    if said.index(first) > said.index(then):
        raise RequirementFailed(f"'{first}' should be said before '{then}'", _evidence(conversation))


def _evidence(conversation: Conversation) -> str:
    return conversation.subject.events.describe(conversation.id)


def _is_event(text: str) -> bool:
    if not re.fullmatch(r"\{.*\}", text):
        return False
    try:
        data = json.loads(text)
    except json.JSONDecodeError:
        return False
    return isinstance(data.get("type"), str) and isinstance(data.get("properties"), dict)
