"""A run: the loop that calls the model until nothing is left to answer."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

from opencode_fake.run import plugins, subtask, summary
from opencode_fake.run.answer import Answer
from opencode_fake.run.compaction import AGENT as COMPACTION
from opencode_fake.run.compaction import accept_compaction, asks_for_summary, summary_call, then_continue
from opencode_fake.run.effects import Aborted, Effect, Effects, Event, Wait, event, go_idle, set_status
from opencode_fake.run.errors import unknown_model
from opencode_fake.run.events import message_updated
from opencode_fake.run.models import is_known
from opencode_fake.run.writing import WriteRefused
from opencode_fake.scripts.matching import Performance, default_title, kept_title
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import AssistantInfo, ModelRef, UserInfo
from opencode_fake.state.world import World

GOES_ON = ("tool-calls", "unknown")
"""The reasons to stop after which the model is called again."""

MOST_OVERFLOWS = 10
"""A reply that is too long so often in a row will be so for ever."""


@dataclass(slots=True)
class Run:
    """What one session's loop is doing. ``effects`` performs it; a driver publishes its events and waits its waits."""

    world: World
    session: Session
    directory: str = ""
    """Where it happens; the session's own directory where nothing else is named."""
    _performance: Performance | None = None
    _answering: str = ""
    _calls_made: int = 0
    _steps: int = 0
    """How often the loop has turned."""
    _naming: Message | None = None
    _untitled: dict[str, tuple[Message, str]] = field(default_factory=dict)
    _unsummarized: Message | None = None
    _overflows: int = 0
    """How many calls in a row the model refused because the conversation was too long."""

    def effects(self) -> Effects:
        """The whole run, from busy to idle."""
        # An abort between two calls finds no message that could tell of it.
        with suppress(Aborted, WriteRefused):
            yield from self._turns()
        yield from go_idle(self.world, self.session.id)
        if not self.session.deleted:
            yield from self._summarize()
            yield from self._entitle()

    @property
    def _where(self) -> str:
        return self.directory or self.session.info["directory"]

    def _turns(self) -> Effects:
        self._naming = summary.naming(self.session)
        goes_on = True
        while goes_on:
            yield set_status(self.world, self.session.id, {"type": "busy"})
            user = self._unanswered()
            if user is None:
                return
            yield from self._summarize()
            self._steps += 1
            goes_on = yield from self._answer(user)

    def _unanswered(self) -> Message | None:
        """The newest prompt, unless the newest answer came after it and says that it is done.

        What is newer is decided by the ids, as the real server does; later ones also believe an answer that names the
        prompt as its own.
        """
        user, assistant = self.session.last_user(), self.session.last_assistant()
        if user is None:
            return None
        if assistant is not None and _is_final(assistant):
            names_it = self.world.behaviours.answers_are_believed and assistant["parentID"] == user["id"]
            if names_it or user["id"] < assistant["id"]:
                return None
        return self.session.messages[user["id"]]

    def _answer(self, user: Message) -> Generator[Effect, None, bool]:
        """Makes the next call for ``user``. Returns whether the run goes on."""
        info = cast("UserInfo", user.info)
        if not is_known(info["model"]):
            yield from self._unknown_model(info)
            return False
        task = subtask.pending(self.session)
        if task is not None:
            return (yield from subtask.perform(self.world, self.session, info, task, self._where))
        if asks_for_summary(user):
            return (yield from self._compact(user, info))
        performance = self._performance_for(user)
        if self._calls_made >= len(performance.calls):
            # Only a prompt whose id sorts after all answers comes here: the real server calls the model for ever.
            yield Wait(1.0, endless=True)
            return True
        answer = Answer.open(self.world, self.session, info, self._entitle, self._where)
        yield message_updated(self.world, answer.info)
        yield set_status(self.world, self.session.id, {"type": "busy"})
        if self._steps == 1:
            yield from self._sum_up(user)
        yield from plugins.announce(self.world, self._where)
        self._calls_made += 1
        goes_on = yield from answer.perform(performance.calls[self._calls_made - 1])
        if "finish" in answer.info:
            self._unsummarized = user
        if answer.overflowed:
            yield from self._ask_for_summary(info["model"])
            return True
        self._overflows = 0
        return goes_on

    def _ask_for_summary(self, model: ModelRef) -> Effects:
        yield from accept_compaction(self.world, self.session, model, auto=True, overflow=True)
        self._overflows += 1
        if self._overflows > MOST_OVERFLOWS:
            # The real server goes on like this for ever, as fast as the model refuses.
            yield Wait(1.0, endless=True)

    def _compact(self, user: Message, info: UserInfo) -> Generator[Effect, None, bool]:
        """Answers with a summary of the conversation."""
        asking: UserInfo = {**info, "agent": COMPACTION}
        answer = Answer.open(self.world, self.session, asking, self._entitle, self._where)
        answer.info["summary"] = True
        yield message_updated(self.world, answer.info)
        yield set_status(self.world, self.session.id, {"type": "busy"})
        # The title needs no more time than the summary, whose cost it does not show.
        yield from self._entitle()
        goes_on = yield from answer.perform(summary_call(self.world.casting.script.tokens))
        if "finish" in answer.info:
            self._unsummarized = user
            yield from then_continue(self.world, self.session, user)
            yield event("session.compacted", sessionID=self.session.id)
        return goes_on

    def _performance_for(self, user: Message) -> Performance:
        """The performance that answers ``user``: a newer prompt starts another one, whatever is left of the last."""
        if self._performance is None or self._answering != user.info["id"]:
            self._answering = user.info["id"]
            self._calls_made = 0
            self._performance = self.world.casting.perform(user.prompt, self.session.id)
        return self._performance

    def _title(self, prompt: str) -> str:
        known = self.world.casting.title_of(prompt)
        if known is None and self._performance is not None and self._performance.prompt == prompt:
            return self._performance.title
        return default_title(prompt) if known is None else known

    def _unknown_model(self, info: UserInfo) -> Iterator[Event]:
        if self.world.behaviours.unknown_model_is_an_event:
            yield event("session.error", sessionID=self.session.id, error=unknown_model(info["model"]))

    def _summarize(self) -> Iterator[Event]:
        """The diffs after a call, once the loop has turned: the real server works them out in the background."""
        if self._unsummarized is not None:
            yield from self._sum_up(self._unsummarized)
            self._unsummarized = None

    def _sum_up(self, user: Message) -> Iterator[Event]:
        yield from summary.summarize(self.world, self.session, user)
        text = summary.untitled_text(self.world, user)
        if text is not None:
            self._untitled[user.info["id"]] = user, text

    def _entitle(self) -> Iterator[Event]:
        """The titles, as soon as the run pauses or ends: the real server asks for them in the background."""
        naming, self._naming = self._naming, None
        if naming is not None and (title := kept_title(self._title(naming.subject))):
            yield summary.entitle(self.world, self.session, title)
        untitled, self._untitled = self._untitled, {}
        for user, text in untitled.values():
            yield summary.entitle_prompt(self.world, user, self._title(text))


def _is_final(assistant: AssistantInfo) -> bool:
    return assistant.get("finish") is not None and assistant.get("finish") not in GOES_ON
