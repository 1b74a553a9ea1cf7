"""The conversations that several requirements look at, each held once: ``await subject.once(ready)``."""

from __future__ import annotations

from opencode_contract.requirements.conversation import Conversation, Moment
from opencode_contract.targets.subject import Subject

READY = "Reply with the single word: ready"
LIST_FILES = "List the files in the current directory"
PIECES = "Please tell it in pieces"
COUNT = "Please count slowly"
MOMENT = "Please work for a moment"
AS_WELL = "Please answer me as well"


async def ready(subject: Subject) -> Conversation:
    """One prompt that any model answers with a word."""
    return await (await Conversation.begin(subject)).ask(READY)


async def files(subject: Subject) -> Conversation:
    """The example of the users' document: a text, a command, and a text about its output."""
    return await (await Conversation.begin(subject)).ask(LIST_FILES)


async def pieces(subject: Subject) -> Conversation:
    """A text that arrives in four pieces."""
    return await (await Conversation.begin(subject)).ask(PIECES)


async def thought(subject: Subject) -> Conversation:
    """Reasoning, then a text; some tokens come from the cache."""
    return await (await Conversation.begin(subject)).ask("Please think before you answer")


async def greeting(subject: Subject) -> Conversation:
    """A file is written and then edited."""
    return await (await Conversation.begin(subject)).ask("Please write the greeting")


async def two_commands(subject: Subject) -> Conversation:
    """Two tool calls in one message."""
    return await (await Conversation.begin(subject)).ask("Please run two commands at once")


async def failing_command(subject: Subject) -> Conversation:
    """A command that ends with an exit code other than 0."""
    return await (await Conversation.begin(subject)).ask("Please run a command that fails")


async def failing_tool(subject: Subject) -> Conversation:
    """A tool call that fails."""
    return await (await Conversation.begin(subject)).ask("Please read a file that is not there")


async def refused(subject: Subject) -> Conversation:
    """The provider refuses the call with 401; then the session is prompted again."""
    conversation = await (await Conversation.begin(subject)).ask("Please be refused by the provider")
    return await conversation.ask(READY)


async def broken_off(subject: Subject) -> Conversation:
    """The provider breaks off inside its answer."""
    return await (await Conversation.begin(subject)).ask("Please break off in the middle")


async def limited(subject: Subject) -> Conversation:
    """The provider answers 429 once; the server waits and tries again."""
    return await (await Conversation.begin(subject)).ask("Please be limited once")


async def aborted(subject: Subject) -> Conversation:
    """A reply that is aborted while its text streams; then the session is prompted again."""
    conversation = await Conversation.begin(subject)
    await conversation.prompt(COUNT)
    await conversation.until(_has_text, "the text of the reply should begin")
    # The status is read before the messages: only now it surely is that of a session whose reply has begun.
    conversation.seen_running = await conversation.look()
    await _abort(conversation)
    await conversation.settle()
    return await conversation.ask(READY)


async def aborted_command(subject: Subject) -> Conversation:
    """A reply that is aborted while its command runs."""
    conversation = await Conversation.begin(subject)
    await conversation.prompt("Please run a command that takes long")
    await conversation.until(runs_a_tool, "the command should run")
    await _abort(conversation)
    return await conversation.settle()


async def queued(subject: Subject) -> Conversation:
    """A second prompt that is sent while the first is being answered."""
    conversation = await Conversation.begin(subject)
    await conversation.prompt(MOMENT)
    await conversation.until(has_begun, "the reply should begin")
    await conversation.prompt(AS_WELL)
    return await conversation.settle()


def has_begun(moment: Moment) -> bool:
    """Whether there is a reply."""
    return bool(moment.assistants)


def _has_text(moment: Moment) -> bool:
    return any(part.get("text") is not None for message in moment.assistants for part in message["parts"])


def runs_a_tool(moment: Moment) -> bool:
    """Whether a tool call is running."""
    parts = (part for message in moment.assistants for part in message["parts"])
    return any(part["type"].json == "tool" and part["state.status"].json == "running" for part in parts)


async def _abort(conversation: Conversation) -> None:
    answer = await conversation.subject.send("POST", f"{conversation.path}/abort")
    answer.expect(200).json("answer").equals(True)
    conversation.after_abort = await conversation.look()
