"""What is told at once when somebody aborts a session; the run itself ends a moment later."""

from __future__ import annotations

from collections.abc import Iterator

from opencode_fake.run.effects import Event, event, go_idle
from opencode_fake.run.errors import aborted
from opencode_fake.state.world import World


def announce_abort(world: World, session_id: str, *, running: bool) -> Iterator[Event]:
    """The events of the abort itself. Without a run there is only the idle status, if that."""
    behaviours = world.behaviours
    if not running:
        if behaviours.idle_announced_when_not_running:
            yield from go_idle(world, session_id)
        return
    if behaviours.abort_tells_error_first:
        status = world.statuses.get(session_id)
        if behaviours.abort_in_retry_is_silent and status is not None and status["type"] == "retry":
            del world.statuses[session_id]
            return
        yield event("session.error", sessionID=session_id, error=aborted(behaviours))
    yield from go_idle(world, session_id)
