"""One call to the model: the assistant message it becomes, part by part."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Literal, TypedDict, cast

from opencode_fake.run import errors, structured
from opencode_fake.run.aborts import announce_abort
from opencode_fake.run.calling import ToolCall
from opencode_fake.run.effects import Aborted, Effect, Effects, Event, Pending, Until, Wait, event, go_idle, set_status
from opencode_fake.run.errors import CallFailed, ContextOverflow
from opencode_fake.run.events import text_grew
from opencode_fake.run.writing import write_message, write_part
from opencode_fake.scripts.calls import Call, chunks
from opencode_fake.scripts.pricing import cost
from opencode_fake.scripts.steps import CallStep, DelayStep, ErrorStep, ReasoningStep, Step, TextStep
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import (
    AssistantInfo,
    ErrorInfo,
    Part,
    Retry,
    TextPart,
    TokenCount,
    UserInfo,
)
from opencode_fake.state.world import World, no_tokens


class _Ids(TypedDict):
    id: str
    sessionID: str
    messageID: str


@dataclass(slots=True)
class _Block:
    """A text or a reasoning that is streamed, and as much of it as has come."""

    part: TextPart
    text: str = ""


def open_message(world: World, session: Session, user: UserInfo, directory: str) -> Message:
    """Adds an empty assistant message that answers ``user``, made in ``directory``."""
    created = world.now()
    info: AssistantInfo = {
        "id": world.identifiers.ascending("msg", created),
        "sessionID": session.id,
        "role": "assistant",
        "time": {"created": created},
        "parentID": user["id"],
        "modelID": user["model"]["modelID"],
        "providerID": user["model"]["providerID"],
        "mode": user["agent"],
        "agent": user["agent"],
        "path": {"cwd": directory, "root": world.root(directory)},
        "cost": 0,
        "tokens": no_tokens(),
    }
    variant = user.get("variant") or user["model"].get("variant")
    if world.behaviours.assistant_variant and variant:
        info["variant"] = variant
    message = session.messages[info["id"]] = Message(info)
    return message


@dataclass(slots=True)
class Answer:
    """An assistant message while the model answers."""

    world: World
    session: Session
    info: AssistantInfo
    message: Message
    before_pause: Callable[[], Iterable[Event]]
    """What the server does in the background as soon as it has the time."""
    overflowed: bool = False
    """The conversation was too long for the model."""
    _blocks: dict[str, _Block] = field(default_factory=dict)
    _running: list[ToolCall] = field(default_factory=list)
    _retrying: bool = False
    _passed: float = 0.0
    _stopped: bool = False

    @classmethod
    def open(
        cls,
        world: World,
        session: Session,
        user: UserInfo,
        before_pause: Callable[[], Iterable[Event]],
        directory: str,
    ) -> Answer:
        """Adds an empty assistant message that answers ``user``, made in ``directory``."""
        message = open_message(world, session, user, directory)
        return cls(world, session, cast("AssistantInfo", message.info), message, before_pause)

    def perform(self, call: Call) -> Generator[Effect, None, bool]:
        """Streams the call's steps. Returns whether the run goes on; errors and aborts end it."""
        try:
            yield from self._refusals(call.refusal)
            before = self.world.workspace.snapshot()
            yield from self._answer(call, before)
            yield from self._end_blocks()
            yield from self._let_tools_end()
            yield from self._finish(call, before)
        except Aborted:
            hanging = [call for call in self._running if call.hangs]
            if hanging:
                yield from (call.hang() for call in hanging)
                yield Until(())
            yield from self._end_subagents()
            yield from self._abort()
        except ContextOverflow as failed:
            yield event("session.error", sessionID=self.session.id, error=failed.error)
            self.overflowed = True
        except CallFailed as failed:
            yield from self._announce(failed.error)
            yield from self._fail(failed.error)
        self.info["time"]["completed"] = self.world.now()
        yield from self._conclude()
        return "finish" in self.info and not self._stopped

    def _conclude(self) -> Iterator[Event]:
        """Tells that the message is final, and of the form that was asked for or its absence once more."""
        asked, ends = structured.is_answered_with(self.session, self.message), False
        at_once = self.world.behaviours.structure_shows_at_once
        if asked and at_once:
            ends = structured.conclude(self.message)
        yield self._told()
        if asked and not at_once:
            ends = structured.conclude(self.message)
        if ends:
            self._stopped = True
            yield self._told()

    def _answer(self, call: Call, before: str) -> Effects:
        """The provider's answer, from the beginning again for as long as it breaks off in a way that is retried."""
        for attempt in count(1):
            yield self._put({**self._ids(), "type": "step-start", "snapshot": before})
            for step in call.stream:
                yield from self._stand_before(step)
                yield from self._stream(step)
            if call.break_off is None:
                return
            yield from self._stand_before(call.break_off)
            failure = call.break_off.error
            error = errors.broken_off(failure, self.world.behaviours)
            if not errors.is_overload(failure, self.world.behaviours):
                raise CallFailed(error)
            yield from self._retry(
                str(error["data"]["message"]), errors.retry_delay(failure, attempt), attempt, endless=True
            )
            self._blocks.clear()

    def _refusals(self, refusal: ErrorStep | None) -> Effects:
        """The provider refuses the call: for good, or some calls in a row that the server repeats."""
        if refusal is None:
            return
        yield from self._stand_before(refusal)
        failure = refusal.error
        if not failure.retryable or errors.is_overflow(failure, self.world.behaviours):
            raise errors.refused(failure, self.world.behaviours)
        attempt = 0
        while failure.times is None or attempt < failure.times:
            attempt += 1
            delay = errors.retry_delay(failure, attempt)
            yield from self._retry(failure.message, delay, attempt, endless=failure.times is None)

    def _retry(self, message: str, delay: float, attempt: int, *, endless: bool) -> Effects:
        """Waits for the provider to recover."""
        then = self.world.now() + round(delay * 1000)
        status: Retry = {"type": "retry", "attempt": attempt, "message": message, "next": then}
        yield set_status(self.world, self.session.id, status)
        self._retrying = True
        yield from self._wait(delay, endless=endless)
        self._retrying = False
        yield set_status(self.world, self.session.id, {"type": "busy"})

    def _stand_before(self, step: Step) -> Effects:
        """Waits for as long as a test holds the step; tools that run go on meanwhile."""
        while (barrier := self.world.barriers.before(step)) is not None:
            yield from self._pause(barrier)
            yield from self._go_on_with_tools()

    def _stream(self, step: Step) -> Effects:
        match step:
            case TextStep():
                yield from self._stream_block("text", step)
            case ReasoningStep():
                yield from self._stream_block("reasoning", step)
            case DelayStep(delay=seconds):
                yield from self._wait(seconds)
            case _ if isinstance(step, CallStep):
                yield from self._call_tool(step)

    def _stream_block(self, kind: Literal["text", "reasoning"], step: TextStep | ReasoningStep) -> Effects:
        """All text of a call is one part, and so is all its reasoning: the provider's protocol has no blocks."""
        for number, chunk in enumerate(chunks(step)):
            if number:
                yield from self._wait(step.pace)
            if kind == "text" and self.world.behaviours.reasoning_ends_with_text:
                yield from self._end_block("reasoning")
            block = self._blocks.get(kind)
            if block is None:
                block = self._open_block(kind)
                if self.world.behaviours.text_in_deltas:
                    yield self._put(block.part)
            block.text += chunk
            if not self.world.behaviours.text_in_deltas:
                block.part["text"] = block.text
            yield text_grew(self.world, block.part, chunk)

    def _open_block(self, kind: Literal["text", "reasoning"]) -> _Block:
        ids, start = self._ids(), self.world.now()
        part: TextPart = {
            "id": ids["id"],
            "sessionID": ids["sessionID"],
            "messageID": ids["messageID"],
            "type": kind,
            "text": "",
            "time": {"start": start},
        }
        self._blocks[kind] = _Block(part)
        self.message.parts[part["id"]] = part
        return self._blocks[kind]

    def _end_blocks(self) -> Iterator[Event]:
        yield from self._end_block("reasoning")
        yield from self._end_block("text")

    def _end_block(self, kind: Literal["text", "reasoning"]) -> Iterator[Event]:
        block = self._blocks.pop(kind, None)
        if block is None:
            return
        part, end = block.part, self.world.now()
        part["text"] = block.text.rstrip() if self.world.behaviours.text_trimmed else block.text
        # The real server sets a text's start anew when it ends, but not a reasoning's.
        part["time"] = {"start": end if kind == "text" else part.get("time", {"start": end})["start"], "end": end}
        yield self._put(part)

    def _call_tool(self, step: CallStep) -> Effects:
        if self.world.behaviours.reasoning_ends_with_text:
            yield from self._end_block("reasoning")
        call = ToolCall.open(self.world, self.session, self.message, step)
        self._running.append(call)
        yield from self._go_on(call)

    def _let_tools_end(self) -> Effects:
        while self._running:
            yield from self._go_on_with_tools()
            if self._running:
                yield from self._pause()

    def _pause(self, *others: Pending) -> Effects:
        """Waits for what ends next: the time of a tool, or else what it or somebody else waits for."""
        due = min((call.due for call in self._running if call.due is not None), default=None)
        if due is not None:
            yield from self._wait_until(due)
        else:
            yield from self.before_pause()
            yield Until((*others, *(each for call in self._running for each in call.pending)))

    def _go_on_with_tools(self) -> Effects:
        ready = [call for call in self._running if call.ready(self._passed)]
        for call in sorted(ready, key=lambda call: self._passed if call.due is None else call.due):
            yield from self._go_on(call)

    def _go_on(self, call: ToolCall) -> Effects:
        yield from call.go_on(self._passed)
        if call.over:
            self._running.remove(call)
            self._stopped = self._stopped or call.stops

    def _finish(self, call: Call, before: str) -> Iterator[Event]:
        after = self.world.workspace.snapshot()
        self.info["finish"] = call.finish
        self.info["cost"] = cost(call, reasoning_twice=self.world.behaviours.output_includes_reasoning)
        self.info["tokens"] = self._tokens(call)
        done: Part = {
            **self._ids(),
            "type": "step-finish",
            "reason": call.finish,
            "snapshot": after,
            "cost": self.info["cost"],
            "tokens": self.info["tokens"],
        }
        self.session.count(done)
        yield self._put(done)
        yield self._told()
        changed = self.world.workspace.changed(before, after)
        if changed:
            yield self._put({**self._ids(), "type": "patch", "hash": before, "files": changed})

    def _tokens(self, call: Call) -> TokenCount:
        tokens, behaviours = call.tokens, self.world.behaviours
        counted: TokenCount = {
            "input": tokens.input,
            "output": tokens.output if behaviours.output_includes_reasoning else tokens.output - tokens.reasoning,
            "reasoning": tokens.reasoning,
            "cache": {"read": tokens.cache.read, "write": tokens.cache.write},
        }
        if behaviours.tokens_have_total:
            counted["total"] = tokens.input + tokens.output + tokens.cache.read + tokens.cache.write
        return counted

    def _end_subagents(self) -> Effects:
        """Where the version does so: subagents end first, and then the abort is told."""
        delegating = [call for call in self._running if call.subruns]
        if not delegating or not self.world.behaviours.subagents_end_first:
            return
        subruns = [subrun for call in delegating for subrun in call.subruns]
        for call in delegating:
            yield from call.give_up()
            self._running.remove(call)
        for subrun in subruns:
            yield Until((subrun,))
        yield from announce_abort(self.world, self.session.id, running=True)

    def _abort(self) -> Effects:
        """Somebody aborted the run, and was told so already where the version tells that first."""
        behaviours = self.world.behaviours
        if self._retrying and behaviours.abort_in_retry_is_silent:
            yield from self._end_broken()
            return
        error = errors.aborted(behaviours)
        if not behaviours.abort_tells_error_first:
            yield from self._announce(error)
        yield from self._fail(error)

    def _announce(self, error: ErrorInfo) -> Iterator[Event]:
        yield event("session.error", sessionID=self.session.id, error=error)
        if self.world.behaviours.idle_announced_with_error:
            yield from go_idle(self.world, self.session.id)

    def _fail(self, error: ErrorInfo) -> Effects:
        """The call ends with an error: what was under way is given up."""
        self.info["error"] = error
        yield from self._end_broken()
        for call in self._running:
            yield from call.give_up()

    def _end_broken(self) -> Iterator[Event]:
        if self.world.behaviours.broken_text_is_ended:
            yield from self._end_blocks()

    def _wait(self, seconds: float, *, endless: bool = False) -> Effects:
        """Lets time pass; tools whose time is over in the meantime end in the meantime."""
        yield from self._wait_until(self._passed + seconds, endless=endless)

    def _wait_until(self, end: float, *, endless: bool = False) -> Effects:
        while True:
            dues = (call.due for call in self._running if call.due is not None and call.due < end)
            next_end = min(dues, default=end)
            if next_end > self._passed:
                yield from self.before_pause()
                yield Wait(next_end - self._passed, endless)
                self._passed = next_end
            yield from self._go_on_with_tools()
            if next_end >= end:
                return

    def _put(self, part: Part) -> Event:
        return write_part(self.world, self.session, self.message, part)

    def _told(self) -> Event:
        return write_message(self.world, self.session, self.message)

    def _ids(self) -> _Ids:
        return {
            "id": self.world.identifiers.ascending("prt", self.world.now()),
            "sessionID": self.session.id,
            "messageID": self.info["id"],
        }
