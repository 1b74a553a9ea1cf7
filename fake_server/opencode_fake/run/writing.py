"""What a run writes into its session: parts and messages, and what becomes of it where the session was deleted."""

from __future__ import annotations

from opencode_fake.run.effects import Event, dumps
from opencode_fake.run.errors import CallFailed, unknown_error
from opencode_fake.run.events import message_updated, part_updated
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import Part
from opencode_fake.state.world import World

_INSERT = (
    'Failed query: insert into "part" ("id", "message_id", "session_id", "time_created", "time_updated", "data") '
    'values (?, ?, ?, ?, ?, ?) on conflict ("part"."id") do update set "time_updated" = ?, "data" = ?\nparams: '
)


class WriteRefused(CallFailed):
    """The session is gone, and the database takes nothing more for it."""


def write_part(world: World, session: Session, message: Message, part: Part) -> Event:
    """Keeps a part and tells of it. Raises WriteRefused."""
    if world.behaviours.late_writes == "refused" and session.deleted:
        raise WriteRefused(unknown_error(world.behaviours.late_write_error or _failed_insert(world, part)))
    message.parts[part["id"]] = part
    return part_updated(world, part)


def write_message(world: World, session: Session, message: Message) -> Event:
    """Keeps a message and tells of it. Raises WriteRefused."""
    if world.behaviours.late_writes == "refused" and session.deleted:
        raise WriteRefused(unknown_error(world.behaviours.late_write_error))
    session.messages[message.info["id"]] = message
    return message_updated(world, message.info)


def _failed_insert(world: World, part: Part) -> str:
    """The error of a database whose driver shows what it was asked."""
    now = f"{world.now()}"
    ids = part["id"], part["messageID"], part["sessionID"]
    data = dumps({key: value for key, value in part.items() if value not in ids})
    return _INSERT + ",".join((*ids, now, now, data, now, data))
