"""Waiting in simulated time: how often the server is asked, and that deadlines and graces hold to the second."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TypeVar

import httpx
import pytest

from opencode_sandbox.effects import Flow, Listen, NextEvent, Outcome, Pause, ReadClock, Send, Tell
from opencode_sandbox.errors import ConnectionLost, NoReply, ReplyTimeout, SandboxError
from opencode_sandbox.flows.waiting import RESYNC, Wait, ask, paces, wait_for_reply
from opencode_sandbox.waiting.tracker import ReplyTracker

T = TypeVar("T")
BUSY = {"ses_1": {"type": "busy"}}


class Simulation:
    """Carries out effects in a time of its own: requests take none, pauses and silent streams pass at once."""

    def __init__(self, status: Callable[[float], object]) -> None:
        self.now = 0.0
        self.status = status
        self.sent: list[tuple[float, Send]] = []
        self.listened = 0
        self.cuts = 0

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end."""
        try:
            effect = next(flow)
            while True:
                try:
                    outcome = self.perform(effect)
                except SandboxError as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(outcome)
        except StopIteration as stop:
            result: T = stop.value
            return result

    def perform(self, effect: object) -> Outcome:
        """Carry out one effect."""
        match effect:
            case Send(request):
                self.sent.append((self.now, effect))
                return self.answer(request.path)
            case ReadClock():
                return self.now
            case Pause(seconds):
                self.now += seconds
            case Listen():
                self.listened += 1
            case NextEvent(within):
                if self.cuts:
                    self.cuts -= 1
                    raise ConnectionLost("cut")
                self.now += within
            case Tell():
                raise AssertionError("nobody listens")
        return None

    def answer(self, path: str) -> httpx.Response:
        """Answer a request; the session exists and never has a message."""
        if path.endswith("prompt_async"):
            return httpx.Response(204)
        bodies: dict[str, object] = {"/session/status": self.status(self.now), "/session/ses_1": {"id": "ses_1"}}
        return httpx.Response(200, json=bodies.get(path, []))

    def looks(self) -> list[float]:
        """Return when the status was read."""
        return [at for at, sent in self.sent if sent.request.path == "/session/status"]


def test_pace_slows_down_to_a_second() -> None:
    """Looks come quickly at first and once a second later: not more than 80 in a minute, never a second apart."""
    simulation = Simulation(lambda _: BUSY)
    with pytest.raises(ReplyTimeout):
        simulation.run(ask("ses_1", "go", timeout=60, via="poll", on_update=None, grace=5))
    looks = simulation.looks()
    gaps = [later - sooner for sooner, later in itertools.pairwise(looks)]
    assert 60 < len(looks) < 80
    assert gaps[0] == next(paces()) < 0.05
    assert max(gaps) <= 1.0
    assert simulation.now == pytest.approx(60)


def test_no_request_may_outlast_the_deadline() -> None:
    """Every request of an ask, the first ones included, is given the time that is left and no more."""
    simulation = Simulation(lambda _: BUSY)
    with pytest.raises(ReplyTimeout):
        simulation.run(ask("ses_1", "go", timeout=10, via="poll", on_update=None, grace=5))
    assert len(simulation.sent) > 10
    for at, sent in simulation.sent:
        assert sent.within == pytest.approx(10 - at)


def test_a_silent_stream_costs_few_requests() -> None:
    """By events a busy session is looked at every ten seconds only."""
    simulation = Simulation(lambda _: BUSY)
    with pytest.raises(ReplyTimeout):
        simulation.run(ask("ses_1", "go", timeout=65, via="events", on_update=None, grace=5))
    assert simulation.looks() == [RESYNC * step for step in range(7)]
    assert simulation.listened == 1
    assert simulation.now == pytest.approx(65)


def test_a_stream_that_keeps_breaking_is_not_stormed() -> None:
    """Streams that are cut again and again are opened again at the pace of polling."""
    simulation = Simulation(lambda _: {})
    simulation.cuts = 10_000
    with pytest.raises(ReplyTimeout):
        simulation.run(ask("ses_1", "go", timeout=60, via="events", on_update=None, grace=1000))
    assert simulation.listened < 80
    assert simulation.now == pytest.approx(60)


@pytest.mark.parametrize("via", ["poll", "events"])
def test_grace(via: str) -> None:
    """An idle session without an answer is given up after the time of grace, not before."""
    simulation = Simulation(lambda _: {})
    tracker = ReplyTracker("ses_1", prompt="go", since=(), grace=5.0)
    with pytest.raises(NoReply):
        simulation.run(wait_for_reply(tracker, timeout=60, via=via, on_update=None))  # type: ignore[arg-type] # a word
    assert 5.0 <= simulation.now <= 6.0


def test_a_wait_ends_only_with_a_verdict() -> None:
    """A tracker that says something else is a bug, and named as one."""

    class Odd(ReplyTracker):
        def snapshot(self, *_: object) -> object:  # type: ignore[override] # on purpose
            return "perhaps"

    with pytest.raises(TypeError, match="perhaps"):
        Simulation(lambda _: {}).run(Wait(Odd("ses_1"), 60.0, 60.0).by("poll"))
