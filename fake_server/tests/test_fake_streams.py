"""The event streams over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from conftest import Served, Serving, prompt_body

from opencode_fake import ManualClock
from opencode_fake.run.effects import event
from opencode_fake.server.frames import Writer
from opencode_fake.server.streams import Streams
from opencode_fake.versions import behaviours

HELLO = {"replies": [{"prompt": "hello", "steps": [{"text": "Hello."}]}, {"prompt": "slow", "steps": [{"delay": 60}]}]}
SECONDS = 20.0


class Listener:
    """Reads an open stream frame by frame."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self) -> dict[str, Any]:
        """The next event."""
        async with asyncio.timeout(SECONDS):
            async for line in self._lines:
                if line:
                    assert line.startswith("data: ")
                    told: dict[str, Any] = json.loads(line.removeprefix("data: "))
                    return told
        raise AssertionError("the stream ended")

    async def until(self, kind: str) -> list[dict[str, Any]]:
        """The events up to one of this type."""
        seen = [await self.next()]
        while seen[-1].get("type", seen[-1].get("payload", {}).get("type")) != kind:
            seen.append(await self.next())
        return seen


@asynccontextmanager
async def listening(served: Served, path: str = "/event") -> AsyncIterator[Listener]:
    """An open stream whose first frame was read."""
    async with served.http.stream("GET", path) as response:
        listener = Listener(response)
        first = await listener.next()
        told = {key: value for key, value in first.get("payload", first).items() if key != "id"}
        assert told == {"type": "server.connected", "properties": {}}
        yield listener


async def test_the_stream_has_the_headers_of_the_real_one(serving: Serving) -> None:
    """No caching, kept alive, chunked."""
    async with serving() as served, listening(served) as listener:
        headers = listener.response.headers
        assert headers["Content-Type"] == "text/event-stream"
        assert headers["Cache-Control"] == "no-cache"
        assert headers["Connection"] == "keep-alive"
        assert headers["Transfer-Encoding"] == "chunked"
        assert "Server" not in headers


@pytest.mark.parametrize(("version", "told"), [("1.1.65", False), ("1.2.1", True), ("1.3.2", True), ("1.14.34", False)])
async def test_a_deletion_is_an_update_from_1_2_1_to_1_3_2(serving: Serving, version: str, told: bool) -> None:
    """Of each session that goes, and just before it does."""
    async with serving(HELLO, version=version) as served:
        parent = await served.session()
        child = await served.session(parentID=parent)
        async with listening(served) as listener:
            await served.http.delete(f"/session/{parent}")
            seen = [*await listener.until("session.deleted"), *await listener.until("session.deleted")]
    updates = ["session.updated"] * told
    assert [event["type"] for event in seen] == [*updates, "session.deleted"] * 2
    assert [event["properties"]["info"]["id"] for event in seen] == [child] * (1 + told) + [parent] * (1 + told)


@pytest.mark.parametrize(("version", "oldest_first"), [("1.1.65", False), ("1.2.1", True), ("1.18.34", True)])
async def test_children_are_deleted_as_they_are_listed(serving: Serving, version: str, oldest_first: bool) -> None:
    """From 1.2.1 on the oldest goes first."""
    async with serving(HELLO, version=version) as served:
        parent = await served.session()
        made = [await served.session(parentID=parent) for _ in range(3)]
        listed = [each["id"] for each in (await served.http.get(f"/session/{parent}/children")).json()]
        async with listening(served) as listener:
            await served.http.delete(f"/session/{parent}")
            told = [(await listener.until("session.deleted"))[-1]["properties"]["info"]["id"] for _ in range(4)]
    assert listed == (made if oldest_first else made[::-1])
    assert told == [*listed, parent]


async def test_a_prompt_is_told_from_the_user_message_to_idle(serving: Serving) -> None:
    """To every reader alike, each event once."""
    async with serving(HELLO) as served, listening(served) as one, listening(served) as other:
        session = await served.session()
        await served.prompt(session, "hello")
        seen = await one.until("session.idle")
        assert await other.until("session.idle") == seen
    assert [each["type"] for each in seen[:3]] == ["session.created", "session.updated", "message.updated"]


async def test_what_happened_before_is_not_replayed(serving: Serving) -> None:
    """A reader that comes late hears of what comes later."""
    async with serving() as served:
        await served.session(title="before")
        async with listening(served) as listener:
            await served.session(title="after")
            assert (await listener.next())["properties"]["info"]["title"] == "after"


async def test_the_stream_of_a_directory_hears_of_that_directory_only(serving: Serving) -> None:
    """The global one hears of all, wrapped with the directory."""
    async with (
        serving() as served,
        listening(served) as own,
        listening(served, "/event?directory=/elsewhere") as elsewhere,
        listening(served, "/global/event") as everything,
    ):
        await served.http.post("/session?directory=/elsewhere", json={"title": "there"})
        await served.session(title="here")
        assert (await elsewhere.next())["properties"]["info"]["title"] == "there"
        assert (await own.next())["properties"]["info"]["title"] == "here"
        wrapped = await everything.next()
        assert wrapped["directory"] == "/elsewhere"
        assert wrapped["payload"]["type"] == "session.created"


async def test_changes_of_sessions_are_told(serving: Serving) -> None:
    """One update for each change, also for an empty one (1.1.x); children are deleted first."""
    async with serving() as served, listening(served) as listener:
        parent = await served.session()
        child = await served.session(parentID=parent)
        await served.http.patch(f"/session/{parent}", json={})
        await served.http.delete(f"/session/{parent}")
        await served.http.delete(f"/session/{parent}")
        await served.session(title="end")
        seen = [await listener.next() for _ in range(8)]
    told = [(each["type"], each["properties"]["info"]["id"]) for each in seen[:7]]
    assert told == [
        ("session.created", parent), ("session.updated", parent),
        ("session.created", child), ("session.updated", child),
        ("session.updated", parent), ("session.deleted", child), ("session.deleted", parent),
    ]  # fmt: skip
    assert seen[7]["properties"]["info"]["title"] == "end"


@pytest.mark.parametrize(("version", "told"), [("1.1.34", []), ("1.1.53", ["session.status", "session.idle"])])
async def test_aborting_an_idle_session_is_told_from_1_1_53(serving: Serving, version: str, told: list[str]) -> None:
    """Before, nothing was said."""
    async with serving(version=version) as served:
        session = await served.session()
        async with listening(served) as listener:
            assert (await served.http.post(f"/session/{session}/abort")).text == "true"
            await served.session()
            seen = await listener.until("session.created")
    assert [each["type"] for each in seen[:-1]] == told


async def test_an_abort_says_idle_three_times(serving: Serving) -> None:
    """Measured on 1.1.53: at once, with the error, and when the message is final."""
    async with serving(HELLO, clock=ManualClock()) as served, listening(served) as listener:
        session = await served.session()
        await served.http.post(f"/session/{session}/prompt_async", json=prompt_body("slow"))
        await listener.until("session.diff")
        await served.http.post(f"/session/{session}/abort")
        assert (await served.http.get("/session/status")).json() == {}
        await served.session()
        seen = await listener.until("session.created")
    story = [each["type"] for each in seen]
    assert story[story.index("session.status") : -1][:8] == [
        "session.status", "session.idle", "session.error", "session.status", "session.idle", "message.updated",
        "session.status", "session.idle",
    ]  # fmt: skip


async def test_the_heart_beats_every_thirty_seconds(serving: Serving) -> None:
    """Counted from the connection's start (to 1.2.6)."""
    clock = ManualClock()
    async with serving(clock=clock) as served, listening(served) as listener:
        await clock.advance(29)
        await served.session()
        assert (await listener.next())["type"] == "session.created"
        assert (await listener.next())["type"] == "session.updated"
        for _ in range(2):
            await clock.advance(30)
            assert await listener.next() == {"type": "server.heartbeat", "properties": {}}


async def test_a_stopped_server_cuts_its_streams(serving: Serving) -> None:
    """Without a final chunk, as a killed server does."""
    async with serving() as served:
        async with listening(served) as listener:
            await served.server.stop()
            with pytest.raises(httpx.TransportError):
                await listener.next()
        await served.server.start()


def test_a_reader_that_falls_too_far_behind_is_cut_off() -> None:
    """And counted, so that nobody takes it for a quiet server."""
    streams = Streams(Writer(behaviours("1.1.53"), str, str))
    reader = streams.open("/data/workspace")
    reader.frames = asyncio.Queue(3)
    for number in range(5):
        streams.publish(event("session.idle", number=number), "/data/workspace")
    assert streams.overrun >= 1
    assert reader.frames.get_nowait() is None
