"""Sending a prompt: what is accepted, what is refused, and what is stored."""

from __future__ import annotations

from opencode_contract.evidence import require
from opencode_contract.requirements.conversation import only_part
from opencode_contract.requirements.conversations import COUNT, READY, aborted, ready
from opencode_contract.requirements.requirement import requirement
from opencode_contract.requirements.sessions import MISSING, created
from opencode_contract.targets import Level, Subject

_SEND = "document: opencodeSendPrompt"
_MEASURED = "measured: 1.1.34 to 1.18.34"
_BODIES = "measured: 1.1.34 to 1.18.34"
_OBJECT = "measured: 1.1.34 to 1.18.34"


@requirement("prompts.accepted", Level.PROMPT, _SEND)
async def accepted(subject: Subject) -> None:
    """POST /session/{id}/prompt_async answers 204 with an empty body."""
    answer = (await subject.once(ready)).prompts[0].expect(204)
    require(answer.received == "", "the body should be empty", answer)


@requirement("prompts.asynchronous", Level.PROMPT, "document: opencodeSendPrompt, asynchronous", scripted=True)
async def asynchronous(subject: Subject) -> None:
    """The answer to a prompt does not wait for the reply."""
    conversation = await subject.once(aborted)
    # The script's reply takes 18 seconds: it was seen unfinished after the prompt had been answered.
    first = conversation.during
    first.assistants[0]["info.time"].lacks("completed")


@requirement("prompts.user-message", Level.PROMPT, "document: opencodeGetMessages")
async def user_message(subject: Subject) -> None:
    """The prompt is stored as a user message with its text, unchanged, in one text part."""
    message = (await subject.once(ready)).user()
    only_part(message, "text")["text"].equals(READY)


@requirement("prompts.user-message-time", Level.PROMPT, "document: opencodeGetMessages")
async def user_message_time(subject: Subject) -> None:
    """A user message has the time of its creation in milliseconds, and is never completed."""
    time = (await subject.once(ready)).user()["info.time"]
    time["created"].require(time["created"].integer() > 10**12, "time.created should be in milliseconds since 1970")
    time.lacks("completed")


@requirement("prompts.message-ids", Level.PROMPT, _OBJECT)
async def message_ids(subject: Subject) -> None:
    """A message's id is msg_ with 12 hexadecimal and 14 other characters; it names its session."""
    conversation = await subject.once(ready)
    for message in conversation.last.messages:
        message["info.id"].matches(r"msg_[0-9a-f]{12}[0-9A-Za-z]{14}", "msg_ and 26 characters")
        message["info.sessionID"].equals(conversation.id)


@requirement("prompts.user-message-model", Level.PROMPT, _OBJECT)
async def user_message_model(subject: Subject) -> None:
    """A user message names the agent and the model that it is for."""
    info = (await subject.once(ready)).user()["info"]
    info["agent"].text()
    info["model.providerID"].text()
    info["model.modelID"].text()


@requirement("prompts.user-message-first", Level.PROMPT, "document: opencodeGetMessages")
async def user_message_first(subject: Subject) -> None:
    """Messages are listed in order: the prompt first, then the reply to it."""
    messages = (await subject.once(ready)).last.messages
    roles = [message["info.role"].json for message in messages]
    wanted = ["user", *["assistant"] * (len(roles) - 1)]
    messages.require(len(roles) > 1 and roles == wanted, f"the roles should be user, then assistant, and are {roles}")
    times = [message["info.time.created"].integer() for message in messages]
    messages.require(times == sorted(times), f"time.created should not decrease in the list: {times}")


@requirement("prompts.needs-parts", Level.WRITE, _BODIES)
async def needs_parts(subject: Subject) -> None:
    """A prompt without parts answers 400."""
    await _refused(subject, {})


@requirement("prompts.parts-are-a-list", Level.WRITE, _BODIES)
async def parts_are_a_list(subject: Subject) -> None:
    """A prompt whose parts are no list answers 400."""
    await _refused(subject, {"parts": "x"})


@requirement("prompts.text-is-text", Level.WRITE, _BODIES)
async def text_is_text(subject: Subject) -> None:
    """A prompt whose text is no text answers 400."""
    await _refused(subject, {"parts": [{"type": "text", "text": 1}]})


@requirement("prompts.known-part", Level.WRITE, _BODIES)
async def known_part(subject: Subject) -> None:
    """A prompt with a part of an unknown type answers 400."""
    await _refused(subject, {"parts": [{"type": "nobody-knows", "text": "x"}]})


@requirement("prompts.malformed-body", Level.WRITE, "measured: 1.1.34 to 1.18.34")
async def malformed_body(subject: Subject) -> None:
    """A prompt that is malformed JSON is an error."""
    session = await subject.create_session()
    answer = await subject.send(
        "POST",
        f"/session/{session['id'].text()}/prompt_async",
        content=b"{",
        headers={"Content-Type": "application/json"},
    )
    require(answer.status in {400, 500}, f"the status should be 400 or 500 and is {answer.status}", answer)


@requirement("prompts.refused-is-not-stored", Level.WRITE, _BODIES)
async def refused_is_not_stored(subject: Subject) -> None:
    """A prompt that is refused leaves no message."""
    session = await subject.create_session()
    path = f"/session/{session['id'].text()}"
    (await subject.send("POST", f"{path}/prompt_async", body={"parts": None})).expect(400)
    (await subject.get(f"{path}/message", "messages")).equals([])


@requirement("prompts.missing-session", Level.WRITE, "measured: 1.1.34 to 1.18.34")
async def missing_session(subject: Subject) -> None:
    """A prompt to a session that does not exist answers 204 or 404, and creates no session."""
    body = {"parts": [{"type": "text", "text": READY}]}
    (await subject.send("POST", f"/session/{MISSING}/prompt_async", body=body)).expect(204, 404)
    (await subject.send("GET", f"/session/{MISSING}")).expect(404)


@requirement("prompts.without-reply", Level.WRITE, _BODIES)
async def without_reply(subject: Subject) -> None:
    """A prompt with noReply is stored, and no model is called."""
    session = await subject.create_session()
    path = f"/session/{session['id'].text()}"
    body = {"noReply": True, "parts": [{"type": "text", "text": COUNT}]}
    answer = (await subject.send("POST", f"{path}/message", body=body)).expect(200).json("message")
    answer["info.role"].equals("user")
    messages = await subject.get(f"{path}/message", "messages")
    messages.require(messages.count == 1, f"one message should be stored, not {messages.count}")
    (await subject.get("/session/status", "status")).lacks(session["id"].text())


@requirement("prompts.synchronous", Level.PROMPT, "measured: 1.1.34 to 1.18.34")
async def synchronous(subject: Subject) -> None:
    """POST /session/{id}/message answers 200 with the finished reply."""
    session = await subject.create_session()
    path = f"/session/{session['id'].text()}"
    body = {"parts": [{"type": "text", "text": READY}]}
    reply = (await subject.send("POST", f"{path}/message", body=body)).expect(200).json("reply")
    reply["info.role"].equals("assistant")
    reply["info.time.completed"].integer()
    stored = (await subject.get(f"{path}/message", "messages")).last()
    stored["info.id"].equals(reply["info.id"].json)


async def _refused(subject: Subject, body: dict[str, object]) -> None:
    session = await subject.once(created)
    (await subject.send("POST", f"/session/{session['id'].text()}/prompt_async", body=body)).expect(400)
