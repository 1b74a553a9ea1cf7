"""The shell that awaits: flows over ``httpx.AsyncClient``."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar

import httpx
from httpx_sse import EventSource

from opencode_sandbox import requests
from opencode_sandbox.config import SandboxConfig
from opencode_sandbox.effects import Effect, Flow, Listen, NextEvent, Outcome, Pause, ReadClock, Send, Tell
from opencode_sandbox.errors import SandboxError
from opencode_sandbox.failures import failure_of
from opencode_sandbox.models import Event
from opencode_sandbox.requests import Request
from opencode_sandbox.retrying import RetryPolicy, TryAgain, accept
from opencode_sandbox.shells.exchange import HEADERS, Limits, check_stream, event_of, stream_ended, url_of

T = TypeVar("T")


class AwaitingShell:
    """Carries out the effects of flows, one after the other, without blocking the loop."""

    def __init__(self, config: SandboxConfig, transport: httpx.AsyncBaseTransport | None, retry: RetryPolicy) -> None:
        self._config = config
        self._retry = retry
        self._http = httpx.AsyncClient(
            auth=config.auth,
            headers=HEADERS,
            follow_redirects=False,
            transport=transport,
            trust_env=config.trusts_environment,
            # A transport that is given makes its own connections: the machine's certificates are not read for it.
            verify=True if transport else config.verify,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end."""
        performance = _Performance(self)
        try:
            effect = next(flow)
            while True:
                try:
                    outcome = await performance.perform(effect)
                except SandboxError as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(outcome)
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            flow.close()
            await performance.close()

    async def events(self) -> AsyncIterator[Event]:
        """Yield the server's events until the stream ends."""
        request = requests.events()
        response = await self.open_stream(request, None)
        async with aclosing(events_in(response, url_of(self._config, request))) as events:
            async for event in events:
                yield event

    async def exchange(self, effect: Send) -> httpx.Response:
        """Send a request and read the whole response."""
        return await self._attempt(effect, stream=False)

    async def open_stream(self, request: Request, within: float | None) -> httpx.Response:
        """Send a request and leave the response open."""
        response = await self._attempt(Send(request, within), stream=True)
        try:
            check_stream(response)
        except SandboxError:
            await response.aclose()
            raise
        return response

    async def listen(self, within: float | None) -> EventReader:
        """Open the event stream."""
        request = requests.events()
        return EventReader(await self.open_stream(request, within), url_of(self._config, request))

    async def _attempt(self, effect: Send, *, stream: bool) -> httpx.Response:
        request, limits = effect.request, Limits(self._config, effect.within)
        try:
            async for attempt in self._retry.attempts_at(request, within=effect.within, patient=effect.patient):
                with attempt:
                    response = await self._http.send(self._built(request, limits), stream=stream)
                    if not response.is_success:
                        await response.aread()
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


async def events_in(response: httpx.Response, url: str) -> AsyncGenerator[Event, None]:
    """Yield the events of an open stream; however it ends, that is an error."""
    try:
        async for frame in EventSource(response).aiter_sse():
            yield event_of(frame)
        failure: SandboxError = stream_ended(url)
    except httpx.HTTPError as error:
        failure = failure_of(error, url)
    finally:
        await response.aclose()
    raise failure


class EventReader:
    """Reads a stream in a task of its own, so that waiting for an event can end at a deadline."""

    def __init__(self, response: httpx.Response, url: str) -> None:
        self._events = events_in(response, url)
        self._pending: asyncio.Task[Event] | None = None

    async def next(self, within: float) -> Event | None:
        """Return the next event, or None when none came in time; the reading goes on meanwhile."""
        pending = self._pending = self._pending or asyncio.create_task(self._read())
        done, _ = await asyncio.wait({pending}, timeout=within)
        if not done:
            return None
        self._pending = None
        return pending.result()

    async def close(self) -> None:
        """Stop reading and hang up."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.cancel()
            await asyncio.wait({pending})
            _ = pending.cancelled() or pending.exception()
        await self._events.aclose()

    async def _read(self) -> Event:
        return await anext(self._events)


class _Performance:
    """One run of one flow, with the event stream it may have open."""

    def __init__(self, shell: AwaitingShell) -> None:
        self._shell = shell
        self._reader: EventReader | None = None

    async def perform(self, effect: Effect) -> Outcome:
        """Carry out one effect."""
        match effect:
            case Send():
                return await self._shell.exchange(effect)
            case ReadClock():
                return time.monotonic()
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case Tell(listener, progress):
                told = listener(progress)
                if inspect.isawaitable(told):
                    await told
            case Listen(within):
                await self.close()
                self._reader = await self._shell.listen(within)
            case NextEvent(within):
                return await self._next_event(within)
        return None

    async def close(self) -> None:
        """Close the stream, if one is open."""
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader.close()

    async def _next_event(self, within: float) -> Event | None:
        if self._reader is None:
            raise stream_ended("a flow that never opened one")
        return await self._reader.next(within)
