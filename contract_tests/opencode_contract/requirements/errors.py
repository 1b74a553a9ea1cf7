"""How requests are refused: statuses and bodies, each in the form of its versions."""

from __future__ import annotations

from opencode_contract.evidence import require
from opencode_contract.requirements.conversation import Conversation
from opencode_contract.requirements.conversations import MOMENT, has_begun
from opencode_contract.requirements.requirement import requirement
from opencode_contract.requirements.sessions import MISSING, created
from opencode_contract.targets import Level, Subject

_MEASURED = "measured: 1.1.34 to 1.18.34"
_JSON = {"Content-Type": "application/json"}
_SHELL = {"agent": "build", "command": "echo hi"}
_PROMPT = {"parts": [{"type": "text", "text": "Nobody hears this"}]}


@requirement("errors.not-found", Level.READ, _MEASURED, since="1.2.1")
async def not_found(subject: Subject) -> None:
    """A NotFoundError says which session was not found."""
    error = (await subject.send("GET", f"/session/{MISSING}")).expect(404).json("error")
    error["data.message"].equals(f"Session not found: {MISSING}")


@requirement("errors.bad-id", Level.READ, _MEASURED, until="1.15.0")
async def bad_id(subject: Subject) -> None:
    """GET /session/{id} with an id of another form answers 400."""
    (await subject.send("GET", "/session/xyz")).expect(400).json("error")["success"].equals(False)


@requirement("errors.bad-id-fails", Level.READ, _MEASURED, since="1.15.0")
async def bad_id_fails(subject: Subject) -> None:
    """GET /session/{id} with an id of another form answers 500 with an UnknownError."""
    (await subject.send("GET", "/session/xyz")).expect(500).json("error")["name"].equals("UnknownError")


@requirement("errors.issues", Level.WRITE, _MEASURED, until="1.15.0")
async def issues(subject: Subject) -> None:
    """A body of the wrong form is refused with what was sent, and a list of issues with their paths."""
    path = f"/session/{(await subject.once(created))['id'].text()}"
    error = (await subject.send("PATCH", path, body={"title": 3})).expect(400).json("error")
    error["success"].equals(False)
    error["data.title"].equals(3)
    error["error"].last()["path"].equals(["title"])
    error["error"].last()["message"].text()


@requirement("errors.payload", Level.WRITE, _MEASURED, since="1.15.0")
async def payload(subject: Subject) -> None:
    """A body of the wrong form is refused with a BadRequest that says what was expected, and where."""
    path = f"/session/{(await subject.once(created))['id'].text()}"
    error = (await subject.send("PATCH", path, body={"title": 3})).expect(400).json("error")
    error["name"].equals("BadRequest")
    error["data.kind"].equals("Payload")
    error["data.message"].matches(r'(?s)Expected .*got 3\s+at \["title"\]', "what was expected, and where")


@requirement("errors.malformed", Level.WRITE, _MEASURED, until="1.15.0")
async def malformed(subject: Subject) -> None:
    """A body that is no JSON is refused with 400 in plain words."""
    path = f"/session/{(await subject.once(created))['id'].text()}"
    answer = (await subject.send("PATCH", path, content=b"{", headers=_JSON)).expect(400)
    require(answer.received == "Malformed JSON in request body", "the body should say what is wrong", answer)


@requirement("errors.malformed-fails", Level.WRITE, _MEASURED, since="1.15.0")
async def malformed_fails(subject: Subject) -> None:
    """PATCH with a body that is no JSON answers 500."""
    path = f"/session/{(await subject.once(created))['id'].text()}"
    (await subject.send("PATCH", path, content=b"{", headers=_JSON)).expect(500)


@requirement("errors.content-type", Level.WRITE, _MEASURED, since="1.15.0")
async def content_type(subject: Subject) -> None:
    """A prompt that does not say that it is JSON answers 415."""
    path = f"/session/{(await subject.once(created))['id'].text()}"
    answer = await subject.send("POST", f"{path}/message", content=b"{}", headers={"Content-Type": "text/plain"})
    answer.expect(415)


@requirement("errors.no-messages-of-nobody", Level.READ, _MEASURED, until="1.2.27")
async def no_messages_of_nobody(subject: Subject) -> None:
    """The messages of a session that does not exist are an empty list."""
    (await subject.get(f"/session/{MISSING}/message", "messages")).equals([])


@requirement("errors.messages-missing", Level.READ, _MEASURED, since="1.2.27")
async def messages_missing(subject: Subject) -> None:
    """GET of the messages of a session that does not exist answers 404."""
    (await subject.send("GET", f"/session/{MISSING}/message")).expect(404)


@requirement("errors.prompt-to-nobody", Level.WRITE, _MEASURED, until="1.15.0")
async def prompt_to_nobody(subject: Subject) -> None:
    """A prompt to a session that does not exist is accepted: 204, or 200 with an empty body where one waits."""
    (await subject.send("POST", f"/session/{MISSING}/prompt_async", body=_PROMPT)).expect(204)
    answer = (await subject.send("POST", f"/session/{MISSING}/message", body=_PROMPT)).expect(200)
    require(answer.received == "", "the body should be empty", answer)


@requirement("errors.prompt-missing", Level.WRITE, _MEASURED, since="1.15.0")
async def prompt_missing(subject: Subject) -> None:
    """A prompt to a session that does not exist answers 404, whether one waits for the reply or not."""
    for word in ("prompt_async", "message"):
        (await subject.send("POST", f"/session/{MISSING}/{word}", body=_PROMPT)).expect(404)


@requirement("errors.delete-nobody", Level.READ, _MEASURED, until="1.14.34")
async def delete_nobody(subject: Subject) -> None:
    """DELETE of a session that does not exist answers 200 with true."""
    (await subject.send("DELETE", f"/session/{MISSING}")).expect(200).json("answer").equals(True)


@requirement("errors.delete-missing", Level.READ, _MEASURED, since="1.14.34")
async def delete_missing(subject: Subject) -> None:
    """DELETE of a session that does not exist answers 404."""
    (await subject.send("DELETE", f"/session/{MISSING}")).expect(404)


@requirement("errors.diff-of-nobody", Level.READ, _MEASURED)
async def diff_of_nobody(subject: Subject) -> None:
    """The diff of a session that does not exist is an empty list."""
    (await subject.get(f"/session/{MISSING}/diff", "diff")).equals([])


@requirement("errors.busy", Level.PROMPT, _MEASURED, scripted=True)
async def busy(subject: Subject) -> None:
    """While a reply runs a shell command is refused, and the reply goes on."""
    conversation, status = await subject.once(disturbed)
    require(status >= 400, f"a shell command should be refused while the session is busy, and answers {status}")
    conversation.assistant()["info.finish"].equals("stop")


@requirement("errors.busy-conflict", Level.PROMPT, _MEASURED, scripted=True, since="1.15.13")
async def busy_conflict(subject: Subject) -> None:
    """What a busy session refuses answers 409."""
    _, status = await subject.once(disturbed)
    require(status == 409, f"the status should be 409 and is {status}")


async def disturbed(subject: Subject) -> tuple[Conversation, int]:
    """A session that is asked for a shell command while it is busy, and the status of the answer to that."""
    conversation = await Conversation.begin(subject)
    await conversation.prompt(MOMENT)
    await conversation.until(has_begun, "the reply should begin")
    answer = await subject.send("POST", f"{conversation.path}/shell", body=_SHELL)
    return await conversation.settle(), answer.status
