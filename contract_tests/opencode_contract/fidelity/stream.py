"""What an event stream of a stage has said since it was opened."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import httpx

from opencode_contract.evidence import Json

OPENING_SECONDS = 20.0


class EventLog:
    """Reads a stream in the background from its first frame on."""

    def __init__(self, http: httpx.AsyncClient, auth: httpx.Auth, path: str) -> None:
        self.events: list[dict[str, Json]] = []
        self._http, self._auth, self._path = http, auth, path
        self._changed = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Opens the stream and waits for its first frame."""
        self._reader = asyncio.create_task(self._read())
        await self.wait_for(lambda _: True, 0, OPENING_SECONDS)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the stream."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def wait_for(self, holds: Callable[[dict[str, Json]], bool], start: int, seconds: float) -> int:
        """The position behind the first event from ``start`` on that ``holds`` is true of. May raise TimeoutError."""
        async with asyncio.timeout(seconds), self._changed:
            while True:
                for position in range(start, len(self.events)):
                    if holds(self.events[position]):
                        return position + 1
                start = len(self.events)
                await self._changed.wait()

    async def _read(self) -> None:
        timeout = httpx.Timeout(OPENING_SECONDS, read=None)
        async with self._http.stream("GET", self._path, auth=self._auth, timeout=timeout) as response:
            async for line in response.aiter_lines():
                if line.startswith("data:"):
                    async with self._changed:
                        self.events.append(json.loads(line.removeprefix("data:")))
                        self._changed.notify_all()


class Hearing:
    """What a log says of some sessions and of those of their subagents, from one place on. Reads each event once."""

    def __init__(self, log: EventLog, start: int | None = None) -> None:
        self.log = log
        self.start = len(log.events) if start is None else start
        self._position = self.start
        self._own: set[str] = set()
        self._sessions: set[str] = set()
        self._events: list[dict[str, Json]] = []

    def sessions(self, own: set[str]) -> set[str]:
        """The sessions themselves and those of their subagents."""
        self._read_on(own)
        return self._sessions

    def events(self, own: set[str]) -> list[dict[str, Json]]:
        """The events about them, oldest first."""
        self._read_on(own)
        return self._events

    def _read_on(self, own: set[str]) -> None:
        if own != self._own:
            self._own, self._sessions, self._position = set(own), set(own), self.start
            self._events = []
        for event in map(_unwrapped, self.log.events[self._position :]):
            about = set(session_ids(event))
            if event.get("type") == "session.created" and parent_id(event) in self._sessions:
                self._sessions |= about
            if not self._sessions.isdisjoint(about):
                self._events.append(event)
        self._position = len(self.log.events)


def _unwrapped(event: dict[str, Json]) -> dict[str, Json]:
    """An event of ``/global/event`` with what is wrapped around it beside its own fields."""
    payload = event.get("payload")
    if not isinstance(payload, dict):
        return event
    return {**payload, **{f"wrapper {key}": value for key, value in event.items() if key != "payload"}}


def session_ids(event: dict[str, Json]) -> Iterator[str]:
    """The sessions that an event is about."""
    for holder in _holders(event):
        found = holder.get("sessionID")
        if isinstance(found, str):
            yield found
    own = _info(event, "id")
    if own is not None and own.startswith("ses_"):
        yield own


def parent_id(event: dict[str, Json]) -> str | None:
    """The parent of the session that an event tells of as a whole."""
    return _info(event, "parentID")


def _holders(event: dict[str, Json]) -> Iterator[dict[str, Json]]:
    properties = event.get("properties")
    if isinstance(properties, dict):
        yield properties
        for holder in (properties.get("info"), properties.get("part")):
            if isinstance(holder, dict):
                yield holder


def _info(event: dict[str, Json], key: str) -> str | None:
    properties = event.get("properties")
    info = properties.get("info") if isinstance(properties, dict) else None
    found = info.get(key) if isinstance(info, dict) else None
    return found if isinstance(found, str) else None
