"""A conversation is summarised, so that the model need not read all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from opencode_fake.run.effects import Event
from opencode_fake.run.events import message_updated, part_updated
from opencode_fake.run.history import forget_reverted
from opencode_fake.run.models import DEFAULT_AGENT
from opencode_fake.scripts.calls import Call, calls
from opencode_fake.scripts.compaction import SUMMARY
from opencode_fake.scripts.model import Tokens, Turn
from opencode_fake.scripts.steps import TextStep
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import GivenPart, ModelRef, TextPart, UserInfo
from opencode_fake.state.world import World

AGENT = "compaction"


def accept_compaction(world: World, session: Session, model: ModelRef, *, auto: bool) -> Iterator[Event]:
    """Stores the message that asks for the summary."""
    yield from forget_reverted(world, session)
    created, previous = world.now(), session.last_user()
    info: UserInfo = {
        "id": world.identifiers.ascending("msg", created),
        "sessionID": session.id,
        "role": "user",
        "time": {"created": created},
        "agent": previous["agent"] if previous is not None else DEFAULT_AGENT,
        "model": model,
    }
    message = session.messages[info["id"]] = Message(info)
    yield message_updated(world, info)
    part = cast(
        "GivenPart",
        {
            "id": world.identifiers.ascending("prt", world.now()),
            "sessionID": session.id,
            "messageID": info["id"],
            "type": "compaction",
            "auto": auto,
        },
    )
    message.parts[part["id"]] = part
    yield part_updated(world, part)


def asks_for_summary(user: Message) -> bool:
    """Whether this message asks for one."""
    return any(part["type"] == "compaction" for part in user.parts.values())


def then_continue(world: World, session: Session, user: Message) -> Iterator[Event]:
    """Where the server summarised on its own account, it asks the model to go on."""
    if not any(part.get("auto") for part in user.parts.values()):
        return
    info = cast("UserInfo", user.info)
    created = world.now()
    asking: UserInfo = {
        "id": world.identifiers.ascending("msg", created),
        "sessionID": session.id,
        "role": "user",
        "time": {"created": created},
        "agent": info["agent"],
        "model": info["model"],
    }
    message = session.messages[asking["id"]] = Message(asking)
    yield message_updated(world, asking)
    end = world.now()
    part: TextPart = {
        "id": world.identifiers.ascending("prt", end),
        "sessionID": session.id,
        "messageID": asking["id"],
        "type": "text",
        "synthetic": True,
        "text": "Continue if you have next steps",
        "time": {"start": end, "end": end},
    }
    message.parts[part["id"]] = part
    yield part_updated(world, part)


def summary_call(tokens: Tokens) -> Call:
    """What the model answers to it."""
    return calls(Turn(steps=(TextStep(text=SUMMARY),)), tokens)[0]
