"""One case on one stage: performs its steps, and keeps what was seen."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

import httpx

from opencode_contract.evidence import Json
from opencode_contract.fidelity.stages import Stage
from opencode_contract.fidelity.steps import Absent, Await, Close, Join, Open, Pass, Send, Settle, Step
from opencode_contract.fidelity.stream import Hearing, session_ids

QUIET = 0.45
"""How many seconds nothing must be heard of a session until it counts as settled."""
PATIENT = 1.5
"""The same where it has to be sure."""
SETTLING_SECONDS = 20.0
AWAITING_SECONDS = 8.0
EVENTS = "events"
"""What the log of a case is called among what was seen."""
_NAME = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that was observed: an answer, or events."""

    what: str
    value: Json


@dataclass(slots=True)
class Scene:
    """A case on its way."""

    stage: Stage
    names: dict[str, str] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    quiet: float = QUIET
    late: bool = False
    """Whether something was waited for in vain: it never comes here, or the machine is too busy."""
    _pending: dict[str, asyncio.Task[Seen]] = field(default_factory=dict)
    _opened: dict[str, Hearing] = field(default_factory=dict)
    _shared: frozenset[str] = frozenset()
    _hearing: Hearing = field(init=False)
    _position: int = 0

    def __post_init__(self) -> None:
        self.names.setdefault("workspace", self.stage.places.workspace)
        self._shared = frozenset(_sessions(self.names))
        self._hearing = Hearing(self.stage.log)
        self._position = self._hearing.start

    @property
    def known(self) -> frozenset[str]:
        """The sessions that the case may see, those that it shares with others included."""
        return self.sessions | frozenset(_sessions(self.names))

    @property
    def sessions(self) -> frozenset[str]:
        """The sessions that the case has made, those of subagents included."""
        return frozenset(self._hearing.sessions(self._made))

    @property
    def heard(self) -> list[dict[str, Json]]:
        """All events about the sessions of the case."""
        return self._hearing.events(self._made)

    @property
    def heard_on_all(self) -> list[list[dict[str, Json]]]:
        """The same on each stream: the stage's own, and those that the case has opened."""
        return [hearing.events(self._made) for hearing in (self._hearing, *self._opened.values())]

    @property
    def _made(self) -> set[str]:
        return _sessions(self.names) - self._shared

    async def perform(self, *steps: Step) -> None:
        """Does steps; what they are to observe is added to what was seen."""
        for step in steps:
            await self._perform(step)

    async def _perform(self, step: Step) -> None:
        match step:
            case Send():
                await self._perform_send(step)
            case Join(name=name):
                self.seen.append(await self._pending.pop(name))
            case Await():
                await self._await(step)
            case Settle(running=running):
                await self.settle(running=running)
            case Pass(seconds=seconds):
                await asyncio.sleep(seconds)
            case Open(name=name, path=path):
                self._opened[name] = Hearing(await self.stage.listen(path).__aenter__(), 0)
            case Close(name=name):
                await self._close_stream(name)
            case _:
                assert_never(step)

    async def settle(self, *, running: bool = False) -> None:
        """Waits until the sessions of the case are silent, and idle unless they may run on."""
        try:
            async with asyncio.timeout(SETTLING_SECONDS):
                while True:
                    before = len(self.heard)
                    await asyncio.sleep(self.quiet)
                    if before == len(self.heard) and (running or not await self.busy()):
                        return
        except TimeoutError:
            self.note_unsettled()

    def note_unsettled(self) -> None:
        """Adds to what was seen that the sessions of the case did not come to rest."""
        self.late = True
        self.seen.append(Seen("settling", f"not settled within {SETTLING_SECONDS:g} s"))

    def note_events(self) -> None:
        """Adds all events about the sessions of the case to what was seen."""
        self.seen.append(Seen(EVENTS, list[Json](self.heard)))

    async def close(self) -> None:
        """Gives up what is still under way."""
        for task in self._pending.values():
            task.cancel()
        await asyncio.gather(*self._pending.values(), return_exceptions=True)
        for name in list(self._opened):
            await self._opened.pop(name).log.__aexit__(None, None, None)

    async def busy(self) -> bool:
        """Whether a session of the case runs; a server that is too busy to say it is taken at that word."""
        try:
            statuses = (await self._request(Send("GET", "/session/status"))).json()
        except httpx.ReadTimeout:
            return True
        return bool(self.sessions.intersection(statuses))

    async def _close_stream(self, name: str) -> None:
        hearing = self._opened.pop(name)
        await hearing.log.__aexit__(None, None, None)
        self.seen.append(Seen(f"{EVENTS} of {name}", list[Json](hearing.events(self._made))))

    async def _perform_send(self, step: Send) -> None:
        if step.background:
            self._pending[step.background] = asyncio.create_task(self._answer(step))
            await asyncio.sleep(0)
            return
        seen = await self._answer(step)
        if step.observe:
            self.seen.append(seen)

    async def _answer(self, step: Send) -> Seen:
        what = f"{step.method} {step.path}"
        try:
            if step.many:
                return Seen(what, await self._first_frame(step))
            response = await self._request(step)
        except httpx.TransportError as problem:
            self.late |= isinstance(problem, httpx.TimeoutException)
            return Seen(what, {"transport": type(problem).__name__})
        answer = _shown(response, response.content)
        self._save(step.save, answer)
        return Seen(what, answer)

    async def _request(self, step: Send) -> httpx.Response:
        return await self.stage.http.send(self._build(step), auth=self._auth(step))

    async def _first_frame(self, step: Send) -> Json:
        response = await self.stage.http.send(self._build(step), auth=self._auth(step), stream=True)
        try:
            async for line in response.aiter_lines():
                return _shown(response, line.encode())
            return _shown(response, b"")
        finally:
            await response.aclose()

    def _build(self, step: Send) -> httpx.Request:
        headers = {name: self._filled(value) for name, value in step.headers.items()}
        content = step.content
        if not isinstance(step.body, Absent):
            content = json.dumps(self._filled_json(step.body), ensure_ascii=False).encode("utf-8", "surrogatepass")
            headers.setdefault("Content-Type", "application/json")
        return self.stage.build(step.method, self._filled(step.path), content, headers)

    def _auth(self, step: Send) -> httpx.Auth | None:
        if step.auth == "none":
            return None
        return self.stage.credentials

    async def _await(self, step: Await) -> None:
        def fits(event: dict[str, Json]) -> bool:
            if event.get("type") != step.event or not self.sessions.intersection(session_ids(event)):
                return False
            found = event.get("properties")
            return all(dig(found, path) == self._filled(value) for path, value in step.where.items())

        try:
            self._position = await self.stage.log.wait_for(fits, self._position, AWAITING_SECONDS)
        except TimeoutError:
            self.late = True
            self.seen.append(Seen(f"waiting for {step.event}", "it did not come"))
            return
        self._save(step.save, self.stage.log.events[self._position - 1])

    def _save(self, wanted: Mapping[str, str], where: dict[str, Json]) -> None:
        inner = where.get("body", where.get("properties"))
        for name, path in wanted.items():
            found = dig(where, path) if path.startswith("headers.") else dig(inner, path)
            if isinstance(found, str):
                self.names[name] = found

    def _filled(self, pattern: str) -> str:
        return _NAME.sub(lambda found: self.names.get(found[1], found[0]), pattern)

    def _filled_json(self, value: Json) -> Json:
        match value:
            case str():
                return self._filled(value)
            case list():
                return [self._filled_json(each) for each in value]
            case dict():
                return {key: self._filled_json(each) for key, each in value.items()}
            case _:
                return value


def _sessions(names: Mapping[str, str]) -> set[str]:
    return {value for value in names.values() if value.startswith("ses_")}


def dig(value: Json, path: str) -> Json:
    """What is under a dotted path, numbers being places in lists (``-1`` the last); None where there is nothing."""
    for key in filter(None, path.split(".")):
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and re.fullmatch(r"-?\d+", key) and -len(value) <= int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _shown(response: httpx.Response, content: bytes) -> dict[str, Json]:
    headers: dict[str, Json] = {}
    for name, value in response.headers.multi_items():
        headers[name.lower()] = value
    return {"status": response.status_code, "headers": headers, "body": _parsed(content)}


def _parsed(content: bytes) -> Json:
    text = content.decode("utf-8", errors="replace")
    data = text.removeprefix("data: ")
    try:
        parsed: Json = json.loads(data)
    except ValueError:
        return {"text": text}
    return parsed
