"""Whether a session is busy, what happens to prompts meanwhile, and how a run is aborted."""

from __future__ import annotations

from opencode_contract.evidence import require
from opencode_contract.requirements.conversation import only_part, parts_of
from opencode_contract.requirements.conversations import AS_WELL, aborted, aborted_command, queued, ready
from opencode_contract.requirements.requirement import requirement
from opencode_contract.requirements.sessions import MISSING
from opencode_contract.targets import Level, Subject

_STATUS = "measured: 1.1.34 to 1.18.34"
_ABORT = "measured: 1.1.34 to 1.18.34"


@requirement("runs.status", Level.READ, _STATUS)
async def status(subject: Subject) -> None:
    """GET /session/status answers an object that holds the sessions that are not idle."""
    for value in (await subject.get("/session/status", "status")).object().values():
        kind = value.get("type") if isinstance(value, dict) else None
        require(
            kind in {"busy", "retry"},
            f"the status of a session should be busy or retry, never {kind}",
            subject.evidence,
        )


@requirement("runs.busy", Level.PROMPT, _STATUS, scripted=True)
async def busy(subject: Subject) -> None:
    """While a reply runs, the session's status is busy."""
    conversation = await subject.once(aborted)
    seen = conversation.during
    if seen.status is None:
        seen.messages.fail("the session should be busy while its reply runs, and is idle")
    seen.status["type"].equals("busy")


@requirement("runs.idle", Level.PROMPT, _STATUS)
async def idle(subject: Subject) -> None:
    """A session whose reply is finished is absent from GET /session/status."""
    conversation = await subject.once(ready)
    (await subject.get("/session/status", "status")).lacks(conversation.id)


@requirement("runs.streams", Level.PROMPT, "measured: 1.1.34 to 1.18.34", scripted=True)
async def streams(subject: Subject) -> None:
    """While a reply runs, its message is listed without completion and without finish."""
    conversation = await subject.once(aborted)
    message = conversation.during.assistants[0]
    message["info.time"].lacks("completed")
    message["info"].lacks("finish")


@requirement("runs.queue-accepts", Level.PROMPT, _ABORT, scripted=True)
async def queue_accepts(subject: Subject) -> None:
    """A prompt to a busy session answers 204 and is stored behind the one that is being answered."""
    conversation = await subject.once(queued)
    conversation.prompts[1].expect(204)
    only_part(conversation.user(1), "text")["text"].equals(AS_WELL)


@requirement("runs.queue-answers", Level.PROMPT, _ABORT, scripted=True)
async def queue_answers(subject: Subject) -> None:
    """A prompt that was sent while the session was busy is answered by a later message, in the same run."""
    conversation = await subject.once(queued)
    only_part(conversation.assistant(0), "text")["text"].equals("The first answer.")
    only_part(conversation.assistant(1), "text")["text"].equals("The second answer.")
    conversation.assistant(1)["info.parentID"].equals(conversation.user(1)["info.id"].json)
    found = len(conversation.last.assistants)
    conversation.last.messages.require(found == 2, f"two prompts should have two answers, not {found}")


@requirement("runs.abort-idle", Level.WRITE, _STATUS)
async def abort_idle(subject: Subject) -> None:
    """Aborting a session that does nothing answers 200 with true and changes nothing."""
    session = await subject.create_session()
    path = f"/session/{session['id'].text()}"
    (await subject.send("POST", f"{path}/abort")).expect(200).json("answer").equals(True)
    (await subject.get(f"{path}/message", "messages")).equals([])


@requirement("runs.abort-missing", Level.READ, _STATUS)
async def abort_missing(subject: Subject) -> None:
    """Aborting a session that does not exist answers 200 with true."""
    (await subject.send("POST", f"/session/{MISSING}/abort")).expect(200).json("answer").equals(True)


@requirement("runs.abort-stops", Level.PROMPT, _ABORT, scripted=True)
async def abort_stops(subject: Subject) -> None:
    """A run that is aborted stops: the session is idle, and the rest of the text never comes."""
    conversation = await subject.once(aborted)
    for part in parts_of(conversation.assistant(0), "text"):
        part.require("ten" not in part["text"].text(), "the text should have stopped at the abort")
    require(
        "completed" in conversation.assistant(0)["info.time"],
        "the message should be completed",
        conversation.assistant(0),
    )


@requirement("runs.abort-error", Level.PROMPT, _ABORT, scripted=True)
async def abort_error(subject: Subject) -> None:
    """An aborted message has a MessageAbortedError, no finish, and costs nothing."""
    info = (await subject.once(aborted)).assistant(0)["info"]
    info["error.name"].equals("MessageAbortedError")
    info["error.data.message"].text()
    info.lacks("finish")
    info["cost"].equals(0)


@requirement("runs.abort-keeps-text", Level.PROMPT, _ABORT, scripted=True, until="1.2.1")
async def abort_keeps_text(subject: Subject) -> None:
    """The text that came before the abort is kept, without an end."""
    part = only_part((await subject.once(aborted)).assistant(0), "text")
    part["text"].matches("(?s)one.*", "the beginning of the text")
    part["time"].lacks("end")


@requirement("runs.abort-at-once", Level.PROMPT, _ABORT, scripted=True)
async def abort_at_once(subject: Subject) -> None:
    """The session is idle as soon as the abort is answered."""
    conversation = await subject.once(aborted)
    after = conversation.after_abort
    require(
        after is not None and after.status is None,
        "the session should be idle right after the abort",
        after and after.status,
    )


@requirement("runs.abort-tool", Level.PROMPT, _ABORT, scripted=True, until="1.14.34")
async def abort_tool(subject: Subject) -> None:
    """A command that ran when its run was aborted has status error, and its message a MessageAbortedError."""
    message = (await subject.once(aborted_command)).assistant(0)
    part = only_part(message, "tool")
    part["state.status"].equals("error")
    part["state.error"].equals("Tool execution aborted")
    message["info.error.name"].equals("MessageAbortedError")


@requirement("runs.abort-command", Level.PROMPT, _ABORT, scripted=True, since="1.14.34")
async def abort_command(subject: Subject) -> None:
    """A command that ran when its run was aborted is completed, with an output that says so and no exit code."""
    message = (await subject.once(aborted_command)).assistant(0)
    part = only_part(message, "tool")
    part["state.status"].equals("completed")
    part["state.output"].matches("(?s).*User aborted the command.*", "a text that says that the user aborted it")
    message["info.error.name"].equals("MessageAbortedError")


@requirement("runs.abort-words", Level.PROMPT, _ABORT, scripted=True, until="1.14.34")
async def abort_words(subject: Subject) -> None:
    """The error of an aborted message says that the operation was aborted."""
    info = (await subject.once(aborted)).assistant(0)["info"]
    info["error.data.message"].equals("The operation was aborted.")


@requirement("runs.aborted", Level.PROMPT, _ABORT, scripted=True, since="1.14.34")
async def abort_word(subject: Subject) -> None:
    """The error of an aborted message says Aborted, and its text is kept with an end."""
    message = (await subject.once(aborted)).assistant(0)
    message["info.error.data.message"].equals("Aborted")
    part = only_part(message, "text")
    part["text"].matches("(?s)one.*", "the beginning of the text")
    part["time.end"].integer()


@requirement("runs.text-comes-at-the-end", Level.PROMPT, _STATUS, scripted=True, since="1.2.1")
async def text_comes_at_the_end(subject: Subject) -> None:
    """While a text streams it is in the events only: the part that is listed is empty until it ends."""
    only_part((await subject.once(aborted)).during.assistants[0], "text")["text"].equals("")


@requirement("runs.after-abort", Level.PROMPT, _ABORT, scripted=True)
async def after_abort(subject: Subject) -> None:
    """A session whose run was aborted answers the next prompt."""
    conversation = await subject.once(aborted)
    conversation.assistant()["info.finish"].equals("stop")
    conversation.assistant()["info.parentID"].equals(conversation.user(1)["info.id"].json)
