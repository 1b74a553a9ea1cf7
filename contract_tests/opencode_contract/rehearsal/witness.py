"""Asks a server what it knows of sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx

from opencode_contract.rehearsal.premises import Running
from opencode_contract.rehearsal.snapshot import Place, Snapshot, ToldSession
from opencode_contract.rehearsal.wire import SHOWN, object_of, objects_of

ALL = "100000"
"""A limit that no list reaches: without one, versions from 1.2.6 on stop at a hundred."""
PATIENCE = 2.0
"""Seconds that a server gets to find its sessions once it is healthy."""


async def take_snapshot(server: Running, wanted: Sequence[Place]) -> Snapshot:
    """What the server tells, asked again a little later when something is missing."""
    snapshot = await _take(server, wanted)
    if all(session.there for session in snapshot.sessions.values()):
        return snapshot
    await asyncio.sleep(PATIENCE)
    return await _take(server, wanted)


async def _take(server: Running, wanted: Sequence[Place]) -> Snapshot:
    health = await server.ask("GET", "/global/health")
    listed: dict[str, Place] = {}
    for directory in sorted({place.directory for place in wanted}):
        answer = await server.ask("GET", "/session", directory, limit=ALL)
        listed |= {str(info["id"]): Place(str(info["id"]), directory) for info in objects_of(answer) or ()}
    places = {place.session_id: place for place in wanted} | listed
    sessions = [await _told(server, place, listed=place.session_id in listed) for place in places.values()]
    return Snapshot(
        server.version,
        health=f"{health.status_code} {health.text[:SHOWN]}",
        healthy=health.status_code == httpx.codes.OK,
        sessions={session.place.session_id: session for session in sessions},
    )


async def _told(server: Running, place: Place, *, listed: bool) -> ToldSession:
    path = f"/session/{place.session_id}"
    session = await server.ask("GET", path, place.directory)
    history = await server.ask("GET", f"{path}/message", place.directory)
    info, messages = object_of(session), objects_of(history)
    lacking = [answer for answer, found in ((session, info), (history, messages)) if found is None]
    return ToldSession(place, listed, info, messages, "; ".join(map(server.describe, lacking)))
