"""Health and the event streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opencode_fake.server.exchange import Incoming, Outgoing, answer
from opencode_fake.server.streams import Reader

if TYPE_CHECKING:
    from opencode_fake.server.app import App


async def health(app: App, _: Incoming) -> Outgoing:
    """``GET /global/health``."""
    return answer({"healthy": True, "version": app.world.version})


async def events(app: App, incoming: Incoming) -> Reader:
    """``GET /event``: what happens in one directory."""
    return app.streams.open(incoming.directory)


async def global_events(app: App, _: Incoming) -> Reader:
    """``GET /global/event``: what happens in all directories."""
    return app.streams.open(None)
