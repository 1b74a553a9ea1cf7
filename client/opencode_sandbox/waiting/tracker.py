"""Is this reply finished? The one place that knows, fed by polling and by events alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from pydantic import TypeAdapter

from opencode_sandbox.errors import (
    NoReply,
    ReplyAborted,
    ReplyError,
    ReplyFailed,
    ReplyInterrupted,
    ReplyTimeout,
    SandboxError,
)
from opencode_sandbox.models import IDLE, AssistantInfo, Event, Message, SessionStatus, UserInfo
from opencode_sandbox.responses import parse
from opencode_sandbox.waiting.progress import Progress
from opencode_sandbox.waiting.reply import Reply
from opencode_sandbox.waiting.transcript import Transcript

DEFAULT_GRACE = 15.0
STATUS = TypeAdapter(SessionStatus)


@dataclass(frozen=True)
class Waiting:
    """Not finished; ``idle`` means that the session looks idle all the same, so look again soon."""

    idle: bool


@dataclass(frozen=True)
class Finished:
    """The reply is complete."""

    reply: Reply


@dataclass(frozen=True)
class Failed:
    """There will be no good reply."""

    error: ReplyError


Verdict: TypeAlias = Waiting | Finished | Failed


class Heard(Enum):
    """What an event means for the one who waits."""

    NOTHING = "it is about another session"
    PROGRESS = "the reply may have grown"
    LOOK = "the run may be over: take a snapshot"
    GONE = "the session was deleted: there is nothing to look at any more"


LOOK_EVENTS = frozenset({"session.idle", "session.error"})


class ReplyTracker:
    """Follows the reply to one prompt.

    The server's 204 carries no id, so the prompt is recognised among the messages that were not there before
    (``since``) by its text; without ``since`` it is the newest that fits. Ids are compared for equality only.
    """

    def __init__(
        self,
        session_id: str,
        *,
        prompt: str | None = None,
        since: Collection[str] | None = None,
        grace: float = DEFAULT_GRACE,
    ) -> None:
        self.session_id = session_id
        self._prompt = prompt
        self._newest_fits = since is None
        self._grace = grace
        self._transcript = Transcript()
        self.leave_out(since or ())
        self._user_id: str | None = None
        self._status = IDLE
        self._last_event: Event | None = None
        self._session_error: str | None = None
        self._quiet: tuple[object, float] | None = None

    @property
    def progress(self) -> Progress:
        """Everything seen so far."""
        return Progress(self._reply(), self._status, self._last_event)

    def leave_out(self, message_ids: Iterable[str]) -> None:
        """Pass over messages that there were before the prompt was sent."""
        self._transcript.ignore(message_ids)

    def misses_prompt(self, messages: Iterable[Message]) -> bool:
        """Whether the prompt has been among the messages, and is not among these."""
        return self._user_id is not None and all(message.id != self._user_id for message in messages)

    def snapshot(self, status: SessionStatus, messages: Collection[Message], at: float) -> Verdict:
        """Judge a snapshot: the status must have been read first, ``at`` is the time in seconds."""
        answered_before = bool(self._reply().answers)
        self._transcript.replace(messages)
        self._status = status
        reply = self._reply()
        if not status.is_idle:
            self._quiet = None
            return Waiting(idle=False)
        last = reply.last
        if last is not None and last.is_complete and (last.ends_the_run or answered_before):
            return self._ended(reply, last)
        return self._idle_too_early(reply, at)

    def event(self, event: Event) -> Heard:
        """Take an event in; but for the end of the session, it never decides anything by itself."""
        if event.session_id != self.session_id:
            return Heard.NOTHING
        self._last_event = event
        self._transcript.apply(event)
        if event.type == "session.status":
            self._status = parse(STATUS, event.properties.get("status"))
        if event.type == "session.error":
            self._session_error = _error_text(event)
        if event.type == "session.deleted":
            return Heard.GONE
        return Heard.LOOK if event.type in LOOK_EVENTS else Heard.PROGRESS

    def timed_out(self, seconds: float, trouble: SandboxError | None = None) -> ReplyTimeout:
        """Return the error for a deadline that has passed, ``trouble`` being why the last look failed."""
        unseen = f"It could not be seen how it goes on: {trouble}. " if trouble else ""
        return ReplyTimeout(
            f"No finished reply in session {self.session_id} after {seconds:g} seconds. {self.progress.describe()} "
            f"{unseen}The server goes on with it: wait longer, or abort the session.",
            self.progress,
        )

    def never_asked(self, seconds: float) -> ReplyTimeout:
        """Return the error for a deadline that has passed before the prompt was sent."""
        return ReplyTimeout(
            f"The prompt for session {self.session_id} was not sent: the {seconds:g} seconds were over before. "
            "Give more time, and look whether the server is well.",
            self.progress,
        )

    def _reply(self) -> Reply:
        messages = self._transcript.messages()
        place = self._find_prompt(messages)
        if place is None:
            return Reply(self.session_id, self._prompt, None, ())
        return Reply(self.session_id, self._prompt, messages[place], tuple(_answers(messages, place)))

    def _find_prompt(self, messages: list[Message]) -> int | None:
        """Return the place of the user's message; once recognised it stays the same one."""
        if self._user_id is not None:
            return next((place for place, message in enumerate(messages) if message.id == self._user_id), None)
        fitting = [place for place, message in enumerate(messages) if self._fits(message)]
        if not fitting:
            return None
        place = fitting[-1] if self._newest_fits else fitting[0]
        self._user_id = messages[place].id
        return place

    def _fits(self, message: Message) -> bool:
        return isinstance(message.info, UserInfo) and self._prompt in (None, message.text)

    def _ended(self, reply: Reply, last: AssistantInfo) -> Verdict:
        if last.error is not None:
            kind = ReplyAborted if last.error.is_abort else ReplyFailed
            return Failed(kind(f"the reply failed with {last.error.name}: {last.error.message}", self.progress))
        if last.finish is None:
            return Failed(ReplyAborted("the reply was ended before the model had answered", self.progress))
        return Finished(reply)

    def _idle_too_early(self, reply: Reply, at: float) -> Verdict:
        """Wait when nothing runs: a run begins after the 204, and an aborted message is final after the idle."""
        shape = [(m.id, isinstance(m.info, AssistantInfo) and m.info.is_complete) for m in reply.messages]
        if self._quiet is None or self._quiet[0] != shape:
            self._quiet = (shape, at)
        if at - self._quiet[1] < self._grace:
            return Waiting(idle=True)
        return Failed(self._nothing_more(reply))

    def _nothing_more(self, reply: Reply) -> ReplyError:
        seen = self.progress.describe()
        reason = f" The server said: {self._session_error}." if self._session_error else ""
        if reply.answers:
            return ReplyInterrupted(
                f"The reply stopped half-way and nothing runs any more; was the server restarted?{reason} {seen} "
                "Send the prompt again.",
                self.progress,
            )
        return NoReply(
            f"The server accepted the prompt for session {self.session_id} and does nothing about it.{reason} {seen} "
            "Check that the server's model and agent exist (its log says so), and whether someone aborted the session.",
            self.progress,
        )


def _answers(messages: list[Message], place: int) -> Iterator[Message]:
    """Yield what answers the prompt at ``place``: a queued prompt is answered in the name of a later one."""
    asked = {message.id for message in messages[place:] if isinstance(message.info, UserInfo)}
    for position, message in enumerate(messages):
        info = message.info
        if not isinstance(info, AssistantInfo):
            continue
        if info.parent_id in asked or (info.parent_id is None and position > place):
            yield message
            if info.ends_the_run and not info.summary:
                return  # what follows answers later prompts only


def _error_text(event: Event) -> str | None:
    error = event.properties.get("error")
    data = error.get("data") if isinstance(error, dict) else None
    said = data.get("message") if isinstance(data, dict) else None
    return said if isinstance(said, str) else None
