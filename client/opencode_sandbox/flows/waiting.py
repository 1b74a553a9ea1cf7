"""Asking and waiting, by polling or by events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from opencode_sandbox import requests
from opencode_sandbox.effects import Flow, Listen, OnUpdate, Pause, Tell, bounded, next_event, read_clock, send
from opencode_sandbox.errors import ConnectionFailed, ConnectionLost, InvalidArgument, NoReply
from opencode_sandbox.flows import operations, wire
from opencode_sandbox.models import IDLE, Event
from opencode_sandbox.responses import json_of, parse
from opencode_sandbox.waiting.reply import Reply
from opencode_sandbox.waiting.tracker import Failed, Finished, Heard, ReplyTracker, Verdict, Waiting

Via: TypeAlias = Literal["poll", "events"]
RESYNC = 10.0
"""Seconds after which a silent event stream is not believed any longer."""


def paces(first: float = 0.02, longest: float = 1.0, factor: float = 1.5) -> Iterator[float]:
    """Yield how long to wait before looking again: a short reply is seen soon, a long one costs few requests."""
    pace = first
    while True:
        yield pace
        pace = min(longest, pace * factor)


def ask(
    session_id: str, prompt: str, *, timeout: float, via: Via, on_update: OnUpdate | None, grace: float
) -> Flow[Reply]:
    """Send a prompt and return the finished reply."""
    deadline = (yield from read_clock()) + checked_timeout(timeout)
    requests.checked_prompt(prompt)
    before = yield from bounded(deadline, operations.get_messages(session_id))
    known = frozenset(message.id for message in before)
    tracker = ReplyTracker(session_id, prompt=prompt, since=known, grace=grace)
    wait = Wait(tracker, deadline, timeout, on_update)
    if _checked_via(via) == "events":
        yield Listen(timeout)
    yield from bounded(deadline, wire.send_prompt(session_id, prompt, check=False))
    return (yield from wait.by(via))


def wait_for_reply(tracker: ReplyTracker, *, timeout: float, via: Via, on_update: OnUpdate | None) -> Flow[Reply]:
    """Wait for the reply to a prompt that was sent before."""
    deadline = (yield from read_clock()) + checked_timeout(timeout)
    requests.checked_session_id(tracker.session_id)
    if _checked_via(via) == "events":
        yield Listen(timeout)
    return (yield from Wait(tracker, deadline, timeout, on_update).by(via))


@dataclass
class Wait:
    """One wait for one reply, until a deadline."""

    tracker: ReplyTracker
    deadline: float
    timeout: float
    on_update: OnUpdate | None = None
    pace: Iterator[float] = field(default_factory=paces)

    def by(self, via: Via) -> Flow[Reply]:
        """Wait in the way asked for; by events the stream must be open."""
        verdict = yield from (self._following() if via == "events" else self._polling())
        if isinstance(verdict, Finished):
            return verdict.reply
        if isinstance(verdict, Failed):
            yield from self._explain(verdict)
            raise verdict.error
        raise TypeError(f"waiting must end in a verdict, not {verdict!r}")

    def _polling(self) -> Flow[Verdict]:
        verdict = yield from self._look()
        while isinstance(verdict, Waiting):
            yield Pause(min(next(self.pace), max(0.0, (yield from self._remaining()))))
            verdict = yield from self._look()
        return verdict

    def _following(self) -> Flow[Verdict]:
        verdict = yield from self._look()
        look_at = yield from self._next_look(verdict)
        while isinstance(verdict, Waiting):
            event = yield from self._hear(look_at)
            heard = Heard.LOOK if event is None else self.tracker.event(event)
            if heard is Heard.LOOK:
                verdict = yield from self._look()
                look_at = yield from self._next_look(verdict)
            elif heard is Heard.PROGRESS:
                yield from self._tell()
        return verdict

    def _next_look(self, verdict: Verdict) -> Flow[float]:
        """Return when to look even if no event says so."""
        now = yield from read_clock()
        if verdict == Waiting(idle=True):
            return now + next(self.pace)
        self.pace = paces()
        return now + RESYNC

    def _hear(self, until: float) -> Flow[Event | None]:
        """Return the next event; None when it is time to look, also after a cut, since nothing is sent twice."""
        now = yield from read_clock()
        within = min(until, self.deadline) - now
        if within <= 0:
            return None
        try:
            return (yield from next_event(within))
        except ConnectionLost:
            yield Pause(min(next(self.pace), max(0.0, (yield from self._remaining()))))
            yield Listen(within)
            return None

    def _look(self) -> Flow[Verdict]:
        """Take a snapshot, the status before the messages: what was idle before has no more to say after."""
        yield from self._check_deadline()
        session_id = self.tracker.session_id
        try:
            statuses = yield from bounded(self.deadline, operations.session_status())
            response = yield from bounded(self.deadline, send(requests.get_messages(session_id)))
        except ConnectionFailed as error:
            if (yield from self._remaining()) <= 0:
                raise self.tracker.timed_out(self.timeout) from error
            raise
        messages = parse(wire.MESSAGES, json_of(response, session_id))
        status = statuses.get(session_id, IDLE)
        verdict = self.tracker.snapshot(status, messages, (yield from read_clock()))
        yield from self._tell()
        return verdict

    def _tell(self) -> Flow[None]:
        if self.on_update is not None:
            yield Tell(self.on_update, self.tracker.progress)

    def _remaining(self) -> Flow[float]:
        return self.deadline - (yield from read_clock())

    def _check_deadline(self) -> Flow[None]:
        if (yield from self._remaining()) <= 0:
            raise self.tracker.timed_out(self.timeout)

    def _explain(self, verdict: Failed) -> Flow[None]:
        """Prefer "no such session" to "no reply": some servers list no messages for a session that is gone."""
        if isinstance(verdict.error, NoReply) and verdict.error.reply.user is None:
            yield from wire.get_session(self.tracker.session_id)


def checked_timeout(timeout: object) -> float:
    """Refuse a deadline that is none."""
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout > 0:
        raise InvalidArgument(f"the timeout is {timeout!r}; write a number of seconds greater than 0")
    return float(timeout)


def _checked_via(via: str) -> str:
    if via not in ("poll", "events"):
        raise InvalidArgument(f'via is {via!r}; write "poll" or "events"')
    return via
