"""Asking and waiting, by polling or by events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, TypeAlias, TypeVar

from opencode_sandbox import requests
from opencode_sandbox.effects import Flow, Listen, OnUpdate, Pause, Tell, bounded, next_event, read_clock, send
from opencode_sandbox.errors import (
    ConnectionFailed,
    InvalidArgument,
    NoReply,
    ReplyTimeout,
    SandboxError,
    ServerFailed,
    SessionNotFound,
)
from opencode_sandbox.flows import operations, wire
from opencode_sandbox.models import IDLE, Event
from opencode_sandbox.responses import json_of, parse
from opencode_sandbox.waiting.reply import Reply
from opencode_sandbox.waiting.tracker import Failed, Finished, Heard, ReplyTracker, Verdict, Waiting

T = TypeVar("T")
Via: TypeAlias = Literal["poll", "events"]
RESYNC = 10.0
"""Seconds after which a silent event stream is not believed any longer."""

AWAY = frozenset({502, 503, 504})
"""What a proxy answers while the server behind it is away."""


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
    check_question(prompt, timeout=timeout, via=via)
    tracker = ReplyTracker(requests.checked_session_id(session_id), prompt=prompt, since=(), grace=grace)
    wait = Wait(tracker, (yield from read_clock()) + timeout, timeout, on_update)
    return (yield from wait.timely(_asking(wait, prompt, via)))


def _asking(wait: Wait, prompt: str, via: Via) -> Flow[Reply]:
    wait.stage = Stage.BEFORE
    session_id = wait.tracker.session_id
    before = yield from operations.get_messages(session_id)
    wait.tracker.leave_out(message.id for message in before)
    if via == "events":
        yield Listen()
    wait.stage = Stage.SENDING
    yield from wire.send_prompt(session_id, prompt, check=False)
    wait.stage = Stage.SENT
    return (yield from wait.by(via))


def wait_for_reply(tracker: ReplyTracker, *, timeout: float, via: Via, on_update: OnUpdate | None) -> Flow[Reply]:
    """Wait for the reply to a prompt that was sent before."""
    _check_timeout(timeout)
    _check_via(via)
    requests.checked_session_id(tracker.session_id)
    wait = Wait(tracker, (yield from read_clock()) + timeout, timeout, on_update)
    return (yield from wait.timely(_waiting(wait, via)))


def _waiting(wait: Wait, via: Via) -> Flow[Reply]:
    if via == "events":
        yield Listen()
    return (yield from wait.by(via))


class Stage(Enum):
    """How far an exchange with the server has come."""

    BEFORE = "the prompt is not sent yet"
    SENDING = "the prompt may have been received, or the first look is not taken"
    SENT = "the server is there and has the prompt: when it is away now, it may come back"


@dataclass
class Wait:
    """One wait for one reply, until a deadline."""

    tracker: ReplyTracker
    deadline: float
    timeout: float
    on_update: OnUpdate | None = None
    stage: Stage = Stage.SENDING
    pace: Iterator[float] = field(default_factory=paces)
    reopening: Iterator[float] = field(default_factory=paces)
    trouble: SandboxError | None = None

    def timely(self, flow: Flow[T]) -> Flow[T]:
        """Run a flow until the deadline: what that cuts off is a matter of the deadline, not of the connection."""
        try:
            return (yield from bounded(self.deadline, flow))
        except ConnectionFailed as error:
            if (yield from self._remaining()) <= 0:
                raise self._timed_out() from error
            raise

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
            if heard is Heard.GONE:
                raise SessionNotFound(self.tracker.session_id, self.tracker.progress)
            if event is not None and heard is not Heard.NOTHING:
                self.reopening = paces()
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
        except ConnectionFailed:
            yield from self._reopen()
            return None

    def _reopen(self) -> Flow[None]:
        """Open the stream again; when that fails, the next wait for an event leads here once more."""
        yield Pause(min(next(self.reopening), max(0.0, (yield from self._remaining()))))
        try:
            yield Listen(RESYNC)
        except SandboxError as error:
            if not _may_pass(error):
                raise

    def _look(self) -> Flow[Verdict]:
        """Take a snapshot; a server that is away in the middle of the wait is looked for again."""
        yield from self._check_deadline()
        try:
            verdict = yield from self._snapshot()
        except SessionNotFound:
            raise SessionNotFound(self.tracker.session_id, self.tracker.progress) from None
        except SandboxError as error:
            if self.stage is not Stage.SENT or not _may_pass(error):
                raise
            self.trouble = error
            return Waiting(idle=True)
        self.stage, self.trouble = Stage.SENT, None
        yield from self._tell()
        return verdict

    def _snapshot(self) -> Flow[Verdict]:
        """Read the status before the messages: what was idle before has no more to say after."""
        session_id = self.tracker.session_id
        statuses = yield from operations.session_status()
        messages = parse(wire.MESSAGES, json_of((yield from send(requests.get_messages(session_id))), session_id))
        if self.tracker.misses_prompt(messages):
            yield from wire.get_session(session_id)  # some servers list no messages for a session that is gone
        return self.tracker.snapshot(statuses.get(session_id, IDLE), messages, (yield from read_clock()))

    def _tell(self) -> Flow[None]:
        if self.on_update is not None:
            yield Tell(self.on_update, self.tracker.progress)

    def _remaining(self) -> Flow[float]:
        return self.deadline - (yield from read_clock())

    def _check_deadline(self) -> Flow[None]:
        if (yield from self._remaining()) <= 0:
            raise self._timed_out()

    def _timed_out(self) -> ReplyTimeout:
        if self.stage is Stage.BEFORE:
            return self.tracker.never_asked(self.timeout)
        return self.tracker.timed_out(self.timeout, self.trouble)

    def _explain(self, verdict: Failed) -> Flow[None]:
        """Prefer "no such session" to "no reply": some servers list no messages for a session that is gone."""
        if isinstance(verdict.error, NoReply) and verdict.error.reply.user is None:
            try:
                yield from wire.get_session(self.tracker.session_id)
            except SessionNotFound:
                raise SessionNotFound(self.tracker.session_id, verdict.error.progress) from None
            except SandboxError as error:
                if not _may_pass(error):
                    raise


def check_question(prompt: object, *, timeout: object, via: object) -> None:
    """Refuse what cannot be asked, before anything is sent."""
    requests.checked_prompt(prompt)
    _check_timeout(timeout)
    _check_via(via)


def _check_timeout(timeout: object) -> None:
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout > 0:
        raise InvalidArgument(f"the timeout is {timeout!r}; write a number of seconds greater than 0")


def _check_via(via: object) -> None:
    if via not in ("poll", "events"):
        raise InvalidArgument(f'via is {via!r}; write "poll" or "events"')


def _may_pass(error: SandboxError) -> bool:
    """Whether the server, or the way to it, may be well again in a moment."""
    return isinstance(error, ConnectionFailed) or (isinstance(error, ServerFailed) and error.status in AWAY)
