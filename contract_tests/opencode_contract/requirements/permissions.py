"""Tools that ask for leave: what a client sees of it, and what its answers do."""

from __future__ import annotations

from opencode_contract.requirements.asking import (
    advised,
    allowed,
    allowed_for_ever,
    allowed_the_old_way,
    forbidden,
    given_up,
    queued_behind,
)
from opencode_contract.requirements.conversation import Conversation, only_part
from opencode_contract.requirements.conversations import READY
from opencode_contract.requirements.requirement import requirement
from opencode_contract.targets import Level, Subject

_MEASURED = "measured: 1.1.34 to 1.18.34"
UNKNOWN = "per_doesnotexist"


@requirement("permissions.list", Level.READ, _MEASURED)
async def listed(subject: Subject) -> None:
    """GET /permission answers 200 with the list of requests that wait for an answer."""
    for each in await subject.get("/permission", "permissions"):
        each["id"].matches("per_.+", "per_ and more")
        each["sessionID"].text()


@requirement("permissions.unknown-is-true", Level.READ, _MEASURED, until="1.15.13")
async def unknown_is_true(subject: Subject) -> None:
    """A reply to a request that does not exist answers 200 with true."""
    answer = await subject.send("POST", f"/permission/{UNKNOWN}/reply", body={"reply": "reject"})
    answer.expect(200).json("answer").equals(True)


@requirement("permissions.unknown", Level.READ, _MEASURED, since="1.15.13")
async def unknown(subject: Subject) -> None:
    """A reply to a request that does not exist answers 404 with a PermissionNotFoundError that names it."""
    answer = await subject.send("POST", f"/permission/{UNKNOWN}/reply", body={"reply": "reject"})
    error = answer.expect(404).json("error")
    error["_tag"].equals("PermissionNotFoundError")
    error["requestID"].equals(UNKNOWN)


@requirement("permissions.wrong-reply", Level.READ, _MEASURED)
async def wrong_reply(subject: Subject) -> None:
    """A reply that is neither once nor always nor reject answers 400."""
    (await subject.send("POST", f"/permission/{UNKNOWN}/reply", body={"reply": "maybe"})).expect(400)


@requirement("permissions.asked", Level.PROMPT, _MEASURED, scripted=True)
async def asked(subject: Subject) -> None:
    """permission.asked names the session, what is asked, what always would allow, and the tool call."""
    asks = await subject.once(allowed)
    request, message = asks.request.properties, asks.conversation.assistant(0)
    request["sessionID"].equals(asks.conversation.id)
    request["permission"].equals("bash")
    request["patterns"].equals(["echo asked"])
    request["always"].last().matches("echo.*", "a pattern that the command fits")
    request["tool.messageID"].equals(message["info.id"].json)
    request["tool.callID"].equals(only_part(message, "tool")["callID"].json)


@requirement("permissions.id", Level.PROMPT, _MEASURED, scripted=True)
async def request_id(subject: Subject) -> None:
    """The id of a request is per_ with 12 hexadecimal and 14 other characters."""
    request = (await subject.once(allowed)).request
    request.properties["id"].matches(r"per_[0-9a-f]{12}[0-9A-Za-z]{14}", "per_ and 26 characters")


@requirement("permissions.waiting", Level.PROMPT, _MEASURED, scripted=True)
async def waiting(subject: Subject) -> None:
    """While leave is asked the session is busy, and the tool call is running."""
    moment = (await subject.once(allowed)).waiting
    if moment.status is None:
        moment.messages.fail("the session should be busy while leave is asked, and is idle")
    moment.status["type"].equals("busy")
    only_part(moment.assistants[0], "tool")["state.status"].equals("running")
    moment.assistants[0]["info.time"].lacks("completed")


@requirement("permissions.pending", Level.PROMPT, _MEASURED, scripted=True)
async def pending(subject: Subject) -> None:
    """A request is listed as it was said until it is answered, and then no more."""
    asks = await subject.once(allowed)
    if asks.listed is None:
        asks.request.value.fail("GET /permission should list the request that was just said")
    for key in ("sessionID", "permission", "patterns", "always", "tool"):
        asks.listed[key].equals(asks.request.properties[key].json)
    if asks.left is not None:
        asks.left.fail("a request that is answered should be listed no more")


@requirement("permissions.once", Level.PROMPT, _MEASURED, scripted=True)
async def once(subject: Subject) -> None:
    """The reply once answers 200 with true; the tool call then runs, and the reply goes on."""
    asks = await subject.once(allowed)
    asks.answer.expect(200).json("answer").equals(True)
    only_part(asks.conversation.assistant(0), "tool")["state.output"].equals("asked\n")
    only_part(asks.conversation.assistant(1), "text")["text"].equals("It has run.")


@requirement("permissions.replied", Level.PROMPT, _MEASURED, scripted=True)
async def replied(subject: Subject) -> None:
    """An answer is said as permission.replied, with the request's id and the reply."""
    asks = await subject.once(allowed)
    event = await asks.conversation.event(lambda event: event.type == "permission.replied", "permission.replied")
    event.properties["requestID"].equals(asks.id)
    event.properties["reply"].equals("once")


@requirement("permissions.reject", Level.PROMPT, _MEASURED, scripted=True)
async def reject(subject: Subject) -> None:
    """The reply reject makes the tool call an error and ends the run, without an error in its message."""
    asks = await subject.once(forbidden)
    asks.answer.expect(200).json("answer").equals(True)
    message = asks.conversation.assistant(0)
    part = only_part(message, "tool")
    part["state.status"].equals("error")
    message["info"].lacks("error")
    message["info.finish"].equals("tool-calls")
    found = len(asks.conversation.last.assistants)
    message.require(found == 1, f"the run should end with the refused call, and goes on to {found} messages")


@requirement("permissions.reject-text", Level.PROMPT, _MEASURED, scripted=True, since="1.3.0")
async def reject_text(subject: Subject) -> None:
    """The error of a refused tool call says that the user rejected it."""
    part = only_part((await subject.once(forbidden)).conversation.assistant(0), "tool")
    part["state.error"].equals("The user rejected permission to use this specific tool call.")


@requirement("permissions.reject-message", Level.PROMPT, _MEASURED, scripted=True)
async def reject_message(subject: Subject) -> None:
    """A reject with a message puts it into the tool call's error, and the reply goes on."""
    asks = await subject.once(advised)
    part = only_part(asks.conversation.assistant(0), "tool")
    part["state.status"].equals("error")
    part["state.error"].matches("(?s).*Say it aloud\\..*", "a text that holds the user's message")
    only_part(asks.conversation.assistant(1), "text")["text"].equals("It has run.")


@requirement("permissions.always", Level.PROMPT, _MEASURED, scripted=True)
async def always(subject: Subject) -> None:
    """The reply always allows what fits the patterns from then on: the same call asks no more."""
    conversation = (await subject.once(allowed_for_ever)).conversation
    asked_for = [event for event in conversation.events if event.type == "permission.asked"]
    conversation.last.messages.require(len(asked_for) == 1, f"leave should be asked once, not {len(asked_for)} times")
    only_part(conversation.assistant(), "text")["text"].equals("It has run again.")
    conversation.assistant()["info.parentID"].equals(conversation.user(1)["info.id"].json)


@requirement("permissions.old-route", Level.PROMPT, _MEASURED, scripted=True)
async def old_route(subject: Subject) -> None:
    """POST /session/{id}/permissions/{requestID} with a response answers the request as well."""
    asks = await subject.once(allowed_the_old_way)
    asks.answer.expect(200).json("answer").equals(True)
    only_part(asks.conversation.assistant(0), "tool")["state.status"].equals("completed")


@requirement("permissions.queue", Level.PROMPT, _MEASURED, scripted=True)
async def queue(subject: Subject) -> None:
    """A prompt that is sent while leave is asked is stored, and answered when the request is."""
    conversation = (await subject.once(queued_behind)).conversation
    conversation.prompts[1].expect(204)
    only_part(conversation.user(1), "text")["text"].equals(READY)
    conversation.assistant()["info.parentID"].equals(conversation.user(1)["info.id"].json)


@requirement("permissions.abort", Level.PROMPT, _MEASURED, scripted=True)
async def abort(subject: Subject) -> None:
    """After an abort the session is idle, but the request stays listed until somebody answers it."""
    asks = await subject.once(given_up)
    if asks.waiting.status is not None:
        asks.waiting.status.fail("the session should be idle after the abort")
    if asks.listed is None:
        asks.request.value.fail("GET /permission should list the request of an aborted run")
    asks.answer.expect(200).json("answer").equals(True)
    if asks.left is not None:
        asks.left.fail("a request that is answered should be listed no more")


@requirement("permissions.abort-error", Level.PROMPT, _MEASURED, scripted=True)
async def abort_error(subject: Subject) -> None:
    """A run that is aborted while leave is asked ends with a MessageAbortedError, and the next prompt is answered."""
    conversation = (await subject.once(given_up)).conversation
    message = conversation.assistant(0)
    message["info.error.name"].equals("MessageAbortedError")
    only_part(message, "tool")["state.status"].equals("error")
    conversation.assistant()["info.parentID"].equals(conversation.user(1)["info.id"].json)


@requirement("permissions.denied", Level.PROMPT, _MEASURED, scripted=True)
async def denied(subject: Subject) -> None:
    """A call that a rule denies is an error at once: nobody is asked, and the reply goes on."""
    conversation = await (await Conversation.begin(subject)).ask("Please run what is forbidden")
    only_part(conversation.assistant(0), "tool")["state.status"].equals("error")
    only_part(conversation.assistant(1), "text")["text"].equals("It may not run.")
    kinds = {event.type for event in conversation.events}
    conversation.last.messages.require("permission.asked" not in kinds, "nobody should be asked for leave")
