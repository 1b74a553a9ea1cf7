"""The events of sessions, messages and parts, with what a version tells in them.

They are the ones that a session's history keeps: from 1.14.34 ``/global/event`` sends them a second time, as history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from opencode_fake.run.effects import Event, dumps, event
from opencode_fake.state.store import Session
from opencode_fake.state.wire import MessageInfo, Part, SessionInfo, TextPart
from opencode_fake.state.world import World


def kept(
    world: World, kind: str, session_id: str, change: Mapping[str, object] | None = None, **properties: object
) -> Event:
    """An event that a session's history keeps, of which it keeps only the ``change`` where there is one."""
    if world.behaviours.events_name_session:
        properties = {"sessionID": session_id, **properties}
    kept_change = None if change is None else dumps({"sessionID": session_id, "info": change})
    return Event(kind, dumps(properties), session_id, kept_change)


def session_created(world: World, session: Session) -> tuple[Event, ...]:
    """A new session, which older versions tell twice."""
    created = kept(world, "session.created", session.id, info=session.info)
    if world.behaviours.creation_is_an_update:
        # The history does not keep this one.
        return created, replace(session_updated(world, session), history=None)
    return (created,)


def session_updated(world: World, session: Session, change: Mapping[str, object] | None = None) -> Event:
    """Something of a session is another: ``change`` says what."""
    return kept(world, "session.updated", session.id, change, info=session.info)


def session_deleted(world: World, session: Session) -> tuple[Event, ...]:
    """A session is no more, which some versions tell as an update first."""
    deleted = kept(world, "session.deleted", session.id, info=session.info)
    if not world.behaviours.deleting_is_an_update:
        return (deleted,)
    touched: SessionInfo = {**session.info, "time": {**session.info["time"], "updated": world.now()}}
    return session_updated(world, Session(touched)), deleted


def message_updated(world: World, info: MessageInfo) -> Event:
    """A message is new or another."""
    return kept(world, "message.updated", info["sessionID"], info=info)


def part_updated(world: World, part: Part) -> Event:
    """A part is new or another."""
    if world.behaviours.events_name_session:
        return kept(world, "message.part.updated", part["sessionID"], part=part, time=world.now())
    return kept(world, "message.part.updated", part["sessionID"], part=part)


def part_removed(session_id: str, message_id: str, part_id: str) -> Event:
    """A part was taken out of its message."""
    return event("message.part.removed", sessionID=session_id, messageID=message_id, partID=part_id)


def text_grew(world: World, part: TextPart, delta: str) -> Event:
    """A piece of text was streamed: an event of its own, or one of the part as it now is."""
    if not world.behaviours.text_in_deltas:
        return kept(world, "message.part.updated", part["sessionID"], part=part, delta=delta)
    ids = {"sessionID": part["sessionID"], "messageID": part["messageID"], "partID": part["id"]}
    return Event("message.part.delta", dumps({**ids, "field": "text", "delta": delta}))
