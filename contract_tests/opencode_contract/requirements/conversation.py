"""A session that the contract talks to, and everything seen of it meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from opencode_contract.errors import RequirementFailed
from opencode_contract.evidence import Exchange, Value
from opencode_contract.targets.event_log import Event
from opencode_contract.targets.subject import Subject

STANDSTILL_SECONDS = 2.0
REPLY_SECONDS = 45.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A session as it was seen once. The status is read first: if idle by then, the messages are final."""

    status: Value | None
    """What the session is doing, or None when it is idle."""
    messages: Value

    @property
    def assistants(self) -> list[Value]:
        """The assistant's messages."""
        return [message for message in self.messages if message["info.role"].json == "assistant"]

    @property
    def users(self) -> list[Value]:
        """The users' messages."""
        return [message for message in self.messages if message["info.role"].json == "user"]

    @property
    def finished(self) -> bool:
        """Whether nothing runs and the last message is one that the assistant has completed."""
        if self.status is not None or not self.messages.count:
            return False
        info = self.messages.last()["info"]
        return info["role"].json == "assistant" and "completed" in info["time"]


@dataclass
class Conversation:
    """A session, the prompts sent to it, and the moments at which it was looked at."""

    subject: Subject
    created: Value
    prompts: list[Exchange] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    seen_running: Moment | None = None
    after_abort: Moment | None = None
    """How it looked as soon as an abort had been answered."""

    @classmethod
    async def begin(cls, subject: Subject, title: str | None = None) -> Conversation:
        """A new session; the event stream is open before it."""
        await subject.events.open()
        return cls(subject, await subject.create_session(title))

    @property
    def id(self) -> str:
        """The session's id."""
        return self.created["id"].text()

    @property
    def path(self) -> str:
        """The session's path."""
        return f"/session/{self.id}"

    @property
    def last(self) -> Moment:
        """The last look at it."""
        return self.moments[-1]

    @property
    def events(self) -> list[Event]:
        """The events about it."""
        return self.subject.events.of(self.id)

    @property
    def during(self) -> Moment:
        """How it looked while a reply to it certainly ran."""
        if self.seen_running is None:
            raise RequirementFailed("a reply should have begun while it was waited for", str(self.last.messages))
        return self.seen_running

    def user(self, number: int = 0) -> Value:
        """The users' message of that number, from 0."""
        return _nth(self.last.users, number, "user message", self.last)

    def assistant(self, number: int = -1) -> Value:
        """The assistant's message of that number, from 0, or from the end."""
        return _nth(self.last.assistants, number, "assistant message", self.last)

    async def prompt(self, text: str) -> Exchange:
        """Sends a prompt as the users' document does: without waiting for the reply."""
        body = {"parts": [{"type": "text", "text": text}]}
        self.prompts.append(await self.subject.send("POST", f"{self.path}/prompt_async", body=body))
        return self.prompts[-1].expect(204)

    async def look(self) -> Moment:
        """Looks at it once."""
        statuses = await self.subject.get("/session/status", "status")
        messages = await self.subject.get(f"{self.path}/message", "messages")
        self.moments.append(Moment(statuses.get(self.id), messages))
        return self.last

    async def until(self, holds: Callable[[Moment], bool], what: str, seconds: float = REPLY_SECONDS) -> Moment:
        """Looks at it until ``holds`` is true of what is seen."""
        give_up = time.monotonic() + seconds
        while not holds(await self.look()):
            if time.monotonic() > give_up:
                raise RequirementFailed(f"within {seconds:g} s {what}", str(self.last.messages))
            await asyncio.sleep(self.subject.access.poll_seconds)
        return self.last

    async def settle(self) -> Conversation:
        """Waits until the prompts are answered, or until nothing has moved for a while although nothing runs."""
        stands_since = time.monotonic()

        def settled(moment: Moment) -> bool:
            nonlocal stands_since
            before = self.moments[-2] if len(self.moments) > 1 else None
            if moment.status is not None or before is None or before.messages.json != moment.messages.json:
                stands_since = time.monotonic()
            answered = moment.finished and len(moment.users) >= len(self.prompts)
            return answered or time.monotonic() - stands_since > STANDSTILL_SECONDS

        await self.until(settled, "the reply should be finished, and the session still runs")
        return self

    async def ask(self, text: str) -> Conversation:
        """Sends a prompt and waits for the reply."""
        await self.prompt(text)
        return await self.settle()

    async def session(self) -> Value:
        """The session as it is now."""
        return await self.subject.get(self.path, "session")

    async def session_once(self, holds: Callable[[Value], bool], seconds: float = 10.0) -> Value:
        """The session when ``holds`` is true of it, or else as it is after some seconds."""
        give_up = time.monotonic() + seconds
        while True:
            session = await self.session()
            if holds(session) or time.monotonic() > give_up:
                return session
            await asyncio.sleep(self.subject.access.poll_seconds)

    async def event(self, holds: Callable[[Event], bool], what: str) -> Event:
        """The first event about it that ``holds`` is true of, waiting for it if need be."""
        return await self.subject.events.wait_for(lambda event: event.session_id == self.id and holds(event), what)


def parts_of(message: Value, kind: str) -> list[Value]:
    """The parts of ``message`` of one type, each called by its type."""
    return [part.called(f"{kind} part") for part in message["parts"] if part["type"].json == kind]


def only_part(message: Value, kind: str) -> Value:
    """The one part of ``message`` that is of this type."""
    found = parts_of(message, kind)
    message.require(len(found) == 1, f"the message should have one part of type {kind!r} and has {len(found)}")
    return found[0]


def _nth(messages: list[Value], number: int, what: str, moment: Moment) -> Value:
    wanted = number + 1 if number >= 0 else -number
    if len(messages) < wanted:
        raise RequirementFailed(
            f"there should be {wanted} of: {what}, and there are {len(messages)}", str(moment.messages)
        )
    return messages[number].called(what)
