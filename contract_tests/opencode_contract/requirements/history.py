"""What rewrites a conversation: fork, revert, and the deletion and change of messages and their parts.

The conversations are made of prompts that no model answers, so that deployments can be asked, too.
"""

from __future__ import annotations

from dataclasses import dataclass

from opencode_contract.evidence import Value
from opencode_contract.requirements.conversation import only_part
from opencode_contract.requirements.requirement import requirement
from opencode_contract.requirements.sessions import MISSING
from opencode_contract.targets import Level, Subject

_MEASURED = "measured: 1.1.34 to 1.18.34"
_FORKS_ARE_NAMED = "1.1.53"
"""From here on a fork is called as the session that it was made from."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A session with two prompts that were stored and not answered."""

    subject: Subject
    session: Value
    first: Value
    second: Value

    @property
    def path(self) -> str:
        """The session's path."""
        return f"/session/{self.session['id'].text()}"

    async def messages(self) -> list[Value]:
        """Its messages as they are now."""
        return list(await self.subject.get(f"{self.path}/message", "messages"))

    async def texts(self) -> list[str]:
        """The texts of its messages."""
        return texts_of(await self.messages())


async def noted(subject: Subject) -> Noted:
    """A session of its own for each who asks: what is done to it is seen by nobody else."""
    session = await subject.create_session()
    path = f"/session/{session['id'].text()}/message"
    first, second = [
        (await subject.send("POST", path, body={"noReply": True, "parts": [{"type": "text", "text": text}]}))
        .expect(200)
        .json("message")
        for text in ("one", "two")
    ]
    return Noted(subject, session, first, second)


def texts_of(messages: list[Value]) -> list[str]:
    """The texts of messages that have one text each."""
    return [only_part(message, "text")["text"].text() for message in messages]


@requirement("history.fork", Level.WRITE, _MEASURED, unmarked_until=_FORKS_ARE_NAMED)
async def fork(subject: Subject) -> None:
    """POST /session/{id}/fork copies the session with all messages; the copies have ids of their own."""
    talk = await noted(subject)
    copy = (await subject.send("POST", f"{talk.path}/fork", body={})).expect(200).json("session")
    copied = list(await subject.get(f"/session/{copy['id'].text()}/message", "messages"))
    copy.require(texts_of(copied) == ["one", "two"], f"the messages should be copied, and are {texts_of(copied)}")
    ids = [message["info.id"].json for message in copied]
    copy.require(talk.first["info.id"].json not in ids, "a copied message should have an id of its own")
    copied[0]["info.sessionID"].equals(copy["id"].json)


@requirement("history.fork-is-no-child", Level.WRITE, _MEASURED, unmarked_until=_FORKS_ARE_NAMED)
async def fork_is_no_child(subject: Subject) -> None:
    """A fork has no parent, and is none of the children of the session that it was made from."""
    talk = await noted(subject)
    copy = (await subject.send("POST", f"{talk.path}/fork", body={})).expect(200).json("session")
    copy.lacks("parentID")
    (await subject.get(f"{talk.path}/children", "children")).equals([])


@requirement("history.fork-title", Level.WRITE, _MEASURED, since="1.1.53")
async def fork_title(subject: Subject) -> None:
    """A fork is called as the session that it was made from, with (fork #1) behind it."""
    talk = await noted(subject)
    copy = (await subject.send("POST", f"{talk.path}/fork", body={})).expect(200).json("session")
    copy["title"].equals(subject.title("(fork #1)"))


@requirement("history.fork-at", Level.WRITE, _MEASURED, unmarked_until=_FORKS_ARE_NAMED)
async def fork_at(subject: Subject) -> None:
    """A fork at a message has only the messages before it."""
    talk = await noted(subject)
    body = {"messageID": talk.second["info.id"].text()}
    copy = (await subject.send("POST", f"{talk.path}/fork", body=body)).expect(200).json("session")
    copied = texts_of(list(await subject.get(f"/session/{copy['id'].text()}/message", "messages")))
    copy.require(copied == ["one"], f"only the first message should be copied, and are {copied}")


@requirement("history.fork-missing", Level.READ, _MEASURED, since="1.1.53")
async def fork_missing(subject: Subject) -> None:
    """The fork of a session that does not exist answers 404 with a NotFoundError."""
    answer = await subject.send("POST", f"/session/{MISSING}/fork", body={})
    answer.expect(404).json("error")["name"].equals("NotFoundError")


@requirement("history.revert", Level.WRITE, _MEASURED)
async def revert(subject: Subject) -> None:
    """A revert marks the session with the message that it goes back to; its messages are listed as before."""
    talk = await noted(subject)
    body = {"messageID": talk.second["info.id"].text()}
    session = (await subject.send("POST", f"{talk.path}/revert", body=body)).expect(200).json("session")
    session["revert.messageID"].equals(talk.second["info.id"].json)
    (await subject.get(talk.path, "session"))["revert.messageID"].equals(talk.second["info.id"].json)
    session.require(await talk.texts() == ["one", "two"], "a revert should leave the messages where they are")


@requirement("history.unrevert", Level.WRITE, _MEASURED)
async def unrevert(subject: Subject) -> None:
    """An unrevert takes the mark of a revert away again."""
    talk = await noted(subject)
    body = {"messageID": talk.second["info.id"].text()}
    (await subject.send("POST", f"{talk.path}/revert", body=body)).expect(200).json("session")["revert"].object()
    (await subject.send("POST", f"{talk.path}/unrevert")).expect(200).json("session").lacks("revert")
    (await subject.get(talk.path, "session")).lacks("revert")


@requirement("history.unrevert-nothing", Level.WRITE, _MEASURED)
async def unrevert_nothing(subject: Subject) -> None:
    """An unrevert of a session that was not reverted answers 200 with the session as it is."""
    talk = await noted(subject)
    session = (await subject.send("POST", f"{talk.path}/unrevert")).expect(200).json("session")
    session["id"].equals(talk.session["id"].json)
    session.lacks("revert")


@requirement("history.reverted-are-dropped", Level.WRITE, _MEASURED)
async def reverted_are_dropped(subject: Subject) -> None:
    """The next prompt after a revert deletes the messages from there on, and the mark."""
    talk = await noted(subject)
    body = {"messageID": talk.second["info.id"].text()}
    (await subject.send("POST", f"{talk.path}/revert", body=body)).expect(200)
    prompt = {"noReply": True, "parts": [{"type": "text", "text": "three"}]}
    (await subject.send("POST", f"{talk.path}/message", body=prompt)).expect(200)
    texts = await talk.texts()
    talk.session.require(texts == ["one", "three"], f"the reverted message should be gone, and there are {texts}")
    (await subject.get(talk.path, "session")).lacks("revert")


@requirement("history.delete-part", Level.WRITE, _MEASURED)
async def delete_part(subject: Subject) -> None:
    """DELETE of a part answers 200 with true, twice if need be, and the part is gone from its message."""
    talk = await noted(subject)
    part = only_part(talk.first, "text")
    path = f"{talk.path}/message/{talk.first['info.id'].text()}/part/{part['id'].text()}"
    for _ in range(2):
        (await subject.send("DELETE", path)).expect(200).json("answer").equals(True)
    (await talk.messages())[0]["parts"].equals([])


@requirement("history.change-part", Level.WRITE, _MEASURED)
async def change_part(subject: Subject) -> None:
    """PATCH of a part with the whole part answers 200 with it, and stores it."""
    talk = await noted(subject)
    part = only_part(talk.first, "text")
    path = f"{talk.path}/message/{talk.first['info.id'].text()}/part/{part['id'].text()}"
    changed = {**part.object(), "text": "another"}
    (await subject.send("PATCH", path, body=changed)).expect(200).json("part")["text"].equals("another")
    texts = await talk.texts()
    part.require(texts == ["another", "two"], f"the text should be changed, and the texts are {texts}")


@requirement("history.part-events", Level.WRITE, _MEASURED)
async def part_events(subject: Subject) -> None:
    """Deleting a part says message.part.removed with the ids of session, message and part."""
    await subject.events.open()
    talk = await noted(subject)
    part = only_part(talk.first, "text")
    path = f"{talk.path}/message/{talk.first['info.id'].text()}/part/{part['id'].text()}"
    (await subject.send("DELETE", path)).expect(200)
    event = await subject.events.wait_for(
        lambda event: event.type == "message.part.removed" and event.session_id == talk.session["id"].json,
        "message.part.removed",
    )
    event.properties["partID"].equals(part["id"].json)
    event.properties["messageID"].equals(talk.first["info.id"].json)


@requirement("history.delete-message", Level.WRITE, _MEASURED, since="1.2.15")
async def delete_message(subject: Subject) -> None:
    """DELETE of a message answers 200 with true, and the message is gone."""
    talk = await noted(subject)
    path = f"{talk.path}/message/{talk.first['info.id'].text()}"
    (await subject.send("DELETE", path)).expect(200).json("answer").equals(True)
    texts = await talk.texts()
    talk.session.require(texts == ["two"], f"only the second message should be left, and there are {texts}")
