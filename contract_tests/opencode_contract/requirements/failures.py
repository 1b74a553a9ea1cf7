"""What becomes of a reply when the provider fails."""

from __future__ import annotations

from opencode_contract.evidence import require
from opencode_contract.requirements.conversation import Moment, parts_of
from opencode_contract.requirements.conversations import broken_off, limited, refused
from opencode_contract.requirements.requirement import requirement
from opencode_contract.targets import Level, Subject

_ERRORS = "measured: 1.1.34 to 1.18.34"


@requirement("failures.in-the-message", Level.PROMPT, _ERRORS, scripted=True)
async def in_the_message(subject: Subject) -> None:
    """A provider's refusal is an APIError in the reply, with its message and status; the request itself succeeds."""
    conversation = await subject.once(refused)
    conversation.prompts[0].expect(204)
    error = conversation.assistant(0)["info.error"]
    error["name"].equals("APIError")
    error["data.message"].equals("bad key")
    error["data.statusCode"].equals(401)
    error["data.isRetryable"].equals(False)


@requirement("failures.no-finish", Level.PROMPT, _ERRORS, scripted=True)
async def no_finish(subject: Subject) -> None:
    """A reply that failed is completed but has no finish."""
    info = (await subject.once(refused)).assistant(0)["info"]
    info["time.completed"].integer()
    info.lacks("finish")


@requirement("failures.no-cost", Level.PROMPT, _ERRORS, scripted=True)
async def no_cost(subject: Subject) -> None:
    """A refused reply costs nothing, used no tokens, and has no parts."""
    message = (await subject.once(refused)).assistant(0)
    message["info.cost"].equals(0)
    message["info.tokens.input"].equals(0)
    message["info.tokens.output"].equals(0)
    message["parts"].equals([])


@requirement("failures.session-goes-on", Level.PROMPT, _ERRORS, scripted=True)
async def session_goes_on(subject: Subject) -> None:
    """A session whose reply failed answers the next prompt."""
    conversation = await subject.once(refused)
    conversation.assistant(1)["info.finish"].equals("stop")
    conversation.assistant(1)["info.parentID"].equals(conversation.user(1)["info.id"].json)


@requirement("failures.broken-off", Level.PROMPT, _ERRORS, scripted=True, until="1.18.15")
async def breaks_off(subject: Subject) -> None:
    """A reply that breaks off inside its stream has an UnknownError that holds the provider's message."""
    info = (await subject.once(broken_off)).assistant()["info"]
    info["error.name"].equals("UnknownError")
    message = info["error.data.message"]
    message.require("overloaded mid" in message.text(), f"the provider's message should be in it: {message.json!r}")
    info["time.completed"].integer()
    info.lacks("finish")


@requirement("failures.partial-text", Level.PROMPT, _ERRORS, scripted=True, until="1.2.1")
async def partial_text(subject: Subject) -> None:
    """The text that came before a reply broke off is kept, without an end."""
    message = (await subject.once(broken_off)).assistant()
    parts = parts_of(message, "text")
    message.require(len(parts) == 1, f"the message should have one text part and has {len(parts)}")
    parts[0]["text"].matches(r"Half of\s?", "'Half of'")
    parts[0]["time"].lacks("end")


@requirement("failures.retry-status", Level.PROMPT, _ERRORS, scripted=True)
async def retry_status(subject: Subject) -> None:
    """While the server waits to try again, the session's status is retry, with attempt, message and the next time."""
    conversation = await subject.once(limited)
    waiting = [moment.status for moment in conversation.moments if _retries(moment)]
    require(bool(waiting), "the status should have been retry while the reply ran", conversation.last.messages)
    status = waiting[0]
    if status is not None:
        status["attempt"].equals(1)
        status["message"].matches("(?s).*slow down.*", "the provider's message")
        status["next"].integer()


@requirement("failures.retry-succeeds", Level.PROMPT, _ERRORS, scripted=True)
async def retry_succeeds(subject: Subject) -> None:
    """A reply that got through at the second try has no error and no trace of the first."""
    conversation = await subject.once(limited)
    message = conversation.assistant()
    message["info.finish"].equals("stop")
    message["info"].lacks("error")
    texts = [part["text"].json for part in parts_of(message, "text")]
    message.require(texts == ["Through at last."], f"the text should be 'Through at last.' and is {texts}")
    found = len(conversation.last.assistants)
    conversation.last.messages.require(found == 1, f"the reply should be one message and is {found}")


def _retries(moment: Moment) -> bool:
    return moment.status is not None and moment.status["type"].json == "retry"
