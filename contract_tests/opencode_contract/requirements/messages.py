"""What a reply looks like when it is finished."""

from __future__ import annotations

from opencode_contract.evidence import Value, require
from opencode_contract.requirements.conversation import only_part, parts_of
from opencode_contract.requirements.conversations import files, pieces, ready, thought
from opencode_contract.requirements.requirement import requirement
from opencode_contract.requirements.sessions import MISSING, created
from opencode_contract.targets import Level, Subject

_MESSAGES = "document: opencodeGetMessages"
_SESSION = "document: opencodeGetSession"
_FINISH = "document: Response Handling, Check the finish field"
_OBJECT = "measured: 1.1.34 to 1.18.34"
_LISTS = "measured: 1.1.34 to 1.18.34"


@requirement("messages.reply", Level.PROMPT, _MESSAGES)
async def reply(subject: Subject) -> None:
    """A prompt is answered by a message of the assistant that has text."""
    conversation = await subject.once(ready)
    texts = [part["text"].text() for part in parts_of(conversation.assistant(), "text")]
    conversation.assistant().require(any(texts), "the reply should have text")


@requirement("messages.scripted-text", Level.PROMPT, _MESSAGES, scripted=True)
async def scripted_text(subject: Subject) -> None:
    """The text of a reply is what the model has said, its pieces joined."""
    only_part((await subject.once(pieces)).assistant(), "text")["text"].equals("Once upon a time")


@requirement("messages.finish", Level.PROMPT, _FINISH)
async def finish(subject: Subject) -> None:
    """The last message of a finished reply has finish: stop."""
    (await subject.once(ready)).assistant()["info.finish"].equals("stop")


@requirement("messages.completed", Level.PROMPT, _OBJECT)
async def completed(subject: Subject) -> None:
    """A finished message has the times of its creation and completion, in order."""
    time = (await subject.once(ready)).assistant()["info.time"]
    in_order = time["created"].integer() <= time["completed"].integer()
    time.require(in_order, "time.completed should not be before time.created")


@requirement("messages.no-error", Level.PROMPT, _OBJECT)
async def no_error(subject: Subject) -> None:
    """A message that went well has no error."""
    (await subject.once(ready)).assistant()["info"].lacks("error")


@requirement("messages.parent", Level.PROMPT, _OBJECT)
async def parent(subject: Subject) -> None:
    """A reply names the prompt that it answers as its parentID."""
    conversation = await subject.once(ready)
    conversation.assistant()["info.parentID"].equals(conversation.user()["info.id"].json)


@requirement("messages.model", Level.PROMPT, _OBJECT)
async def model(subject: Subject) -> None:
    """A reply names its model, its provider and its agent; the mode is the agent."""
    info = (await subject.once(ready)).assistant()["info"]
    info["modelID"].text()
    info["providerID"].text()
    info["mode"].equals(info["agent"].text())


@requirement("messages.path", Level.PROMPT, _OBJECT)
async def path(subject: Subject) -> None:
    """A reply names the directory that it worked in, the session's own."""
    conversation = await subject.once(ready)
    conversation.assistant()["info.path.cwd"].equals(conversation.created["directory"].json)
    conversation.assistant()["info.path.root"].text()


@requirement("messages.part-ids", Level.PROMPT, _OBJECT)
async def part_ids(subject: Subject) -> None:
    """A part's id is prt_ and 26 characters; the part names its message and its session."""
    conversation = await subject.once(ready)
    for message in conversation.last.messages:
        for part in message["parts"]:
            part["id"].matches(r"prt_[0-9a-f]{12}[0-9A-Za-z]{14}", "prt_ and 26 characters")
            part["messageID"].equals(message["info.id"].json)
            part["sessionID"].equals(conversation.id)


@requirement("messages.steps", Level.PROMPT, _OBJECT)
async def steps(subject: Subject) -> None:
    """The parts of a reply begin with step-start and end with step-finish, which gives the same reason as finish."""
    message = (await subject.once(ready)).assistant()
    types = [part["type"].json for part in message["parts"]]
    framed = len(types) > 1 and types[0] == "step-start" and types[-1] == "step-finish"
    message.require(framed, f"the parts should begin with step-start and end with step-finish, and are {types}")
    message["parts"].last()["reason"].equals(message["info.finish"].json)


@requirement("messages.text-times", Level.PROMPT, _OBJECT)
async def text_times(subject: Subject) -> None:
    """A finished text part has the times of its start and end."""
    for part in parts_of((await subject.once(ready)).assistant(), "text"):
        in_order = part["time.start"].integer() <= part["time.end"].integer()
        part.require(in_order, "time.end should not be before time.start")


@requirement("messages.reasoning", Level.PROMPT, _OBJECT, scripted=True)
async def reasoning(subject: Subject) -> None:
    """What the model thinks is a part of type reasoning, before the text."""
    message = (await subject.once(thought)).assistant()
    only_part(message, "reasoning")["text"].equals("Two and two are four.")
    only_part(message, "text")["text"].equals("4")
    types = [part["type"].json for part in message["parts"]]
    message.require(types.index("reasoning") < types.index("text"), f"reasoning should come before text: {types}")


@requirement("messages.single", Level.PROMPT, _LISTS)
async def single(subject: Subject) -> None:
    """GET /session/{id}/message/{messageID} shows the message as the list does."""
    conversation = await subject.once(ready)
    listed = await subject.get(f"{conversation.path}/message", "messages")
    for message in listed:
        alone = await subject.get(f"{conversation.path}/message/{message['info.id'].text()}", "message")
        alone["info.role"].equals(message["info.role"].json)
        alone["parts"].equals(message["parts"].json)


@requirement("messages.missing", Level.WRITE, _LISTS)
async def missing(subject: Subject) -> None:
    """GET of a message that does not exist is an error."""
    session = await subject.once(created)
    answer = await subject.send("GET", f"/session/{session['id'].text()}/message/msg_doesnotexist")
    require(answer.status >= 400, f"the status should be 4xx or 5xx and is {answer.status}", answer)


@requirement("messages.missing-session", Level.READ, "measured: 1.1.34 to 1.18.34")
async def missing_session(subject: Subject) -> None:
    """The messages of a session that does not exist are an empty list or a 404."""
    answer = (await subject.send("GET", f"/session/{MISSING}/message")).expect(200, 404)
    if answer.status == 200:
        answer.json("messages").equals([])


@requirement("messages.limit", Level.PROMPT, _LISTS)
async def limit(subject: Subject) -> None:
    """GET /session/{id}/message?limit=1 lists only the last message."""
    conversation = await subject.once(ready)
    messages = await subject.get(f"{conversation.path}/message?limit=1", "messages")
    messages.require(messages.count == 1, f"one message should be listed, not {messages.count}")
    messages.last()["info.id"].equals(conversation.assistant()["info.id"].json)


@requirement("messages.session-title", Level.PROMPT, _SESSION)
async def session_title(subject: Subject) -> None:
    """After its first prompt a session gets a title that says what it is about."""
    session = await (await subject.once(ready)).session_once(_is_titled)
    session["title"].require(
        _is_titled(session), f"the default title should be replaced and is {session['title'].json!r}"
    )


@requirement("messages.session-scripted-title", Level.PROMPT, _SESSION, scripted=True)
async def session_scripted_title(subject: Subject) -> None:
    """The title of a session is the one that the model gives it."""
    session = await (await subject.once(files)).session_once(_is_titled)
    session["title"].equals("List current directory files")


@requirement("messages.session-summary", Level.PROMPT, _SESSION)
async def session_summary(subject: Subject) -> None:
    """After a prompt that changes no file the session's summary has additions, deletions and files of 0."""
    session = await (await subject.once(ready)).session_once(lambda session: "summary" in session)
    for key in ("additions", "deletions", "files"):
        session["summary"][key].equals(0)


@requirement("messages.session-updated", Level.PROMPT, _SESSION)
async def session_updated(subject: Subject) -> None:
    """A prompt moves the session's time.updated on, and never its time.created."""
    conversation = await subject.once(ready)
    session = await conversation.session()
    session["time.created"].equals(conversation.created["time.created"].json)
    moved = session["time.updated"].integer() >= conversation.user()["info.time.created"].integer()
    session.require(moved, "time.updated should not be before the prompt")


def _is_titled(session: Value) -> bool:
    return not session["title"].text().startswith("New session - ")
