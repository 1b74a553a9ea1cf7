"""A conversation is summarised, so that the model need not read all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from opencode_fake.run.effects import Event
from opencode_fake.run.events import message_updated, part_updated
from opencode_fake.run.history import forget_reverted
from opencode_fake.run.models import DEFAULT_AGENT
from opencode_fake.scripts.calls import Call, calls
from opencode_fake.scripts.compaction import SUMMARY
from opencode_fake.scripts.model import JsonObject, Tokens, Turn
from opencode_fake.scripts.steps import TextStep
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import ModelRef, Part, UserInfo
from opencode_fake.state.world import World

AGENT = "compaction"
_REPEATED = ("agent", "model", "format", "tools", "system", "variant")
"""What a prompt that is asked again keeps."""
_GO_ON = "Continue if you have next steps"
_OR_ASK = ", or stop and ask for clarification if you are unsure how to proceed."
_TOO_LARGE = (
    "The previous request exceeded the provider's size limit due to large media attachments. The conversation was "
    "compacted and media files were removed from context. If the user was asking about attached images or files, "
    "explain that the attachments were too large to process and suggest they try again with smaller or fewer files.\n\n"
)


def accept_compaction(
    world: World, session: Session, model: ModelRef, *, auto: bool, overflow: bool = False
) -> Iterator[Event]:
    """Stores the message that asks for the summary, because the user wants it or a prompt was an ``overflow``."""
    yield from forget_reverted(world, session)
    previous = session.last_user()
    agent = previous["agent"] if previous is not None else DEFAULT_AGENT
    asked: JsonObject = {"type": "compaction", "auto": auto}
    if overflow:
        asked["overflow"] = True
    yield from _say(world, session, {"agent": agent, "model": model}, [asked])


def asks_for_summary(user: Message) -> bool:
    """Whether this message asks for one."""
    return _asked(user) is not None


def then_continue(world: World, session: Session, user: Message) -> Iterator[Event]:
    """Where the server summarised on its own account, it asks the prompt again, or else asks the model to go on."""
    asked = _asked(user)
    if asked is None or not asked.get("auto"):
        return
    overflow = bool(asked.get("overflow"))
    again = _left_out(session, user) if overflow else None
    if again is not None:
        yield from _say(world, session, again.info, [_without_media(part) for part in again.wire()["parts"]])
    else:
        yield from _say(world, session, user.info, [_going_on(world, overflow=overflow)])


def summary_call(tokens: Tokens) -> Call:
    """What the model answers to it."""
    return calls(Turn(steps=(TextStep(text=SUMMARY),)), tokens)[0]


def _asked(user: Message) -> Part | None:
    return next((part for part in user.parts.values() if part["type"] == "compaction"), None)


def _say(
    world: World, session: Session, told: Mapping[str, object], parts: Iterable[Mapping[str, object]]
) -> Iterator[Event]:
    """Stores a message that the server puts into the user's mouth."""
    created = world.now()
    ids = {"id": world.identifiers.ascending("msg", created), "sessionID": session.id}
    kept = {key: told[key] for key in _REPEATED if key in told}
    info = cast("UserInfo", {**ids, "role": "user", "time": {"created": created}, **kept})
    message = session.messages[info["id"]] = Message(info)
    yield message_updated(world, info)
    for each in parts:
        identifier = world.identifiers.ascending("prt", created)
        part = cast("Part", {**each, "id": identifier, "sessionID": session.id, "messageID": info["id"]})
        message.parts[identifier] = part
        yield part_updated(world, part)


def _left_out(session: Session, user: Message) -> Message | None:
    """The prompt that the summary leaves out, for it is asked again. The first one of a conversation is summarised."""
    prompts: list[Message] = []
    for message in session.ordered():
        if message is user:
            break
        if message.info["role"] == "assistant" and message.info.get("summary") and "finish" in message.info:
            prompts.clear()
        elif message.info["role"] == "user" and not asks_for_summary(message):
            prompts.append(message)
    return prompts[-1] if len(prompts) > 1 else None


def _without_media(part: Part) -> Mapping[str, object]:
    """The part, or what stands in for an image or a PDF."""
    kind = str(part.get("mime", ""))
    if part["type"] != "file" or not (kind.startswith("image/") or kind == "application/pdf"):
        return part
    return {"type": "text", "text": f"[Attached {kind}: {part.get('filename', 'file')}]"}


def _going_on(world: World, *, overflow: bool) -> JsonObject:
    """What the server says to the model after the summary."""
    end = world.now()
    text = (_TOO_LARGE if overflow else "") + _GO_ON + (_OR_ASK if world.behaviours.continuing_may_ask else "")
    part: JsonObject = {"type": "text", "synthetic": True, "text": text, "time": {"start": end, "end": end}}
    if world.behaviours.continuing_is_marked:
        part["metadata"] = {"compaction_continue": True}
    return part
