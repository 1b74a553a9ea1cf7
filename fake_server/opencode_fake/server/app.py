"""One request's way through the server: base path, password, route, handler, journal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import cast

from aiohttp import web
from multidict import CIMultiDict

from opencode_fake.clock import Clock
from opencode_fake.identifiers import Identifiers
from opencode_fake.run.effects import Event
from opencode_fake.server import asks, checks, commands, errors, history, messages, sessions, system
from opencode_fake.server.driver import Driver
from opencode_fake.server.errors import Refused
from opencode_fake.server.exchange import BYTES, JSON, Incoming, Outgoing
from opencode_fake.server.frames import Writer
from opencode_fake.server.gate import Gate
from opencode_fake.server.journal import Journal, Received, without_secrets
from opencode_fake.server.record import Record
from opencode_fake.server.routing import Route, Router
from opencode_fake.server.schemas import Schemas
from opencode_fake.server.streams import Reader, Streams, stream_headers
from opencode_fake.server.target import Target, decoded_whole, lenient, strict
from opencode_fake.state.wire import MessageInfo
from opencode_fake.state.world import World
from opencode_fake.surroundings import routes as surroundings
from opencode_fake.versions import Behaviours

log = logging.getLogger("opencode_fake")

ROUTES = (
    Route("GET", "/global/health", system.health),
    Route("GET", "/event", system.events),
    Route("GET", "/global/event", system.global_events),
    Route("GET", "/session", sessions.listed),
    Route("POST", "/session", sessions.create),
    Route("GET", "/session/status", sessions.status),
    Route("GET", "/session/{sessionID}", sessions.get),
    Route("PATCH", "/session/{sessionID}", sessions.update),
    Route("DELETE", "/session/{sessionID}", sessions.delete),
    Route("POST", "/session/{sessionID}/abort", sessions.abort),
    Route("GET", "/session/{sessionID}/children", sessions.children),
    Route("GET", "/session/{sessionID}/diff", sessions.diff),
    Route("GET", "/session/{sessionID}/message", messages.listed),
    Route("POST", "/session/{sessionID}/message", messages.prompt),
    Route("GET", "/session/{sessionID}/message/{messageID}", messages.get),
    Route("POST", "/session/{sessionID}/prompt_async", messages.prompt_async),
    Route("POST", "/session/{sessionID}/permissions/{permissionID}", asks.respond),
    Route("GET", "/permission", asks.permissions),
    Route("POST", "/permission/{requestID}/reply", asks.reply),
    Route("GET", "/question", asks.questions),
    Route("POST", "/question/{requestID}/reply", asks.answer_question),
    Route("POST", "/question/{requestID}/reject", asks.reject_question),
)
"""What every version answers. What some do is in the other rooms; everything else is an unknown path."""


class App:
    """Answers the requests of one server."""

    def __init__(
        self, world: World, clock: Clock, gate: Gate, base_path: str, pickup: float, *, event_ids: Identifiers
    ) -> None:
        self.world = world
        self.schemas = Schemas.of(world.behaviours)
        self.clock = clock
        self.pickup = pickup
        self.journal = Journal()
        self.record = Record()
        writer = Writer(world.behaviours, world.project, lambda: event_ids.ascending("evt", world.now()))
        self.streams = Streams(writer)
        self.driver = Driver(world, clock, self.streams, self.record)
        self._gate = gate
        self._base = base_path
        self._router = Router(
            (*ROUTES, *commands.ROUTES, *history.routes(world.behaviours), *surroundings(world.behaviours)),
            world.behaviours,
        )
        self._unknown = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def routes(self) -> tuple[Route, ...]:
        """What this version answers."""
        return self._router.routes

    def publish(self, happened: Event, directory: str) -> None:
        """Tells the streams of a directory what happened."""
        self.driver.publish(happened, directory)
        self._note_prompt(happened)

    def later(self, work: Coroutine[None, None, None]) -> None:
        """Lets something happen after the answer was given."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Ends streams and runs."""
        self.streams.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.driver.close()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answers one request."""
        body = await request.content.read()
        received = self._note(request, body)
        origin = self._gate.origin_headers(request.headers)
        try:
            outcome, extra = await self._answer(request, body, received), origin
        except _NoCors as refused:
            outcome, extra = refused.problem(self.world.behaviours), {}
        except Refused as refused:
            outcome, extra = refused.problem(self.world.behaviours), origin
        except Exception as failure:
            log.exception("the fake failed on %s %s", request.method, request.path)
            self.driver.failures.append(failure)
            outcome, extra = errors.unknown(f"the fake failed: {failure!r}")(self.world.behaviours), origin
        status = 200 if isinstance(outcome, Reader) else outcome.status
        self._note_answer(received, status)
        if isinstance(outcome, Reader):
            return await self._stream(request, outcome, extra)
        return _response(request, outcome, extra, self.world.behaviours)

    async def _answer(self, request: web.BaseRequest, body: bytes, received: Received) -> Outgoing | Reader:
        target = self._target(request)
        if target is None:
            received.outside = True
            raise _NoCors(lambda _: Outgoing(404, b"404 page not found\n", "text/plain; charset=utf-8"))
        behaviours, preflight = self.world.behaviours, request.method == "OPTIONS"
        if preflight and not behaviours.preflight_needs_password:
            return self._gate.preflight(request.headers)
        if not self._gate.admits(request.headers, request.query):
            raise (Refused if behaviours.unauthorized_names_origin else _NoCors)(errors.unauthorized())
        if preflight:
            return self._gate.preflight(request.headers)
        if behaviours.largest_body is not None and len(body) > behaviours.largest_body:
            raise Refused(errors.too_large())
        incoming = self._incoming(request, target, body)
        found = self._router.find(incoming)
        if found is None:
            self._unknown += 1
            self.journal.miss(incoming.method, "/" + "/".join(incoming.path))
            raise Refused(errors.unknown_path(self._unknown))
        handler, incoming = found
        if behaviours.effect_checks:
            checks.named_session(incoming)
        return await handler(self, incoming)

    def _target(self, request: web.BaseRequest) -> Target | None:
        """What is asked for below the base path; None for a path outside it, which no proxy would pass on."""
        path, query = request.rel_url.raw_path, request.rel_url.raw_query_string
        if path != self._base and not path.startswith(f"{self._base}/"):
            return None
        return (strict if self.world.behaviours.paths_forgive else lenient)(path[len(self._base) :], query)

    def _incoming(self, request: web.BaseRequest, target: Target, body: bytes) -> Incoming:
        if target.segments is None:
            raise Refused(errors.unmatched())
        query = target.single
        named = query.get("directory") or request.headers.get("x-opencode-directory") or ""
        return Incoming(
            method=request.method,
            path=target.segments,
            raw_path=target.path,
            query=query,
            given_query=target.query,
            headers=request.headers,
            body=body,
            directory=self.world.place(decoded_whole(named)),
            behaviours=self.world.behaviours,
        )

    def _note(self, request: web.BaseRequest, body: bytes) -> Received:
        path = request.path.removeprefix(self._base)
        headers = without_secrets(request.headers)
        text = body.decode("utf-8", "replace")
        received = Received(request.method, path, dict(request.query), headers, text, self.clock.current)
        self.journal.add(received)
        return received

    def _note_answer(self, received: Received, status: int) -> None:
        received.status = status
        log.info("%s", received)
        self.record.changed()

    def _note_prompt(self, happened: Event) -> None:
        """What a request made a user message of is a prompt; those that subagents get are not sent by anybody."""
        if happened.type != "message.updated":
            return
        info = cast("MessageInfo", happened.properties["info"])
        session = self.world.store.find(info["sessionID"])
        if info["role"] == "user" and session is not None and info["id"] in session.messages:
            self.record.note_prompt(session.messages[info["id"]])

    async def _stream(self, request: web.BaseRequest, reader: Reader, extra: dict[str, str]) -> web.StreamResponse:
        response = _Stream(headers={**stream_headers(self.world.behaviours), **extra})
        beating = asyncio.ensure_future(self._beat(reader))
        try:
            await response.prepare(request)
            while (frame := await reader.frames.get()) is not None:
                await response.write(frame)
        except ConnectionError:
            return response
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating
            self.streams.drop(reader)
        # The real server's streams are cut, not ended: a client sees a truncated body.
        if request.transport is not None:
            request.transport.abort()
        return response

    async def _beat(self, reader: Reader) -> None:
        while True:
            await self.clock.interval(self.world.behaviours.heartbeat_seconds)
            self.streams.beat(reader)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self.driver.failures.append(failure)


class _NoCors(Refused):
    """Refused before the part that cares for origins."""


class _Nameless(web.StreamResponse):
    """A response that does not say which server it comes from, as the real one's."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.popall("Server", None)


class _Stream(_Nameless):
    """An event stream."""


class _Response(_Nameless, web.Response):
    """A whole answer."""


def _response(
    request: web.BaseRequest, outgoing: Outgoing, extra: dict[str, str], behaviours: Behaviours
) -> web.Response:
    headers = CIMultiDict({**extra, **outgoing.headers})
    typed = outgoing.status != 204 or behaviours.empty_answer_is_json
    if outgoing.content_type and typed and (outgoing.body or outgoing.content_type == JSON):
        headers["Content-Type"] = outgoing.content_type
    if request.method == "HEAD":
        if outgoing.content_type == BYTES:
            # That is what the real server's library calls a body without a type; there is none here.
            del headers["Content-Type"]
        headers["Content-Length"] = "0"
        return _Response(status=outgoing.status, headers=headers)
    response = _Response(status=outgoing.status, headers=headers, body=outgoing.body)
    if outgoing.chunked:
        response.enable_chunked_encoding()
    elif _is_compressed(request, outgoing, behaviours):
        response.enable_compression(web.ContentCoding.gzip)
        if behaviours.gzip_from == 0:
            response.enable_chunked_encoding()
    return response


def _is_compressed(request: web.BaseRequest, outgoing: Outgoing, behaviours: Behaviours) -> bool:
    accepted = "gzip" in request.headers.get("Accept-Encoding", "").lower()
    least = behaviours.gzip_from
    return accepted and least is not None and outgoing.content_type == JSON and len(outgoing.body) >= max(least, 1)
