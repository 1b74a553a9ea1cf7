"""Tool calls, their outputs and their failures."""

from __future__ import annotations

from opencode_contract.requirements.conversation import only_part, parts_of
from opencode_contract.requirements.conversations import failing_command, failing_tool, files, two_commands
from opencode_contract.requirements.requirement import requirement
from opencode_contract.targets import Level, Subject

_EXAMPLE = "document: opencodeGetMessages, the example"
_OBJECT = "measured: 1.1.34 to 1.18.34"
_ERRORS = "measured: 1.1.34 to 1.18.34"


@requirement("tools.text-before", Level.PROMPT, _EXAMPLE, scripted=True)
async def text_before(subject: Subject) -> None:
    """The text that the model says before a tool call comes before the tool's part."""
    message = (await subject.once(files)).assistant(0)
    only_part(message, "text")["text"].equals("I'll list the files for you.")
    types = [part["type"].json for part in message["parts"]]
    message.require(types.index("text") < types.index("tool"), f"the text should come before the tool: {types}")


@requirement("tools.output", Level.PROMPT, _EXAMPLE, scripted=True)
async def output(subject: Subject) -> None:
    """A tool call that ran has status completed, its input and its output."""
    part = only_part((await subject.once(files)).assistant(0), "tool")
    part["tool"].equals("bash")
    part["state.status"].equals("completed")
    part["state.input.command"].equals("ls -la")
    part["state.output"].equals("total 60\n...")


@requirement("tools.call-id", Level.PROMPT, _OBJECT, scripted=True)
async def call_id(subject: Subject) -> None:
    """A tool call has an id of its own, a title, metadata, and the times of its start and end."""
    part = only_part((await subject.once(files)).assistant(0), "tool")
    part["callID"].matches(".+", "not empty")
    part["state.title"].text()
    part["state.metadata"].object()
    in_order = part["state.time.start"].integer() <= part["state.time.end"].integer()
    part.require(in_order, "time.end should not be before time.start")


@requirement("tools.exit-code", Level.PROMPT, _OBJECT, scripted=True)
async def exit_code(subject: Subject) -> None:
    """A command that succeeds has the exit code 0 in its metadata."""
    part = only_part((await subject.once(files)).assistant(0), "tool")
    part["state.metadata.exit"].equals(0)


@requirement("tools.finish", Level.PROMPT, "measured: 1.1.34 to 1.18.34", scripted=True)
async def finish(subject: Subject) -> None:
    """A message that ends with tool calls has finish: tool-calls; only the one behind it has stop."""
    conversation = await subject.once(files)
    conversation.assistant(0)["info.finish"].equals("tool-calls")
    conversation.assistant(0)["info.time.completed"].integer()
    conversation.assistant(1)["info.finish"].equals("stop")


@requirement("tools.next-message", Level.PROMPT, _OBJECT, scripted=True)
async def next_message(subject: Subject) -> None:
    """Text after a tool call is a message of its own, with the same prompt as its parent."""
    conversation = await subject.once(files)
    found = len(conversation.last.assistants)
    conversation.last.messages.require(found == 2, f"the reply should be two messages and is {found}")
    only_part(conversation.assistant(1), "text")["text"].equals("The directory holds three files.")
    for number in (0, 1):
        conversation.assistant(number)["info.parentID"].equals(conversation.user()["info.id"].json)


@requirement("tools.parallel", Level.PROMPT, _OBJECT, scripted=True)
async def parallel(subject: Subject) -> None:
    """Two tools called at once are two parts of one message, each with its own id and output."""
    conversation = await subject.once(two_commands)
    message = conversation.assistant(0)
    calls = parts_of(message, "tool")
    message.require(len(calls) == 2, f"the message should have two tool parts and has {len(calls)}")
    outputs = sorted(call["state.output"].text() for call in calls)
    message.require(outputs == ["one\n", "two\n"], f"the outputs should be one and two, and are {outputs}")
    message.require(calls[0]["callID"].json != calls[1]["callID"].json, "the two calls should not have the same id")
    conversation.assistant(1)["info.finish"].equals("stop")


@requirement("tools.failing-command", Level.PROMPT, _ERRORS, scripted=True)
async def command_that_fails(subject: Subject) -> None:
    """A command that fails is completed all the same, with its exit code in the metadata."""
    part = only_part((await subject.once(failing_command)).assistant(0), "tool")
    part["state.status"].equals("completed")
    part["state.output"].equals("2 failed\n")
    part["state.metadata.exit"].equals(3)


@requirement("tools.error", Level.PROMPT, _ERRORS, scripted=True)
async def error(subject: Subject) -> None:
    """A tool call that fails has status error and says why, and has no output."""
    part = only_part((await subject.once(failing_tool)).assistant(0), "tool")
    part["state.status"].equals("error")
    part["state.error"].matches("(?s).*not found.*", "a text that says that the file was not found")
    part["state"].lacks("output")


@requirement("tools.goes-on", Level.PROMPT, _ERRORS, scripted=True)
async def goes_on(subject: Subject) -> None:
    """After a tool call that fails the reply goes on."""
    conversation = await subject.once(failing_tool)
    conversation.assistant(1)["info.finish"].equals("stop")
    only_part(conversation.assistant(1), "text")["text"].equals("There is no such file.")
