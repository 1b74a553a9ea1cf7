"""Drives runs: publishes their events, waits their waits on the clock, throws aborts into them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from opencode_fake.clock import Clock
from opencode_fake.run.aborts import announce_abort
from opencode_fake.run.effects import Aborted, Effect, Effects, Event, Start, Stop, Subrun, Until, Wait
from opencode_fake.run.loop import Run
from opencode_fake.server.record import Happened, Record
from opencode_fake.server.streams import Streams
from opencode_fake.state.store import Session
from opencode_fake.state.world import World


@dataclass(eq=False, slots=True)
class _Driven:
    """A run under way."""

    effects: Effects
    directory: str
    aborted: bool = False
    outlasts: bool = False
    """It was aborted, and waits all the same."""
    waiting: Wait | Until | None = None
    sleep: asyncio.Future[None] | None = None
    task: asyncio.Task[None] | None = None


class Driver:
    """All runs of one server: at most one that takes prompts for each session."""

    def __init__(self, world: World, clock: Clock, streams: Streams, record: Record) -> None:
        self._world = world
        self._clock = clock
        self._streams = streams
        self._record = record
        self._running: dict[str, _Driven] = {}
        self._alive: dict[_Driven, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.failures: list[BaseException] = []
        """Errors that ended a run although none should."""

    def publish(self, happened: Event, directory: str) -> None:
        """Tells the streams and the record."""
        self._record.note_event(Happened(self._clock.current, happened, directory))
        self._streams.publish(happened, directory)

    def start(self, session: Session, directory: str = "") -> asyncio.Task[None]:
        """Lets a session run in a directory; one that runs already will take up the prompts that it finds."""
        driven = self._running.get(session.id)
        if driven is not None and driven.task is not None:
            return driven.task
        where = directory or session.info["directory"]
        driven = _Driven(Run(self._world, session, where).effects(), where)
        self._running[session.id] = driven
        driven.task = asyncio.get_running_loop().create_task(self._drive(session.id, driven))
        self._tasks.add(driven.task)
        driven.task.add_done_callback(self._ended)
        return driven.task

    def runs(self, session_id: str) -> bool:
        """Whether a session runs."""
        return session_id in self._running

    def writes(self, session_id: str) -> bool:
        """Whether a run may still write into a session: one that was aborted and waits for an answer does not run."""
        return self.runs(session_id) or session_id in self._alive.values()

    def abort(self, session_id: str, directory: str) -> asyncio.Task[None] | None:
        """Ends a session's run. The status is idle at once; its last message is final when the task returned ends."""
        driven, behaviours = self._running.get(session_id), self._world.behaviours
        if driven is None:
            self._announce_abort(session_id, directory, running=False)
            return None
        subruns, outlasts = _subruns(driven), self._outlasts_abort(driven)
        below_first, told_later = not behaviours.abort_ends_asks, bool(subruns) and behaviours.subagents_end_first
        driven.aborted, driven.outlasts = True, outlasts
        del self._running[session_id]
        if below_first:
            self._abort_below(subruns, directory)
        if driven.sleep is not None and not outlasts:
            driven.sleep.cancel()
        if not told_later:
            self._announce_abort(session_id, driven.directory, running=True)
        if not below_first:
            self._abort_below(subruns, directory)
        return driven.task

    def _abort_below(self, subruns: list[Subrun], directory: str) -> None:
        for subrun in subruns:
            self.abort(subrun.session.id, directory)

    def _announce_abort(self, session_id: str, directory: str, *, running: bool) -> None:
        for happened in announce_abort(self._world, session_id, running=running):
            self.publish(happened, directory)

    def _outlasts_abort(self, driven: _Driven) -> bool:
        """Whether a run that is aborted waits all the same: for the user, or for its subagents to end."""
        waiting, behaviours = driven.waiting, self._world.behaviours
        return isinstance(waiting, Until) and not waiting.only_held and not behaviours.abort_ends_asks

    def settle(self) -> None:
        """Lets the runs go on whose requests were answered, or that a test let go."""
        for driven in tuple(self._alive):
            waiting, sleep = driven.waiting, driven.sleep
            if isinstance(waiting, Until) and waiting.settled and sleep is not None and not sleep.done():
                sleep.set_result(None)

    async def close(self) -> None:
        """Gives up all runs, as a server that is killed does."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _drive(self, session_id: str, driven: _Driven) -> None:
        self._alive[driven] = session_id
        try:
            effect = None if driven.aborted else next(driven.effects, None)
            while effect is not None:
                if isinstance(effect, Wait | Until) and await self._interrupted(session_id, driven, effect):
                    driven.aborted = False
                    effect = driven.effects.throw(Aborted())
                    continue
                self._perform(effect, driven.directory)
                effect = next(driven.effects, None)
        finally:
            del self._alive[driven]
            if self._running.get(session_id) is driven:
                del self._running[session_id]
            elif driven.outlasts and self.runs(session_id):
                # The real server ends whatever the session does by then, not only the run that it meant to end.
                self.abort(session_id, driven.directory)

    def _perform(self, effect: Effect, directory: str) -> None:
        match effect:
            case Event():
                self.publish(effect, directory)
            case Start(subrun=subrun):
                self.start(subrun.session).add_done_callback(lambda _: self._end(subrun))
            case Stop(session_id=session_id) if self.runs(session_id):
                self.abort(session_id, directory)
            case Stop() | Wait() | Until():
                pass

    def _end(self, subrun: Subrun) -> None:
        subrun.settled = True
        self.settle()

    async def _interrupted(self, session_id: str, driven: _Driven, effect: Wait | Until) -> bool:
        """Waits on the clock or for what the run needs. Returns whether the run was aborted meanwhile."""
        driven.waiting = effect
        driven.sleep = self._sleep(effect)
        if isinstance(effect, Until) and effect.barriers:
            for barrier in effect.barriers:
                barrier.note_arrival(session_id)
            self._record.changed()
        try:
            await driven.sleep
        except asyncio.CancelledError:
            if not driven.aborted:
                raise
        finally:
            driven.waiting = driven.sleep = None
        return driven.aborted

    def _sleep(self, effect: Wait | Until) -> asyncio.Future[None]:
        if isinstance(effect, Wait):
            return asyncio.ensure_future(self._clock.sleep(effect.seconds, endless=effect.endless))
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if effect.settled:
            settled.set_result(None)
        return settled

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self.failures.append(failure)


def _subruns(driven: _Driven | None) -> list[Subrun]:
    """The runs that a run waits for."""
    waiting = driven.waiting if driven is not None else None
    return [each for each in waiting.pending if isinstance(each, Subrun)] if isinstance(waiting, Until) else []
