"""Waiting for a reply with the client: it ends when the reply is finished, never before, never much later."""

from __future__ import annotations

from opencode_contract.errors import RequirementFailed
from opencode_contract.evidence import require
from opencode_contract.requirements.conversations import COUNT, LIST_FILES, READY
from opencode_contract.requirements.requirement import requirement
from opencode_contract.targets import Level, Subject
from opencode_sandbox import Reply
from opencode_sandbox.errors import ReplyAborted, ReplyFailed, ReplyTimeout

_RESPONSES = "document: Response Handling, poll for responses, check the finish field"
_ERRORS = "measured: 1.1.34 to 1.18.34"

SECONDS = 45.0


@requirement("replies.by-polling", Level.PROMPT, _RESPONSES)
async def by_polling(subject: Subject) -> None:
    """Polling for a reply ends with its text and with finish: stop."""
    session_id = (await subject.create_session())["id"].text()
    reply = await subject.client.ask(session_id, READY, timeout=SECONDS, via="poll")
    _is_answer(subject, reply)


@requirement("replies.by-events", Level.PROMPT, _RESPONSES)
async def by_events(subject: Subject) -> None:
    """Following the events of a reply ends with its text and with finish: stop."""
    session_id = (await subject.create_session())["id"].text()
    reply = await subject.client.ask(session_id, READY, timeout=SECONDS, via="events")
    _is_answer(subject, reply)


@requirement("replies.behind-tools", Level.PROMPT, _RESPONSES, scripted=True)
async def behind_tools(subject: Subject) -> None:
    """Waiting for a reply does not end at finish: tool-calls, but with the last message."""
    session_id = (await subject.create_session())["id"].text()
    reply = await subject.client.ask(session_id, LIST_FILES, timeout=SECONDS)
    text = reply.text
    ends = text.endswith("The directory holds three files.")
    require(ends, f"the reply should end with its last message and is {text!r}", subject.evidence)
    require(len(reply.answers) == 2, f"the reply should be two messages and is {len(reply.answers)}", subject.evidence)


@requirement("replies.total", Level.PROMPT, "document: Cost Awareness", scripted=True)
async def total(subject: Subject) -> None:
    """A reply of several messages costs what they cost together."""
    session_id = (await subject.create_session())["id"].text()
    reply = await subject.client.ask(session_id, LIST_FILES, timeout=SECONDS)
    wanted = 2 * (3 * 3 + 87 * 15) / 1_000_000
    require(abs(reply.cost - wanted) < 1e-9, f"the reply should cost {wanted} and costs {reply.cost}", subject.evidence)
    require(
        reply.tokens.output == 174, f"the output tokens should be 174 and are {reply.tokens.output}", subject.evidence
    )


@requirement("replies.failed", Level.PROMPT, _ERRORS, scripted=True)
async def failed(subject: Subject) -> None:
    """Waiting for a reply that the provider refuses ends with the provider's message."""
    session_id = (await subject.create_session())["id"].text()
    try:
        await subject.client.ask(session_id, "Please be refused by the provider", timeout=SECONDS)
    except ReplyFailed as problem:
        require("bad key" in str(problem), f"the provider's message should be told: {problem}", subject.evidence)
        return
    raise RequirementFailed("waiting for a reply that was refused should end with an error", subject.evidence)


@requirement("replies.aborted", Level.PROMPT, _ERRORS, scripted=True)
async def aborted(subject: Subject) -> None:
    """A deadline ends the waiting with what was seen so far; after an abort the reply is told to be aborted."""
    session_id = (await subject.create_session())["id"].text()
    try:
        await subject.client.ask(session_id, COUNT, timeout=1.5)
    except ReplyTimeout as problem:
        require(bool(problem.reply.messages), "what was seen before the deadline should be told", subject.evidence)
    else:
        raise RequirementFailed("a reply of 18 seconds should not be finished after a second and a half")
    await subject.client.abort(session_id)
    try:
        await subject.client.wait_for_reply(session_id, timeout=SECONDS)
    except ReplyAborted:
        return
    raise RequirementFailed("a reply that was aborted should be told to be", subject.evidence)


def _is_answer(subject: Subject, reply: Reply) -> None:
    evidence = subject.evidence
    require(bool(reply.text.strip()), "the reply should have text", evidence)
    require(reply.finish == "stop", f"the reply's finish should be stop and is {reply.finish}", evidence)
