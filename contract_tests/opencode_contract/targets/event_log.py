"""What the server's event stream has said since it was opened."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import httpx

from opencode_contract.errors import RequirementFailed
from opencode_contract.evidence import Json, Ownership, Redactor, Value
from opencode_contract.evidence.ownership import HIDDEN
from opencode_contract.network import Encounter, Encounters
from opencode_contract.network.troubles import STREAM_CUT

KEPT_FRAMES = 20_000
SHOWN_EVENTS = 30
SHOWN_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Event:
    """One event."""

    type: str
    value: Value
    """All of it, its wrapping included."""
    payload: Value
    """It without the wrapping that events of all directories have."""
    session_id: str | None
    """The session that it is about."""

    @property
    def properties(self) -> Value:
        """What it says."""
        return self.payload["properties"]


@dataclass(frozen=True, slots=True)
class Frame:
    """An event as evidence: shown where it is about a session of ours, or about none at all."""

    told: Json
    kind: str
    session_id: str | None
    own: Ownership

    def __str__(self) -> str:
        is_ours = self.session_id in self.own if self.session_id else self.kind.startswith("server.")
        return json.dumps(self.told if is_ours else {"type": self.kind, "properties": HIDDEN}, ensure_ascii=False)


class EventLog:
    """Reads a stream of events from the first time it is needed until the end."""

    patience = 5.0
    """Seconds to wait for an event."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        path: str,
        redactor: Redactor,
        own: Ownership,
        encounters: Encounters,
    ) -> None:
        self.frames: deque[str] = deque(maxlen=KEPT_FRAMES)
        """The raw frames, without the empty line that ends each."""
        self.events: list[Event] = []
        self._http = http
        self._url = f"{url}{path}"
        self._path = path
        self._redactor = redactor
        self._own = own
        self._encounters = encounters
        self._changed = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None
        self._opened: asyncio.Future[httpx.Response] | None = None
        self._began = self._heard = 0.0

    async def open(self) -> httpx.Response:
        """Opens the stream, unless it is open, and waits until the server has answered."""
        if self._opened is None or (self._reader is not None and self._reader.done()):
            self._opened = asyncio.get_running_loop().create_future()
            self._reader = asyncio.create_task(self._read(self._opened))
        return await asyncio.shield(self._opened)

    async def close(self) -> None:
        """Closes the stream."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    def of(self, session_id: str) -> list[Event]:
        """The events about a session, oldest first."""
        return [event for event in self.events if event.session_id == session_id]

    async def wait_for(self, holds: Callable[[Event], bool], what: str) -> Event:
        """The first event, seen or to come, that ``holds`` is true of."""
        await self.open()
        position = 0
        try:
            async with asyncio.timeout(self.patience), self._changed:
                while True:
                    for event in self.events[position:]:
                        if holds(event):
                            return event
                    position = len(self.events)
                    await self._changed.wait()
        except TimeoutError as problem:
            raise RequirementFailed(f"GET {self._path} should say {what} and does not", self.describe()) from problem

    def describe(self, session_id: str | None = None) -> str:
        """The latest events as evidence: all, or those of one session."""
        shown = self.events if session_id is None else self.of(session_id)
        lines = [self._redactor.excerpt(str(event.value), SHOWN_CHARACTERS) for event in shown[-SHOWN_EVENTS:]]
        asked = f"GET {self._path}"
        return "\n".join([f"{asked}, the latest events:", *lines] if lines else [f"{asked} said nothing"])

    async def _read(self, opened: asyncio.Future[httpx.Response]) -> None:
        timeout = httpx.Timeout(30.0, read=None)
        self._began = self._heard = time.monotonic()
        ended = "it ended"
        try:
            async with self._http.stream("GET", self._url, timeout=timeout) as response:
                opened.set_result(response)
                rest = b""
                async for chunk in response.aiter_bytes():
                    self._heard = time.monotonic()
                    *frames, rest = (rest + chunk).split(b"\n\n")
                    for frame in frames:
                        await self._add(frame.decode("utf-8", errors="replace"))
        except httpx.TransportError as problem:
            # Whoever waits for an event sees that none comes.
            if not opened.done():
                opened.set_exception(problem)
                return
            ended = type(problem).__name__
        now = time.monotonic()
        detail = (
            f"GET {self._path}: {ended} after {now - self._began:.0f} s, {now - self._heard:.0f} s after its last word"
        )
        self._encounters.note(Encounter(STREAM_CUT, detail))

    async def _add(self, frame: str) -> None:
        async with self._changed:
            self.frames.append(frame)
            event = self._parse(frame)
            if event is not None:
                self.events.append(event)
            self._changed.notify_all()

    def _parse(self, frame: str) -> Event | None:
        """The frame's event; a frame that holds none is found by the requirement on frames."""
        try:
            data = json.loads(frame.removeprefix("data:"))
        except json.JSONDecodeError:
            return None
        if not isinstance(data, dict):
            return None
        payload = data.get("payload", data)
        kind = payload.get("type") if isinstance(payload, dict) else None
        if not isinstance(kind, str):
            return None
        name, sessions = f"event {kind}", _session_ids(payload.get("properties"))
        session_id = next(sessions, None)
        shown = Frame(data, kind, session_id, self._own)
        whole = Value(data, name, shown, self._own)
        return Event(kind, whole, replace(whole, json=payload), session_id)


def _session_ids(properties: Json) -> Iterator[str]:
    if not isinstance(properties, dict):
        return
    info, part = properties.get("info"), properties.get("part")
    holders = [properties, *(holder for holder in (part, info) if isinstance(holder, dict))]
    for holder in holders:
        found = holder.get("sessionID")
        if isinstance(found, str):
            yield found
    # A session's own events hold the session itself.
    own = info.get("id") if isinstance(info, dict) else None
    if isinstance(own, str) and own.startswith("ses"):
        yield own
