"""Conversations that wait for a client's answer, each held once: ``await subject.once(allowed)``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from opencode_contract.errors import RequirementFailed
from opencode_contract.evidence import Exchange, Value
from opencode_contract.requirements.conversation import Conversation, Moment
from opencode_contract.requirements.conversations import READY, runs_a_tool
from opencode_contract.targets.event_log import Event
from opencode_contract.targets.subject import Subject

Kind: TypeAlias = Literal["permission", "question"]

LEAVE = "Please ask before you run it"
FOREVER = "Please ask once and for all"
COLOUR = "Please ask which colour"


@dataclass(slots=True)
class Asked:
    """A conversation in which the server asks, how that looked, and what came of the answer."""

    kind: Kind
    conversation: Conversation
    request: Event
    """The event that asks."""
    waiting: Moment
    """How the session looked while it waited."""
    listed: Value | None
    """The request in the list of those that wait."""
    left: Value | None = None
    """The request in that list after the answer."""
    _answer: Exchange | None = None

    @classmethod
    async def begin(cls, subject: Subject, kind: Kind, prompt: str) -> Asked:
        """Sends a prompt and waits until the server asks."""
        conversation = await Conversation.begin(subject)
        await conversation.prompt(prompt)
        # The first prompt of a server may take long to begin: an event is not waited for as patiently.
        waiting = await conversation.until(runs_a_tool, "the tool that asks should be running")
        request = await conversation.event(lambda event: event.type == f"{kind}.asked", f"{kind}.asked")
        asked = cls(kind, conversation, request, waiting, None)
        asked.listed = await asked.find()
        return asked

    @property
    def id(self) -> str:
        """The request's id."""
        return self.request.properties["id"].text()

    @property
    def answer(self) -> Exchange:
        """What the server said to the answer."""
        if self._answer is None:
            raise RequirementFailed("the request should have been answered")
        return self._answer

    async def find(self) -> Value | None:
        """The request in the list of those that wait, or None."""
        waiting = await self.conversation.subject.get(f"/{self.kind}", f"{self.kind}s")
        return next((each.called(self.kind) for each in waiting if each["id"].json == self.id), None)

    async def reply(self, word: str, body: object = None) -> Asked:
        """Answers, and waits until the prompts are."""
        return await self.reply_at(f"/{self.kind}/{self.id}/{word}", body)

    async def reply_at(self, path: str, body: object) -> Asked:
        """Answers on a route."""
        self._answer = await self.conversation.subject.send("POST", path, body=body)
        await self.conversation.settle()
        self.left = await self.find()
        return self


async def allowed(subject: Subject) -> Asked:
    """Leave is asked and given once."""
    return await (await Asked.begin(subject, "permission", LEAVE)).reply("reply", {"reply": "once"})


async def forbidden(subject: Subject) -> Asked:
    """Leave is asked and refused without a word."""
    return await (await Asked.begin(subject, "permission", LEAVE)).reply("reply", {"reply": "reject"})


async def advised(subject: Subject) -> Asked:
    """Leave is asked, and refused with a word on what to do instead."""
    body = {"reply": "reject", "message": "Say it aloud."}
    return await (await Asked.begin(subject, "permission", LEAVE)).reply("reply", body)


async def allowed_the_old_way(subject: Subject) -> Asked:
    """Leave is given on the route that older clients know."""
    asked = await Asked.begin(subject, "permission", LEAVE)
    return await asked.reply_at(f"{asked.conversation.path}/permissions/{asked.id}", {"response": "once"})


async def allowed_for_ever(subject: Subject) -> Asked:
    """Leave is asked and given for ever; then the same is prompted again."""
    asked = await (await Asked.begin(subject, "permission", FOREVER)).reply("reply", {"reply": "always"})
    await asked.conversation.ask(FOREVER)
    return asked


async def given_up(subject: Subject) -> Asked:
    """The run is aborted while leave is asked; the answer comes too late, and then the session is prompted again."""
    asked = await Asked.begin(subject, "permission", LEAVE)
    (await subject.send("POST", f"{asked.conversation.path}/abort")).expect(200)
    asked.waiting = await asked.conversation.look()
    asked.listed = await asked.find()
    await asked.reply("reply", {"reply": "reject"})
    await asked.conversation.ask(READY)
    return asked


async def queued_behind(subject: Subject) -> Asked:
    """A second prompt is sent while leave is asked."""
    asked = await Asked.begin(subject, "permission", LEAVE)
    await asked.conversation.prompt(READY)
    asked.waiting = await asked.conversation.look()
    return await asked.reply("reply", {"reply": "once"})


async def chosen(subject: Subject) -> Asked:
    """A question is asked and answered."""
    return await (await Asked.begin(subject, "question", COLOUR)).reply("reply", {"answers": [["Red"]]})


async def dismissed(subject: Subject) -> Asked:
    """A question is asked and dismissed."""
    return await (await Asked.begin(subject, "question", COLOUR)).reply("reject")
