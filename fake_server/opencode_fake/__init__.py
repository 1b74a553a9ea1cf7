"""An OpenCode server that is not one: it answers as the real server does and plays scripted replies."""

from opencode_fake.clock import Clock, ManualClock, RealClock, VirtualClock
from opencode_fake.server.fake import FakeFailed, FakeServer
from opencode_fake.server.journal import Journal, Received
from opencode_fake.versions import DEFAULT_VERSION, UnknownVersion

__all__ = [
    "DEFAULT_VERSION",
    "Clock",
    "FakeFailed",
    "FakeServer",
    "Journal",
    "ManualClock",
    "RealClock",
    "Received",
    "UnknownVersion",
    "VirtualClock",
]
