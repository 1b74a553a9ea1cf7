"""Work that is handed over to a subagent, and the list of what is to be done."""

from __future__ import annotations

from opencode_contract.evidence import Value
from opencode_contract.requirements.conversation import Conversation, only_part
from opencode_contract.requirements.requirement import requirement
from opencode_contract.targets import Level, Subject

_MEASURED = "measured: 1.1.34 to 1.18.34"


async def handed_over(subject: Subject) -> Conversation:
    """A subagent does a part of the work."""
    return await (await Conversation.begin(subject)).ask("Please hand it over")


async def noted(subject: Subject) -> Conversation:
    """A list of what is to be done is written."""
    return await (await Conversation.begin(subject)).ask("Please note what is to be done")


async def child_of(conversation: Conversation) -> Value:
    """The session of the subagent."""
    children = await conversation.subject.get(f"{conversation.path}/children", "children")
    children.require(children.count == 1, f"there should be one child session, not {children.count}")
    return children.last().called("child")


@requirement("subagents.tool", Level.PROMPT, _MEASURED, scripted=True)
async def tool(subject: Subject) -> None:
    """A subagent's work is a completed call of the tool task; its output holds the subagent's last text."""
    conversation = await subject.once(handed_over)
    part = only_part(conversation.assistant(0), "tool")
    part["tool"].equals("task")
    part["state.status"].equals("completed")
    part["state.output"].matches("(?s).*The subagent's result\\..*", "a text that holds the subagent's result")


@requirement("subagents.session", Level.PROMPT, _MEASURED, scripted=True)
async def session(subject: Subject) -> None:
    """A subagent works in a session of its own, a child of the first, which the tool call names in its metadata."""
    conversation = await subject.once(handed_over)
    child = await child_of(conversation)
    child["parentID"].equals(conversation.id)
    child["title"].matches("The work \\(@general subagent\\)", "the description with the subagent's name")
    only_part(conversation.assistant(0), "tool")["state.metadata.sessionId"].equals(child["id"].json)


@requirement("subagents.messages", Level.PROMPT, _MEASURED, scripted=True)
async def messages(subject: Subject) -> None:
    """The prompt and the reply of a subagent are messages of its own session, not of the first."""
    conversation = await subject.once(handed_over)
    child = await child_of(conversation)
    found = await subject.get(f"/session/{child['id'].text()}/message", "messages")
    prompt, reply = (item for item in found)
    only_part(prompt, "text")["text"].equals("do the subagent's work")
    only_part(reply, "text")["text"].equals("The subagent's result.")
    reply["info.agent"].equals("general")
    only_part(conversation.assistant(1), "text")["text"].equals("The work is done.")


@requirement("subagents.said", Level.PROMPT, _MEASURED, scripted=True)
async def said(subject: Subject) -> None:
    """The events of a subagent's session are said in the same stream, its creation first."""
    conversation = await subject.once(handed_over)
    child = (await child_of(conversation))["id"].text()
    kinds = [event.type for event in subject.events.of(child)]
    conversation.last.messages.require("session.idle" in kinds, f"the child's session.idle should be said: {kinds}")
    first = kinds[0]
    conversation.last.messages.require(first == "session.created", f"session.created should be first, not {first}")


@requirement("todos.empty", Level.WRITE, _MEASURED)
async def empty(subject: Subject) -> None:
    """A new session has nothing to do: GET /session/{id}/todo answers []."""
    session_id = (await subject.create_session())["id"].text()
    (await subject.get(f"/session/{session_id}/todo", "todos")).equals([])


@requirement("todos.listed", Level.PROMPT, _MEASURED, scripted=True)
async def todos(subject: Subject) -> None:
    """GET /session/{id}/todo lists what the assistant has noted, with content, status and priority."""
    conversation = await subject.once(noted)
    found = [
        {key: each[key].json for key in ("content", "status", "priority")}
        for each in await subject.get(f"{conversation.path}/todo", "todos")
    ]
    wanted = [
        {"content": "First", "status": "completed", "priority": "high"},
        {"content": "Second", "status": "in_progress", "priority": "low"},
    ]
    conversation.last.messages.require(found == wanted, f"the list should be {wanted} and is {found}")


@requirement("todos.said", Level.PROMPT, _MEASURED, scripted=True)
async def todos_said(subject: Subject) -> None:
    """A list of what is to be done is said as todo.updated, whole."""
    conversation = await subject.once(noted)
    event = await conversation.event(lambda event: event.type == "todo.updated", "todo.updated")
    event.properties["todos"].last()["content"].equals("Second")
