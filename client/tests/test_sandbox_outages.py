"""Waiting while the server is away, slow, or without the session: in simulated time, so to the second."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import httpx
import pytest

from opencode_sandbox.effects import Flow, Listen, NextEvent, Outcome, Pause, ReadClock, Send
from opencode_sandbox.errors import (
    ConnectionFailed,
    ConnectionLost,
    InvalidArgument,
    ReplyTimeout,
    SandboxError,
    ServerFailed,
    SessionNotFound,
)
from opencode_sandbox.flows.waiting import Via, ask, wait_for_reply
from opencode_sandbox.models import Event
from opencode_sandbox.waiting.reply import Reply
from opencode_sandbox.waiting.tracker import ReplyTracker

T = TypeVar("T")
SESSION = "ses_1"
Trouble: TypeAlias = Callable[[float, str], SandboxError | httpx.Response | None]
BOTH = pytest.mark.parametrize("via", ["poll", "events"])


def no_trouble(_now: float, _path: str) -> None:
    """All is well."""


def gone() -> httpx.Response:
    """Return the answer about a session that does not exist."""
    return httpx.Response(404, json={"name": "NotFoundError", "data": {"message": "Session not found"}})


class Server:
    """A server in a time of its own: it answers the prompt at once by half and wholly after five seconds."""

    def __init__(self, trouble: Trouble = no_trouble, *, latency: float = 0.0, finishes: float = 5.0) -> None:
        self.now = 0.0
        self.trouble = trouble
        self.latency = latency
        self.begins = 0.0
        self.finishes = finishes
        self.exists = True
        self.shows_messages = True
        self.cuts = 0
        self.asked = False
        self.events: list[Event] = []
        self.requests: list[tuple[float, str]] = []
        self.is_open = False

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

    def ask(self, via: Via, timeout: float = 60.0) -> Reply:
        """Ask for something."""
        return self.run(ask(SESSION, "go", timeout=timeout, via=via, on_update=None, grace=20.0))

    def perform(self, effect: object) -> Outcome:
        """Carry out one effect."""
        match effect:
            case Send(request, within):
                return self.exchange(request.path, within)
            case Listen(within):
                self.is_open = False
                self.exchange("/event", within)
                self.is_open = True
            case NextEvent(within):
                return self.next_event(within)
            case Pause(seconds):
                self.now += seconds
            case ReadClock():
                return self.now
        return None

    def exchange(self, path: str, within: float | None) -> httpx.Response:
        """Answer a request, in so many seconds or never."""
        self.requests.append((self.now, path))
        left = math.inf if within is None else within
        trouble = self.trouble(self.now, path)
        if isinstance(trouble, ConnectionLost) or self.latency > left:
            self.now += left
            raise ConnectionLost("no answer in time")
        self.now += self.latency
        if isinstance(trouble, SandboxError):
            raise trouble
        return trouble or self.answer(path)

    def answer(self, path: str) -> httpx.Response:
        """Answer a request when all is well."""
        if path.endswith("prompt_async"):
            self.asked = True
            return httpx.Response(204)
        if path == "/session/status":
            running = self.asked and self.begins <= self.now < self.finishes and self.exists
            return httpx.Response(200, json={SESSION: {"type": "busy"}} if running else {})
        if path == f"/session/{SESSION}":
            return httpx.Response(200, json={"id": SESSION}) if self.exists else gone()
        return httpx.Response(200, json=self.messages())

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages as they are now."""
        if not (self.asked and self.exists and self.shows_messages):
            return []
        done = self.now >= self.finishes
        about = {"id": "msg_a", "sessionID": SESSION, "role": "assistant", "parentID": "msg_u"}
        ended = {"time": {"created": 1, "completed": 2}, "finish": "stop"} if done else {"time": {"created": 1}}
        text = {"id": "prt_a", "messageID": "msg_a", "type": "text", "text": "whole" if done else "half"}
        asked = {"id": "msg_u", "sessionID": SESSION, "role": "user", "time": {"created": 1}}
        return [
            {"info": asked, "parts": [{"id": "prt_u", "type": "text", "text": "go"}]},
            {"info": {**about, **ended}, "parts": [text]},
        ]

    def next_event(self, within: float) -> Event | None:
        """Give an event, cut the stream, or let the time pass."""
        if not self.is_open or self.cuts:
            self.cuts -= self.is_open
            self.is_open = False
            raise ConnectionLost("cut")
        if self.events:
            return self.events.pop(0)
        end = self.now + within
        while self.now < end:
            self.now = min(end, self.now + 0.25)
            if self.trouble(self.now, "/event") is not None:
                self.is_open = False
                raise ConnectionLost("cut")
        return None


def away(begin: float, end: float, trouble: Callable[[], SandboxError | httpx.Response]) -> Trouble:
    """Return the trouble of a server that is away from one moment to another."""

    def happens(now: float, _: str) -> SandboxError | httpx.Response | None:
        return trouble() if begin <= now < end else None

    return happens


def refused() -> ConnectionFailed:
    """Return the error of a connection that nobody takes."""
    return ConnectionFailed("refused")


ABSENCES = [refused, *(lambda status=status: httpx.Response(status, text="starting") for status in (502, 503, 504))]


def test_a_cut_stream_is_opened_again_over_a_slow_network() -> None:
    """Opening the stream again may take longer than the time to the next look."""
    server = Server(latency=0.15)
    server.begins = 2.0
    server.cuts = 1
    assert server.ask("events").text == "whole"


def test_a_stream_that_cannot_be_opened_again_is_tried_again() -> None:
    """While the stream stays away the messages are looked at, neither seldom nor in a storm."""

    def no_streams(now: float, path: str) -> SandboxError | None:
        return refused() if path == "/event" and now > 0 else None

    server = Server(no_streams, finishes=30.0)
    server.cuts = 1
    assert server.ask("events").text == "whole"
    assert server.now <= 31.0
    assert 20 < sum(path == "/event" for _, path in server.requests) < 60


def test_streams_that_hang_do_not_hide_the_end() -> None:
    """A stream that hangs when it is opened again is given up for a look."""

    def hanging(_: float, path: str) -> SandboxError | None:
        return ConnectionLost("hangs") if path == "/event" and server.asked else None

    server = Server(hanging)
    server.cuts = 1
    assert server.ask("events", timeout=600).text == "whole"
    assert server.now < 30


def test_cut_streams_of_a_busy_session_are_not_stormed() -> None:
    """Streams that are cut again and again while the session is busy are opened at the pace of polling."""
    server = Server(finishes=1000.0)
    server.cuts = 10_000
    with pytest.raises(ReplyTimeout):
        server.ask("events")
    assert len(server.requests) < 4 * 80


@BOTH
@pytest.mark.parametrize("absence", ABSENCES)
def test_a_server_that_is_away_for_a_while(via: Via, absence: Callable[[], Any]) -> None:
    """A server that is away in the middle of the wait costs no reply."""
    assert Server(away(1.0, 4.0, absence)).ask(via).text == "whole"


@BOTH
@pytest.mark.parametrize("absence", ABSENCES)
def test_a_server_that_stays_away(via: Via, absence: Callable[[], Any]) -> None:
    """A server that stays away leads to the deadline, with what was seen before and why nothing is seen now."""
    server = Server(away(1.0, math.inf, absence))
    with pytest.raises(ReplyTimeout, match=r"could not be seen how it goes on: .*(refused|starting|HTTP 50)") as caught:
        server.ask(via, timeout=20)
    assert caught.value.reply.text == "half"
    assert server.now == pytest.approx(20)


@BOTH
def test_a_server_that_fails(via: Via) -> None:
    """What does not pass by itself ends the wait."""
    with pytest.raises(ServerFailed):
        Server(away(1.0, 4.0, lambda: httpx.Response(500, json={"message": "bug"}))).ask(via)


@BOTH
def test_a_server_that_was_never_there(via: Via) -> None:
    """Before anything was seen of the server, its absence is an error at once."""
    server = Server(away(0.0, math.inf, refused))
    with pytest.raises(ConnectionFailed):
        server.ask(via)
    with pytest.raises(ConnectionFailed):
        server.run(wait_for_reply(ReplyTracker(SESSION), timeout=60, via=via, on_update=None))
    assert (server.now, server.asked) == (0.0, False)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"/session/{SESSION}/message", "was not sent"),
        ("/event", "was not sent"),
        (f"/session/{SESSION}/prompt_async", "has not appeared"),
        ("/session/status", "has not appeared"),
    ],
)
def test_deadline_in_any_request(path: str, said: str) -> None:
    """Whichever request the deadline cuts off, the error is that of the deadline and says how far it came."""

    def hanging(_: float, wanted: str) -> SandboxError | None:
        return ConnectionLost("hangs") if wanted == path else None

    server = Server(hanging)
    with pytest.raises(ReplyTimeout, match=said):
        server.ask("events", timeout=3)
    assert server.now == pytest.approx(3)


@BOTH
def test_deadline_in_the_first_look(via: Via) -> None:
    """The same holds where the prompt was sent before."""
    server = Server(lambda _now, _path: ConnectionLost("hangs"))
    with pytest.raises(ReplyTimeout):
        server.run(wait_for_reply(ReplyTracker(SESSION), timeout=3, via=via, on_update=None))


def test_a_session_that_is_deleted_by_events() -> None:
    """The event that the session was deleted ends the wait at once, with what was seen."""
    server = Server()
    server.events = [Event(type="session.deleted", properties={"info": {"id": SESSION}})]
    with pytest.raises(SessionNotFound) as caught:
        server.ask("events")
    assert caught.value.progress is not None
    assert caught.value.progress.reply.text == "half"
    assert server.now == 0.0


@BOTH
@pytest.mark.parametrize("lists_none", [True, False])
def test_a_session_that_is_deleted(via: Via, lists_none: bool) -> None:
    """A session that is gone ends the wait at the next look, also where its messages are an empty list."""
    server = Server()

    def deleting(now: float, path: str) -> httpx.Response | None:
        server.exists = now < 2.0
        return gone() if path.endswith("/message") and not server.exists and not lists_none else None

    server.trouble = deleting
    with pytest.raises(SessionNotFound) as caught:
        server.ask(via)
    assert caught.value.progress is not None
    assert caught.value.progress.reply.text == "half"
    assert server.now <= (3.0 if via == "poll" else 10.0)


def test_a_prompt_that_is_gone_from_a_session_that_is_not() -> None:
    """Messages that were taken out of an existing session do not make it a missing one."""
    server = Server(finishes=1000.0)

    def emptying(now: float, _: str) -> None:
        server.shows_messages = now < 2.0

    server.trouble = emptying
    with pytest.raises(ReplyTimeout):
        server.ask("poll", timeout=10)


@pytest.mark.parametrize(
    "wrong",
    [
        {"prompt": " "},
        {"timeout": -1},
        {"timeout": math.nan},
        {"timeout": True},
        {"via": "pigeon"},
        {"session_id": "x"},
    ],
)
def test_arguments_are_checked_before_anything_is_sent(wrong: dict[str, Any]) -> None:
    """Wrong arguments cost no request."""
    server = Server()
    arguments: dict[str, Any] = {"session_id": SESSION, "prompt": "go", "timeout": 9, "via": "poll"}
    with pytest.raises(InvalidArgument):
        server.run(ask(**{**arguments, **wrong}, on_update=None, grace=1.0))
    assert server.requests == []
