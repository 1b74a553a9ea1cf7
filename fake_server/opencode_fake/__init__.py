"""An OpenCode server that is not one: it answers as the real server does and plays scripted replies."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencode_fake.clock import Clock, ManualClock, RealClock, VirtualClock
    from opencode_fake.server.fake import FakeFailed, FakeServer, StaleRecording
    from opencode_fake.server.holds import Hold, UnknownStep
    from opencode_fake.server.journal import Journal, Received
    from opencode_fake.server.record import Happened, Moment, NotHappened, Prompt
    from opencode_fake.state.barriers import Arrival
    from opencode_fake.versions import DEFAULT_VERSION, UnknownVersion, UnprovenVersion

__all__ = [
    "DEFAULT_VERSION",
    "Arrival",
    "Clock",
    "FakeFailed",
    "FakeServer",
    "Happened",
    "Hold",
    "Journal",
    "ManualClock",
    "Moment",
    "NotHappened",
    "Prompt",
    "RealClock",
    "Received",
    "StaleRecording",
    "UnknownStep",
    "UnknownVersion",
    "UnprovenVersion",
    "VirtualClock",
]

# A web server takes long to import, and most commands and test runs that import this package start none.
_HOMES = {
    "Clock": "clock",
    "ManualClock": "clock",
    "RealClock": "clock",
    "VirtualClock": "clock",
    "FakeFailed": "server.fake",
    "FakeServer": "server.fake",
    "StaleRecording": "server.fake",
    "Hold": "server.holds",
    "UnknownStep": "server.holds",
    "Journal": "server.journal",
    "Received": "server.journal",
    "Happened": "server.record",
    "Moment": "server.record",
    "NotHappened": "server.record",
    "Prompt": "server.record",
    "Arrival": "state.barriers",
    "DEFAULT_VERSION": "versions",
    "UnknownVersion": "versions",
    "UnprovenVersion": "versions",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
