"""The five actions of the users' document, through the client, in the document's exact JSON."""

from __future__ import annotations

from opencode_contract.errors import RequirementFailed
from opencode_contract.evidence import Json, Value
from opencode_contract.requirements.conversation import Conversation
from opencode_contract.requirements.conversations import READY, ready
from opencode_contract.requirements.requirement import requirement
from opencode_contract.requirements.sessions import MISSING
from opencode_contract.targets import Level, Subject
from opencode_sandbox.errors import SessionNotFound


@requirement("actions.test-connection", Level.READ, "document: Getting Started, Test the connection")
async def test_connection(subject: Subject) -> None:
    """Testing the connection with the right credentials finds the server and its version."""
    report = await subject.client.test_connection()
    if not report.ok or report.version != subject.version:
        raise RequirementFailed(f"the connection should be ok, version {subject.version}, and is {report.state.value}")


@requirement("actions.create-session", Level.WRITE, "document: opencodeCreateSession")
async def create_session(subject: Subject) -> None:
    """The action opencodeCreateSession answers {"session": ...}: id, slug, version, directory, title."""
    response = await _run(subject, "opencodeCreateSession", {})
    _only(response, "session")
    for key in ("id", "slug", "version", "directory", "title"):
        response["session"][key].text()


@requirement("actions.send-prompt", Level.PROMPT, "document: opencodeSendPrompt")
async def send_prompt(subject: Subject) -> None:
    """The action opencodeSendPrompt answers {"success": true, "result": ""}, and the prompt is then answered."""
    conversation = Conversation(subject, await subject.create_session())
    arguments: dict[str, Json] = {"sessionId": conversation.id, "prompt": READY}
    (await _run(subject, "opencodeSendPrompt", arguments)).equals({"success": True, "result": ""})
    await conversation.settle()
    conversation.assistant()["info.finish"].equals("stop")


@requirement("actions.get-messages", Level.PROMPT, "document: opencodeGetMessages")
async def get_messages(subject: Subject) -> None:
    """The action opencodeGetMessages answers {"messages": [...]}, with info and parts: prompt and reply."""
    conversation = await subject.once(ready)
    response = await _run(subject, "opencodeGetMessages", {"sessionId": conversation.id})
    _only(response, "messages")
    roles = [message["info.role"].json for message in response["messages"]]
    in_order = roles[:1] == ["user"] and roles[1:] and set(roles[1:]) == {"assistant"}
    response.require(bool(in_order), f"the roles should be user and assistant, and are {roles}")
    for message in response["messages"]:
        message["info.id"].text()
        message["parts"].list()


@requirement("actions.get-session", Level.PROMPT, "document: opencodeGetSession")
async def get_session(subject: Subject) -> None:
    """The action opencodeGetSession answers {"session": ...} with title, times and, after a prompt, the summary."""
    conversation = await subject.once(ready)
    await conversation.session_once(lambda session: "summary" in session)
    response = await _run(subject, "opencodeGetSession", {"sessionId": conversation.id})
    _only(response, "session")
    session = response["session"]
    session["id"].equals(conversation.id)
    session["title"].text()
    session["time.created"].integer()
    session["time.updated"].integer()
    for key in ("additions", "deletions", "files"):
        session["summary"][key].integer()


@requirement("actions.list-sessions", Level.WRITE, "document: opencodeListSessions")
async def list_sessions(subject: Subject) -> None:
    """The action opencodeListSessions answers {"sessions": [...]}, each with id, title and time of creation."""
    created = await subject.create_session()
    response = await _run(subject, "opencodeListSessions", {})
    _only(response, "sessions")
    ids = [session["id"].json for session in response["sessions"]]
    response.require(created["id"].json in ids, "the session that was just created should be listed")
    for session in response["sessions"]:
        session["title"].text()
        session["time.created"].integer()


@requirement("actions.missing-session", Level.READ, "measured: 1.1.34 to 1.18.34")
async def missing_session(subject: Subject) -> None:
    """The action opencodeGetSession of a session that does not exist is an error that says so."""
    await _not_found(subject, "opencodeGetSession", {"sessionId": MISSING})


@requirement("actions.messages-of-missing-session", Level.READ, "measured: 1.1.34 to 1.18.34")
async def messages_of_missing_session(subject: Subject) -> None:
    """The action opencodeGetMessages of a session that does not exist is an error, where servers may answer []."""
    await _not_found(subject, "opencodeGetMessages", {"sessionId": MISSING})


@requirement("actions.prompt-to-missing-session", Level.READ, "measured: 1.1.34 to 1.18.34")
async def prompt_to_missing_session(subject: Subject) -> None:
    """The action opencodeSendPrompt to a session that does not exist is an error, where servers may answer 204."""
    await _not_found(subject, "opencodeSendPrompt", {"sessionId": MISSING, "prompt": READY})


async def _run(subject: Subject, action: str, arguments: dict[str, Json]) -> Value:
    response = await subject.client.run_action({"action": action, "arguments": arguments})
    return Value(response, action, subject.evidence, subject.own)


async def _not_found(subject: Subject, action: str, arguments: dict[str, Json]) -> None:
    try:
        response = await _run(subject, action, arguments)
    except SessionNotFound:
        return
    response.fail(f"{action} should find no session {MISSING} and answers {response.json!r}")


def _only(response: Value, key: str) -> None:
    keys = sorted(response.object())
    response.require(keys == [key], f"the response should hold {key!r} and nothing else, and holds {keys}")
