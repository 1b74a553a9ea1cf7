"""The shell that blocks: flows over ``httpx.Client``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TypeVar

import httpx

from opencode_sandbox import requests
from opencode_sandbox.config import SandboxConfig
from opencode_sandbox.effects import Effect, Flow, Listen, NextEvent, Outcome, Pause, ReadClock, Send, Tell
from opencode_sandbox.errors import SandboxError
from opencode_sandbox.failures import failure_of
from opencode_sandbox.models import Event
from opencode_sandbox.requests import Request
from opencode_sandbox.retrying import RetryPolicy, TryAgain, accept
from opencode_sandbox.shells.exchange import HEADERS, Limits, check_stream, stream_ended, url_of
from opencode_sandbox.shells.pump import EventPump, events_in

T = TypeVar("T")


class BlockingShell:
    """Carries out the effects of flows, one after the other."""

    def __init__(self, config: SandboxConfig, transport: httpx.BaseTransport | None, retry: RetryPolicy) -> None:
        self._config = config
        self._retry = retry
        self._http = httpx.Client(
            auth=config.auth,
            headers=HEADERS,
            follow_redirects=False,
            transport=transport,
            trust_env=config.trusts_environment,
            # A transport that is given makes its own connections: the machine's certificates are not read for it.
            verify=True if transport else config.verify,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end."""
        performance = _Performance(self)
        try:
            effect = next(flow)
            while True:
                try:
                    outcome = performance.perform(effect)
                except SandboxError as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(outcome)
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            flow.close()
            performance.close()

    def events(self) -> Iterator[Event]:
        """Yield the server's events until the stream ends."""
        request = requests.events()
        yield from events_in(self.open_stream(request, None), url_of(self._config, request))

    def exchange(self, effect: Send) -> httpx.Response:
        """Send a request and read the whole response."""
        return self._attempt(effect, stream=False)

    def open_stream(self, request: Request, within: float | None) -> httpx.Response:
        """Send a request and leave the response open."""
        response = self._attempt(Send(request, within), stream=True)
        try:
            check_stream(response)
        except SandboxError:
            response.close()
            raise
        return response

    def listen(self, within: float | None) -> EventPump:
        """Open the event stream."""
        request = requests.events()
        return EventPump(self.open_stream(request, within), url_of(self._config, request))

    def _attempt(self, effect: Send, *, stream: bool) -> httpx.Response:
        request, limits = effect.request, Limits(self._config, effect.within)
        try:
            for attempt in self._retry.attempts_at(request, within=effect.within, patient=effect.patient):
                with attempt:
                    response = self._http.send(self._built(request, limits), stream=stream)
                    if not response.is_success:
                        response.read()
                    return accept(request, response)
        except TryAgain as last:
            return last.response
        except httpx.HTTPError as error:
            failure = failure_of(error, url_of(self._config, request))
        else:
            raise RuntimeError("attempts must end in a response or an error")
        raise failure

    def _built(self, request: Request, limits: Limits) -> httpx.Request:
        url = url_of(self._config, request)
        return self._http.build_request(request.method, url, json=request.body, timeout=limits.now())


class _Performance:
    """One run of one flow, with the event stream it may have open."""

    def __init__(self, shell: BlockingShell) -> None:
        self._shell = shell
        self._pump: EventPump | None = None

    def perform(self, effect: Effect) -> Outcome:
        """Carry out one effect."""
        match effect:
            case Send():
                return self._shell.exchange(effect)
            case ReadClock():
                return time.monotonic()
            case Pause(seconds):
                time.sleep(seconds)
            case Tell(listener, progress):
                listener(progress)
            case Listen(within):
                self.close()
                self._pump = self._shell.listen(within)
            case NextEvent(within):
                return self._next_event(within)
        return None

    def close(self) -> None:
        """Close the stream, if one is open."""
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.close()

    def _next_event(self, within: float) -> Event | None:
        if self._pump is None:
            raise stream_ended("a flow that never opened one")
        return self._pump.next(within)
