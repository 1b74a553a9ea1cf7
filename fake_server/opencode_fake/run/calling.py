"""One tool call, from the model's word to its result."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import cast

from opencode_fake.run import asking, structured, tools, truncation
from opencode_fake.run.agents import rules_of
from opencode_fake.run.asking import Refused
from opencode_fake.run.effects import Effect, Effects, Event, Pending, Subrun, Until, Wait
from opencode_fake.run.offer import INVALID, Offer
from opencode_fake.run.subagent import Subagent
from opencode_fake.run.tools import Outcome
from opencode_fake.run.writing import write_part
from opencode_fake.scripts.model import JsonObject
from opencode_fake.scripts.permissions import action, demands
from opencode_fake.scripts.steps import CallStep, ToolStep
from opencode_fake.scripts.tool_calls import SHELL_TOOL, tool_input, tool_name
from opencode_fake.state.asks import PermissionRequest
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import AssistantInfo, PartTime, ToolPart, UserInfo
from opencode_fake.state.world import DATA_DIRECTORY, World


@dataclass(eq=False, slots=True)
class ToolCall:
    """A tool that was called. It runs beside the answer: ``go_on`` takes it to its next wait."""

    world: World
    session: Session
    message: Message
    part: ToolPart
    step: CallStep
    due: float | None = None
    """The second of the answer at which it goes on, if a time is what it waits for."""
    waits_for: Until | None = None
    over: bool = False
    stops: bool = False
    """The user refused it without a word, so that the run ends."""
    _effects: Effects = field(init=False)
    _subagent: Subagent | None = None

    def __post_init__(self) -> None:
        self._effects = self._perform()

    @classmethod
    def open(cls, world: World, session: Session, message: Message, step: CallStep) -> ToolCall:
        """A call that has not begun."""
        part: ToolPart = {
            "id": world.identifiers.ascending("prt", world.now()),
            "sessionID": session.id,
            "messageID": message.info["id"],
            "type": "tool",
            "callID": world.identifiers.call_id(),
            "tool": tool_name(step),
            "state": {"status": "pending", "input": {}, "raw": ""},
        }
        return cls(world, session, message, part, step)

    def ready(self, passed: float) -> bool:
        """Whether it can go on ``passed`` seconds into the answer."""
        if self.waits_for is not None:
            return self.waits_for.settled
        return self.due is not None and self.due <= passed

    @property
    def pending(self) -> tuple[Pending, ...]:
        """What it waits for, if that is no time."""
        return self.waits_for.pending if self.waits_for is not None else ()

    @property
    def subruns(self) -> tuple[Subrun, ...]:
        """The runs of subagents that it waits for."""
        return tuple(each for each in self.pending if isinstance(each, Subrun))

    @property
    def hangs(self) -> bool:
        """Whether an abort finds it with leave just given: a command is then killed before the server hears it end."""
        replies = [each.reply for each in self.pending if isinstance(each, PermissionRequest)]
        return self.part["tool"] == SHELL_TOOL and any(reply not in (None, "reject") for reply in replies)

    def hang(self) -> Event:
        """The command shows that it runs, and nothing more is heard of it."""
        return self._show(tools.silence(self.part["state"]["input"], self.world.behaviours))

    def go_on(self, passed: float) -> Effects:
        """Runs to the next wait or to the end."""
        self.due = self.waits_for = None
        for effect in self._effects:
            if isinstance(effect, Wait):
                self.due = passed + effect.seconds
                return
            if isinstance(effect, Until):
                self.waits_for = effect
                return
            yield effect
        self.over = True

    def give_up(self) -> Effects:
        """The run was aborted."""
        if self._subagent is not None:
            yield from self._subagent.stop()
        if self.world.behaviours.abort_kills_tools and self.part["id"] not in self.message.parts:
            # What is under way is looked up among the stored parts; those of a deleted session are gone (on 1.1.53).
            return
        self.part["state"] = tools.given_up(self.part, self.world.now(), self.world.behaviours, working=self._works)
        yield self._put()

    @property
    def _works(self) -> bool:
        """Whether it waits for nobody; not even for a test that holds it, as far as the server knows."""
        return self.waits_for is None or self.waits_for.only_held or not self.pending

    def _perform(self) -> Effects:
        behaviours = self.world.behaviours
        yield self._put()
        given = self._given()
        start = self.world.now()
        self.part["state"] = {"status": "running", "input": given, "time": {"start": start}}
        if behaviours.running_keeps_raw:
            self.part["state"]["raw"] = ""
        if behaviours.tools_begin_first:
            outcome = yield from self._told_at_first_pause(self._attempt())
        else:
            yield self._put()
            outcome = yield from self._attempt()
        time: PartTime = {"start": start, "end": self.world.now()}
        if outcome.error is not None:
            self.part["state"] = {"status": "error", "input": given, "error": outcome.error, "time": time}
            if outcome.metadata:
                self.part["state"]["metadata"] = outcome.metadata
        else:
            self.part["state"] = {
                "status": "completed",
                "input": given,
                "output": outcome.output,
                "title": outcome.title,
                "metadata": outcome.metadata,
                "time": time,
            }
        yield self._put()

    def _given(self) -> JsonObject:
        """The input; of a tool that is not offered that of the tool ``invalid``, which is called instead."""
        name, offer = self.part["tool"], self._offer()
        if offer.includes(name) or not offer.includes(INVALID):
            return tool_input(self.step, self.world.directory)
        self.part["tool"] = INVALID
        return offer.invalid_input(name)

    def _offer(self) -> Offer:
        """What the model may call, as far as it is known who asked: somebody may have deleted the prompt."""
        asked = self.session.messages.get(self._info["parentID"])
        return Offer(self.world, self.session, self._info, cast("UserInfo", asked.info) if asked is not None else None)

    def _told_at_first_pause(self, work: Generator[Effect, None, Outcome]) -> Generator[Effect, None, Outcome]:
        """The work, and at its first pause that the call runs: a tool begins before the stream's reader comes to it."""
        told = False
        while True:
            try:
                effect = next(work)
            except StopIteration as end:
                if not told:
                    yield self._put()
                outcome: Outcome = end.value
                return outcome
            if isinstance(effect, Wait | Until) and not told:
                told = True
                yield self._put()
            yield effect

    def _attempt(self) -> Generator[Effect, None, Outcome]:
        """Asks for leave where the tool has to, and works."""
        name, given, offer = self.part["tool"], self.part["state"]["input"], self._offer()
        if not offer.includes(name):
            # Its agent may not even be told that it made a mistake.
            return Outcome(error=offer.refusal(INVALID))
        try:
            tools.check(self._called(), name)
            for demand in demands(name, given, self.world.directory):
                metadata = tools.shown_with(self._called(), demand.permission, name)
                yield from asking.permit(self.world, self.session, self._info, self.part, demand, metadata)
            return (yield from self._work())
        except Refused as refused:
            self.stops = refused.stops
            return refused.outcome(self._called())
        except tools.ToolFailed as failed:
            return failed.outcome(self._called())

    def _work(self) -> Generator[Effect, None, Outcome]:
        name, given = self.part["tool"], self.part["state"]["input"]
        shown = tools.begin(name, given, self.world.behaviours)
        if shown is not None:
            yield self._show(shown)
        while (barrier := self.world.barriers.within(self.step)) is not None:
            yield Until((barrier,))
        if name == structured.TOOL and structured.is_answered_with(self.session, self.message):
            return structured.handed_over()
        if name == INVALID:
            return tools.invalid(self._called())
        if not (isinstance(self.step, ToolStep) and self.step.is_canned):
            match name:
                case "question":
                    questions = given.get("questions")
                    answers = yield from asking.question(self.world, self.session, self.part, questions)
                    return tools.answered(questions, answers)
                case "todowrite":
                    outcome = tools.write_todos(self.session, given, self.world.behaviours)
                    yield from outcome.events
                    return outcome
                case "task":
                    self._subagent = Subagent(self.world, self.session, self.message, self.part)
                    return (yield from self._subagent.work())
                case _:
                    pass
        return (yield from self._use())

    def _use(self) -> Generator[Effect, None, Outcome]:
        yield Wait(self.step.duration)
        outcome = tools.perform(self._called(), self.part["tool"])
        yield from outcome.events
        for metadata in outcome.progress:
            yield self._show(metadata)
        return self._readable(outcome)

    def _readable(self, outcome: Outcome) -> Outcome:
        """The outcome with no more of what the script prints than a model is to read."""
        world = self.world
        scripted = isinstance(self.step, ToolStep) and self.step.output is not None
        if not scripted or not truncation.is_long(outcome.output):
            return outcome
        path = f"{DATA_DIRECTORY}/tool-output/{world.identifiers.ascending('tool', world.now())}"
        if self.part["tool"] == SHELL_TOOL and world.behaviours.long_output_keeps_end:
            shown = truncation.end(outcome.output, path)
        else:
            rules = rules_of(world, self._info["agent"], self._info["path"]["root"])
            delegates = action("task", "*", rules) != "deny"
            shown = truncation.beginning(outcome.output, path, delegates=delegates)
        metadata: JsonObject = {**outcome.metadata, "truncated": True, "outputPath": path}
        return replace(outcome, output=shown, metadata=metadata)

    @property
    def _info(self) -> AssistantInfo:
        return cast("AssistantInfo", self.message.info)

    def _called(self) -> tools.Call:
        return tools.Call(self.step, self.part["state"]["input"], self.world.workspace, self.world.behaviours)

    def _show(self, metadata: JsonObject) -> Event:
        self.part["state"].pop("raw", None)
        self.part["state"]["metadata"] = metadata
        return self._put()

    def _put(self) -> Event:
        return write_part(self.world, self.session, self.message, self.part)
