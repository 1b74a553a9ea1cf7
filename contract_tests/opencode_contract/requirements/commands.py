"""What a session can be told to do besides answering: commands, shell commands, a summary of itself."""

from __future__ import annotations

from opencode_contract.evidence import Value, require
from opencode_contract.requirements.conversation import Conversation, only_part, parts_of
from opencode_contract.requirements.conversations import READY
from opencode_contract.requirements.requirement import requirement
from opencode_contract.requirements.sessions import MISSING
from opencode_contract.targets import Level, Subject

_MEASURED = "measured: 1.1.34 to 1.18.34"
_ARGUMENTS = "carry out the contract's command"


async def shell(subject: Subject) -> tuple[Conversation, Value]:
    """A shell command in a session of its own, and what the request for it answers."""
    conversation = await Conversation.begin(subject)
    body = {"agent": "build", "command": "echo hi"}
    answer = (await subject.send("POST", f"{conversation.path}/shell", body=body)).expect(200).json("answer")
    await conversation.until(lambda moment: moment.status is None, "the shell command should end")
    return conversation, answer


async def command(subject: Subject) -> tuple[Conversation, Value]:
    """The command init with arguments, and what the request for it answers."""
    conversation = await Conversation.begin(subject)
    body = {"command": "init", "arguments": _ARGUMENTS}
    answer = (await subject.send("POST", f"{conversation.path}/command", body=body)).expect(200).json("answer")
    await conversation.settle()
    return conversation, answer


async def summarized(subject: Subject) -> Conversation:
    """A session that was prompted and then told to write a summary of itself."""
    conversation = await (await Conversation.begin(subject)).ask(READY)
    model = conversation.assistant()["info"]
    body = {"providerID": model["providerID"].text(), "modelID": model["modelID"].text()}
    answer = await subject.send("POST", f"{conversation.path}/summarize", body=body)
    answer.expect(200).json("answer").equals(True)
    return await conversation.settle()


@requirement("commands.list", Level.READ, _MEASURED)
async def listed(subject: Subject) -> None:
    """GET /command lists what can be called, init among it, each with a name and a template."""
    commands = await subject.get("/command", "commands")
    names = [each["name"].text() for each in commands]
    commands.require("init" in names, f"init should be among the commands: {names}")
    commands.last()["template"].text()


@requirement("commands.shell", Level.PROMPT, _MEASURED, scripted=True)
async def shell_answer(subject: Subject) -> None:
    """POST /session/{id}/shell answers 200 with a message of the assistant that has one completed call of bash."""
    _, answer = await subject.once(shell)
    answer["info.role"].equals("assistant")
    part = only_part(answer, "tool")
    part["tool"].equals("bash")
    part["state.status"].equals("completed")
    part["state.input.command"].equals("echo hi")


@requirement("commands.shell-stored", Level.PROMPT, _MEASURED, scripted=True)
async def shell_stored(subject: Subject) -> None:
    """A shell command is stored as a synthetic user message and the assistant's message; no model is called."""
    conversation, answer = await subject.once(shell)
    only_part(conversation.user(), "text")["synthetic"].equals(True)
    conversation.assistant()["info.id"].equals(answer["info.id"].json)
    conversation.assistant()["info.cost"].equals(0)
    conversation.assistant()["info"].lacks("finish")


@requirement("commands.command", Level.PROMPT, _MEASURED, scripted=True)
async def command_answer(subject: Subject) -> None:
    """POST /session/{id}/command answers 200 with the last message of the reply to the command's template."""
    conversation, answer = await subject.once(command)
    only_part(answer, "text")["text"].equals("The command is carried out.")
    conversation.assistant()["info.id"].equals(answer["info.id"].json)


@requirement("commands.template", Level.PROMPT, _MEASURED, scripted=True)
async def template(subject: Subject) -> None:
    """The prompt of a command is its template with the arguments in it."""
    conversation, _ = await subject.once(command)
    texts = [part["text"].text() for part in parts_of(conversation.user(), "text")]
    require(any(_ARGUMENTS in text for text in texts), f"the arguments should be in the prompt: {texts}")


@requirement("commands.executed", Level.PROMPT, _MEASURED, scripted=True)
async def executed(subject: Subject) -> None:
    """A command is said as command.executed with its name and its arguments."""
    conversation, _ = await subject.once(command)
    event = await conversation.event(lambda event: event.type == "command.executed", "command.executed")
    event.properties["name"].equals("init")
    event.properties["arguments"].equals(_ARGUMENTS)


@requirement("commands.unknown", Level.WRITE, _MEASURED)
async def unknown(subject: Subject) -> None:
    """A command that does not exist is an error."""
    session_id = (await subject.create_session())["id"].text()
    body = {"command": "nobody-knows-it", "arguments": ""}
    answer = await subject.send("POST", f"/session/{session_id}/command", body=body)
    require(answer.status >= 400, f"the status should be 4xx or 5xx and is {answer.status}", answer)


@requirement("commands.summary", Level.PROMPT, _MEASURED, scripted=True)
async def summary(subject: Subject) -> None:
    """POST /session/{id}/summarize answers 200 with true when the summary is written: a message of its own."""
    conversation = await subject.once(summarized)
    only_part(conversation.user(1), "compaction")["auto"].equals(False)
    conversation.assistant()["info.summary"].equals(True)
    conversation.assistant()["info.parentID"].equals(conversation.user(1)["info.id"].json)


@requirement("commands.compacted", Level.PROMPT, _MEASURED, scripted=True)
async def compacted(subject: Subject) -> None:
    """A summary is said as session.compacted when it is written."""
    conversation = await subject.once(summarized)
    await conversation.event(lambda event: event.type == "session.compacted", "session.compacted")


@requirement("commands.summary-missing", Level.READ, _MEASURED)
async def summary_missing(subject: Subject) -> None:
    """The summary of a session that does not exist answers 404."""
    body = {"providerID": "nobody", "modelID": "none"}
    (await subject.send("POST", f"/session/{MISSING}/summarize", body=body)).expect(404)
