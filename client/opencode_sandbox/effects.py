"""What a flow may ask its shell to do.

A *flow* is a generator: it holds the logic of an operation, yields effects and gets their outcomes. The sync and the
async shell carry the effects out, each in its own way; everything else exists once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

import httpx

from opencode_sandbox.errors import SandboxError
from opencode_sandbox.models import Event
from opencode_sandbox.requests import Request
from opencode_sandbox.waiting.progress import Progress

T = TypeVar("T")
OnUpdate: TypeAlias = Callable[[Progress], object]
"""Called with everything seen so far; the async client awaits what it returns."""


@dataclass(frozen=True)
class Send:
    """Exchange a request for a response, within so many seconds; ``patient`` allows trying again."""

    request: Request
    within: float | None = None
    patient: bool = True


@dataclass(frozen=True)
class Pause:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class ReadClock:
    """Tell the time in seconds, from a clock that never goes back."""


@dataclass(frozen=True)
class Listen:
    """Open the event stream, in place of one that is open."""

    within: float | None = None


@dataclass(frozen=True)
class NextEvent:
    """Wait so many seconds for an event of the open stream; none is an outcome too."""

    within: float


@dataclass(frozen=True)
class Tell:
    """Tell the caller how far the reply has come."""

    listener: OnUpdate
    progress: Progress


Effect: TypeAlias = Send | Pause | ReadClock | Listen | NextEvent | Tell
Outcome: TypeAlias = httpx.Response | float | Event | None
Flow: TypeAlias = Generator[Effect, Outcome, T]


def send(request: Request, *, patient: bool = True) -> Flow[httpx.Response]:
    """Send a request and return the response."""
    outcome = yield Send(request, patient=patient)
    if not isinstance(outcome, httpx.Response):
        raise TypeError(f"Send must give a response, not {outcome!r}")
    return outcome


def read_clock() -> Flow[float]:
    """Return the time."""
    outcome = yield ReadClock()
    if not isinstance(outcome, float):
        raise TypeError(f"ReadClock must give a float, not {outcome!r}")
    return outcome


def next_event(within: float) -> Flow[Event | None]:
    """Return the next event, or None when none came in time."""
    outcome = yield NextEvent(within)
    if outcome is not None and not isinstance(outcome, Event):
        raise TypeError(f"NextEvent must give an event or nothing, not {outcome!r}")
    return outcome


def bounded(deadline: float, flow: Flow[T]) -> Flow[T]:
    """Run a flow whose requests and streams may take no longer than until the deadline."""
    try:
        effect = next(flow)
        while True:
            if isinstance(effect, Send | Listen):
                left = max(0.0, deadline - (yield from read_clock()))
                effect = replace(effect, within=left if effect.within is None else min(left, effect.within))
            try:
                outcome = yield effect
            except SandboxError as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(outcome)
    except StopIteration as stop:
        result: T = stop.value
        return result
