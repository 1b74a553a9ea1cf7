"""One call to the model: the assistant message it becomes, part by part."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from opencode_fake.run import errors, tools
from opencode_fake.run.effects import Aborted, Effect, Effects, Event, Wait, event, go_idle, set_status
from opencode_fake.run.errors import CallFailed
from opencode_fake.scripts.calls import Call, chunks
from opencode_fake.scripts.model import CallStep, DelayStep, Failure, ReasoningStep, Step, TextStep
from opencode_fake.scripts.pricing import cost
from opencode_fake.scripts.tool_calls import tool_input, tool_name
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import AssistantInfo, ErrorInfo, Part, PartTime, TextPart, TokenCount, ToolPart, UserInfo
from opencode_fake.state.world import World


class _Ids(TypedDict):
    id: str
    sessionID: str
    messageID: str


@dataclass(slots=True)
class _Running:
    """A tool that was called and has not ended."""

    part: ToolPart
    step: CallStep
    ends: float


@dataclass(slots=True)
class Answer:
    """An assistant message while the model answers."""

    world: World
    session: Session
    info: AssistantInfo
    message: Message
    before_pause: Callable[[], Iterable[Event]]
    """What the server does in the background as soon as it has the time."""
    _blocks: dict[str, TextPart] = field(default_factory=dict)
    _running: list[_Running] = field(default_factory=list)
    _passed: float = 0.0

    @classmethod
    def open(
        cls, world: World, session: Session, user: UserInfo, before_pause: Callable[[], Iterable[Event]]
    ) -> Answer:
        """Adds an empty assistant message that answers ``user``."""
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
            "path": {"cwd": world.directory, "root": world.directory},
            "cost": 0,
            "tokens": {"input": 0, "output": 0, "reasoning": 0, "cache": {"read": 0, "write": 0}},
        }
        if world.behaviours.assistant_variant and "variant" in user:
            info["variant"] = user["variant"]
        message = session.messages[info["id"]] = Message(info)
        return cls(world, session, info, message, before_pause)

    def perform(self, call: Call) -> Generator[Effect, None, bool]:
        """Streams the call's steps. Returns whether the run goes on; errors and aborts end it."""
        try:
            yield from self._refusals(call.refusal)
            before = self.world.workspace.snapshot()
            yield self._put({**self._ids(), "type": "step-start", "snapshot": before})
            for step in call.stream:
                yield from self._stream(step)
            _break_off(call)
            yield from self._end_blocks()
            yield from self._let_tools_end()
            yield from self._finish(call, before)
        except Aborted:
            yield from self._fail(errors.aborted())
        except CallFailed as failed:
            yield from self._fail(failed.error)
        self.info["time"]["completed"] = self.world.now()
        yield self._told()
        return "error" not in self.info

    def _refusals(self, failure: Failure | None) -> Effects:
        """The provider refuses the call: for good, or some calls in a row that the server repeats."""
        if failure is None:
            return
        if not failure.retryable:
            raise CallFailed(errors.refused(failure))
        attempt = 0
        while failure.times is None or attempt < failure.times:
            attempt += 1
            delay = errors.retry_delay(failure, attempt)
            then = self.world.now() + round(delay * 1000)
            yield set_status(
                self.world,
                self.session.id,
                {"type": "retry", "attempt": attempt, "message": failure.message, "next": then},
            )
            yield from self._wait(delay, endless=failure.times is None)
            yield set_status(self.world, self.session.id, {"type": "busy"})

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
            part = self._blocks.get(kind) or self._open_block(kind)
            part["text"] += chunk
            yield event("message.part.updated", part=part, delta=chunk)

    def _open_block(self, kind: Literal["text", "reasoning"]) -> TextPart:
        ids, start = self._ids(), self.world.now()
        part: TextPart = {
            "id": ids["id"],
            "sessionID": ids["sessionID"],
            "messageID": ids["messageID"],
            "type": kind,
            "text": "",
            "time": {"start": start},
        }
        self._blocks[kind] = part
        self.message.parts[part["id"]] = part
        return part

    def _end_blocks(self) -> Iterator[Event]:
        for kind in ("reasoning", "text"):
            part = self._blocks.get(kind)
            if part is None:
                continue
            end = self.world.now()
            part["text"] = part["text"].rstrip()
            # The real server sets a text's start anew when it ends, but not a reasoning's.
            part["time"] = {"start": end if kind == "text" else part.get("time", {"start": end})["start"], "end": end}
            yield self._put(part)

    def _call_tool(self, step: CallStep) -> Iterator[Event]:
        name, given = tool_name(step), tool_input(step, self.world.directory)
        part: ToolPart = {
            **self._ids(),
            "type": "tool",
            "callID": self.world.identifiers.call_id(),
            "tool": name,
            "state": {"status": "pending", "input": {}, "raw": ""},
        }
        yield self._put(part)
        part["state"] = {"status": "running", "input": given, "time": {"start": self.world.now()}}
        yield self._put(part)
        shown = tools.begin(name, given)
        if shown is not None:
            part["state"]["metadata"] = shown
            yield self._put(part)
        self._running.append(_Running(part, step, self._passed + step.duration))

    def _let_tools_end(self) -> Effects:
        while self._running:
            ends = min(running.ends for running in self._running)
            if ends > self._passed:
                yield from self._wait(ends - self._passed)
            yield from self._end_tools()

    def _end_tools(self) -> Iterator[Event]:
        over = sorted((running for running in self._running if running.ends <= self._passed), key=lambda r: r.ends)
        for running in over:
            self._running.remove(running)
            yield from self._end_tool(running.part, running.step)

    def _end_tool(self, part: ToolPart, step: CallStep) -> Iterator[Event]:
        given, start = part["state"]["input"], part["state"].get("time", {"start": 0})["start"]
        outcome = tools.perform(step, part["tool"], given, self.world.workspace)
        yield from outcome.events
        for metadata in outcome.progress:
            part["state"]["metadata"] = metadata
            yield self._put(part)
        time: PartTime = {"start": start, "end": self.world.now()}
        if outcome.error is not None:
            part["state"] = {"status": "error", "input": given, "error": outcome.error, "time": time}
        else:
            part["state"] = {
                "status": "completed",
                "input": given,
                "output": outcome.output,
                "title": outcome.title,
                "metadata": outcome.metadata,
                "time": time,
            }
        yield self._put(part)

    def _finish(self, call: Call, before: str) -> Iterator[Event]:
        after = self.world.workspace.snapshot()
        self.info["finish"] = call.finish
        self.info["cost"] = cost(call)
        self.info["tokens"] = self._tokens(call)
        yield self._put(
            {
                **self._ids(),
                "type": "step-finish",
                "reason": call.finish,
                "snapshot": after,
                "cost": self.info["cost"],
                "tokens": self.info["tokens"],
            }
        )
        yield self._told()
        changed = self.world.workspace.changed(before, after)
        if changed:
            yield self._put({**self._ids(), "type": "patch", "hash": before, "files": changed})

    def _tokens(self, call: Call) -> TokenCount:
        tokens = call.tokens
        count: TokenCount = {
            "input": tokens.input,
            "output": tokens.output,
            "reasoning": tokens.reasoning,
            "cache": {"read": tokens.cache.read, "write": tokens.cache.write},
        }
        if self.world.behaviours.tokens_have_total:
            count["total"] = tokens.input + tokens.output + tokens.cache.read + tokens.cache.write
        return count

    def _fail(self, error: ErrorInfo) -> Iterator[Event]:
        """The call ends with an error: text stays as far as it came, tools that run are given up."""
        self.info["error"] = error
        yield event("session.error", sessionID=self.session.id, error=error)
        if self.world.behaviours.idle_announced_with_error:
            yield from go_idle(self.world, self.session.id)
        for running in self._running:
            now = self.world.now()
            running.part["state"] = {
                "status": "error",
                "input": running.part["state"]["input"],
                "error": tools.ABORTED,
                "time": {"start": now, "end": now},
            }
            yield self._put(running.part)

    def _wait(self, seconds: float, *, endless: bool = False) -> Effects:
        """Lets time pass; tools whose time is over in the meantime end in the meantime."""
        end = self._passed + seconds
        while True:
            next_end = min((running.ends for running in self._running if running.ends < end), default=end)
            if next_end > self._passed:
                yield from self.before_pause()
                yield Wait(next_end - self._passed, endless)
                self._passed = next_end
            yield from self._end_tools()
            if next_end >= end:
                return

    def _put(self, part: Part) -> Event:
        self.message.parts[part["id"]] = part
        return event("message.part.updated", part=part)

    def _told(self) -> Event:
        return event("message.updated", info=self.info)

    def _ids(self) -> _Ids:
        return {
            "id": self.world.identifiers.ascending("prt", self.world.now()),
            "sessionID": self.session.id,
            "messageID": self.info["id"],
        }


def _break_off(call: Call) -> None:
    if call.break_off is not None:
        raise CallFailed(errors.broken_off(call.break_off))
