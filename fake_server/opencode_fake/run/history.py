"""What becomes of a session's past: forks, and going back behind messages and forth again."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator

from opencode_fake.run.effects import Event, event
from opencode_fake.run.events import message_updated, part_removed, part_updated, session_created, session_updated
from opencode_fake.run.summary import diff_of, totals
from opencode_fake.state.git_diff import git_diff
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import PatchPart, Revert
from opencode_fake.state.world import World

_FORK = re.compile(r"(.+) \(fork #(\d+)\)")


def fork(world: World, original: Session | None, directory: str, before: str | None) -> tuple[Session, Iterator[Event]]:
    """A new session, and what is told while it gets copies of the messages before the message ``before``, or of all."""
    titled = original is not None and world.behaviours.forks_are_titled
    title = _fork_title(original.info["title"]) if original is not None and titled else None
    session = world.create_session(directory, title=title)
    return session, _copies(world, session, original.ordered() if original is not None else [], before)


def _copies(world: World, session: Session, messages: list[Message], before: str | None) -> Iterator[Event]:
    yield from session_created(world, session)
    renamed: dict[str, str] = {}
    for message in messages:
        if before is not None and _is_reached(world, message, before):
            break
        yield from _copy(world, session, message, renamed)


def _is_reached(world: World, message: Message, before: str) -> bool:
    found = message.info["id"]
    return found >= before if world.behaviours.forks_compare_ids else found == before


def _fork_title(title: str) -> str:
    known = _FORK.fullmatch(title)
    return f"{known[1]} (fork #{int(known[2]) + 1})" if known else f"{title} (fork #1)"


def _copy(world: World, session: Session, message: Message, renamed: dict[str, str]) -> Iterator[Event]:
    info = copy.deepcopy(message.info)
    info["id"] = renamed[message.info["id"]] = world.identifiers.ascending("msg", world.now())
    info["sessionID"] = session.id
    if info["role"] == "assistant":
        info["parentID"] = renamed.get(info["parentID"], info["parentID"])
    copied = session.messages[info["id"]] = Message(info)
    yield message_updated(world, info)
    for key in sorted(message.parts):
        part = copy.deepcopy(message.parts[key])
        part["id"] = world.identifiers.ascending("prt", world.now())
        part["sessionID"], part["messageID"] = session.id, info["id"]
        copied.parts[part["id"]] = part
        session.count(part)
        yield part_updated(world, part)


def revert(world: World, session: Session, message_id: str, part_id: str | None) -> Iterator[Event]:
    """Puts the files back to what they were before a message or part, which stays listed until the next prompt."""
    messages = session.ordered()
    found = _point(messages, message_id, part_id)
    if found is None:
        return
    point, patches = found
    known = session.info.get("revert")
    point["snapshot"] = known["snapshot"] if known is not None else world.workspace.snapshot()
    world.workspace.undo([(part["hash"], part["files"]) for part in patches])
    point["diff"] = git_diff(world.workspace, point["snapshot"], world.workspace.snapshot())
    undone = diff_of(world, [message for message in messages if message.info["id"] >= point["messageID"]])
    session.diff = undone if world.behaviours.session_sums_diffs else []
    summary = totals(undone)
    session.info["revert"], session.info["summary"] = point, summary
    world.touch(session)
    yield event("session.diff", sessionID=session.id, diff=undone)
    yield session_updated(world, session, {"summary": summary, "revert": point})


def _point(messages: list[Message], message_id: str, part_id: str | None) -> tuple[Revert, list[PatchPart]] | None:
    """Where the session goes back to, and the patches that came from there on."""
    point: Revert | None = None
    user = ""
    patches: list[PatchPart] = []
    for message in messages:
        kept: list[str] = []
        if message.info["role"] == "user":
            user = message.info["id"]
        for key in sorted(message.parts):
            part = message.parts[key]
            if point is not None:
                if part["type"] == "patch":
                    patches.append(part)
                continue
            if key == part_id or (part_id is None and message.info["id"] == message_id):
                point = _at(message, user, part_id if any(kind in ("text", "tool") for kind in kept) else None)
            kept.append(part["type"])
    return None if point is None else (point, patches)


def _at(message: Message, user: str, part_id: str | None) -> Revert:
    if part_id is None:
        return Revert(messageID=user or message.info["id"], snapshot="", diff="")
    return Revert(messageID=message.info["id"], partID=part_id, snapshot="", diff="")


def unrevert(world: World, session: Session) -> Iterator[Event]:
    """Takes a revert back."""
    point = session.info.pop("revert", None)
    if point is None:
        return
    world.workspace.restore(point["snapshot"])
    world.touch(session)
    yield session_updated(world, session, {"revert": None})


def forget_reverted(world: World, session: Session) -> Iterator[Event]:
    """Removes what was reverted for good: a new prompt takes its place."""
    point = session.info.pop("revert", None)
    if point is None:
        return
    target = session.messages.get(point["messageID"])
    after = [key for key in sorted(session.messages) if key > point["messageID"]]
    if target is None and world.behaviours.revert_needs_its_message:
        after = []
    part_id = point.get("partID") if world.behaviours.revert_keeps_parts else None
    for key in [point["messageID"], *after] if target is not None and part_id is None else after:
        session.remove(key)
        yield event("message.removed", sessionID=session.id, messageID=key)
    if target is not None and part_id is not None:
        yield from _remove_parts(session, target, part_id)
    world.touch(session)
    yield session_updated(world, session, {"revert": None})


def _remove_parts(session: Session, message: Message, first: str) -> Iterator[Event]:
    for key in [key for key in sorted(message.parts) if key >= first]:
        part = message.parts.pop(key)
        session.count(part, -1)
        yield part_removed(part["sessionID"], part["messageID"], key)


def remove_part(world: World, message: Message, part_id: str) -> None:
    """Forgets a part of a message, if it has it, and what it cost."""
    part, session = message.parts.pop(part_id, None), world.store.find(message.info["sessionID"])
    if part is not None and session is not None:
        session.count(part, -1)


def remove_message(session: Session, message_id: str) -> Event:
    """Forgets a message, whether or not there is one."""
    session.remove(message_id)
    return event("message.removed", sessionID=session.id, messageID=message_id)
