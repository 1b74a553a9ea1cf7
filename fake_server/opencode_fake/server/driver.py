"""Drives runs: publishes their events, waits their waits on the clock, throws aborts into them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from opencode_fake.clock import Clock
from opencode_fake.run.aborts import announce_abort
from opencode_fake.run.effects import Aborted, Effects, Event, Wait
from opencode_fake.run.loop import Run
from opencode_fake.server.streams import Streams
from opencode_fake.state.store import Session
from opencode_fake.state.world import World


@dataclass(eq=False, slots=True)
class _Driven:
    """A run under way."""

    effects: Effects
    directory: str
    aborted: bool = False
    sleep: asyncio.Future[None] | None = None
    task: asyncio.Task[None] | None = None


class Driver:
    """All runs of one server: at most one that takes prompts for each session."""

    def __init__(self, world: World, clock: Clock, streams: Streams) -> None:
        self._world = world
        self._clock = clock
        self._streams = streams
        self._running: dict[str, _Driven] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.failures: list[BaseException] = []
        """Errors that ended a run although none should."""

    def publish(self, happened: Event, directory: str) -> None:
        """Tells the streams."""
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

    def abort(self, session_id: str, directory: str) -> asyncio.Task[None] | None:
        """Ends a session's run. The status is idle at once; its last message is final when the task returned ends."""
        driven = self._running.pop(session_id, None)
        for happened in announce_abort(self._world, session_id, running=driven is not None):
            self.publish(happened, driven.directory if driven else directory)
        if driven is None:
            return None
        driven.aborted = True
        if driven.sleep is not None:
            driven.sleep.cancel()
        return driven.task

    async def close(self) -> None:
        """Gives up all runs, as a server that is killed does."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _drive(self, session_id: str, driven: _Driven) -> None:
        try:
            effect = None if driven.aborted else next(driven.effects, None)
            while effect is not None:
                if isinstance(effect, Event):
                    self.publish(effect, driven.directory)
                elif await self._interrupted(driven, effect):
                    effect = driven.effects.throw(Aborted())
                    continue
                effect = next(driven.effects, None)
        finally:
            if self._running.get(session_id) is driven:
                del self._running[session_id]

    async def _interrupted(self, driven: _Driven, wait: Wait) -> bool:
        """Waits on the clock. Returns whether the run was aborted meanwhile."""
        driven.sleep = asyncio.ensure_future(self._clock.sleep(wait.seconds, endless=wait.endless))
        try:
            await driven.sleep
        except asyncio.CancelledError:
            if not driven.aborted:
                raise
            return True
        finally:
            driven.sleep = None
        return False

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self.failures.append(failure)
