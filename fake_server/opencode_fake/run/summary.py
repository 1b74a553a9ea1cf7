"""What a session has changed so far, and what it is called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import cast

from opencode_fake.run.effects import Event, event
from opencode_fake.run.events import message_updated, session_updated
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import FileDiff, Summary, UserInfo
from opencode_fake.state.world import World

_DEFAULT_TITLE = re.compile(r"(?:New|Child) session - \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def summarize(world: World, session: Session, user: Message) -> Iterator[Event]:
    """Works out the diffs of the session and of one prompt again."""
    session.diff = _session_diff(world, session)
    summary = totals(session.diff)
    session.info["summary"] = summary
    world.touch(session)
    updated = session.info["time"]["updated"]
    yield session_updated(world, session, {"time": {"updated": updated}, "summary": summary})
    yield event("session.diff", sessionID=session.id, diff=session.diff)
    info = cast("UserInfo", user.info)
    if "format" in info and world.behaviours.unreadable_inside_too:
        return
    diffs = diff_of(world, [user, *session.answers_to(info["id"])])
    known = info.get("summary")
    info["summary"] = {"title": known["title"], "diffs": diffs} if known and "title" in known else {"diffs": diffs}
    yield message_updated(world, info)


def _session_diff(world: World, session: Session) -> list[FileDiff]:
    if not world.behaviours.session_sums_diffs:
        return []
    messages = session.ordered()
    diffs = diff_of(world, messages)
    if not world.behaviours.session_diff_is_its_own:
        return diffs
    patches = [part for message in messages for part in message.parts.values() if part["type"] == "patch"]
    own = {world.workspace.relative(file) for patch in patches for file in patch["files"]}
    return [diff for diff in diffs if diff["file"] in own]


def totals(diffs: list[FileDiff]) -> Summary:
    """The lines and files of some diffs."""
    return {
        "additions": sum(diff["additions"] for diff in diffs),
        "deletions": sum(diff["deletions"] for diff in diffs),
        "files": len(diffs),
    }


def prompt_diff(session: Session, message_id: str) -> list[FileDiff]:
    """The files that one prompt changed."""
    message = session.messages.get(message_id)
    if message is None or message.info["role"] != "user":
        return []
    return message.info.get("summary", {"diffs": []})["diffs"]


def entitle(world: World, session: Session, title: str) -> Event:
    """Names a session that still has its default title. That counts as an update where every change does."""
    session.info["title"] = title
    if world.behaviours.update_touches == "always":
        world.touch(session)
    return session_updated(world, session, {"title": title})


def untitled_text(world: World, user: Message) -> str | None:
    """The text that a prompt is to be named by; None where it has its name, or none is wanted."""
    if not world.behaviours.user_message_title or "title" in cast("UserInfo", user.info).get("summary", {}):
        return None
    parts = (part for part in user.wire()["parts"] if part["type"] == "text" and not part.get("synthetic"))
    first = next(parts, None)
    return None if first is None else first["text"]


def entitle_prompt(world: World, user: Message, title: str) -> Event:
    """Names a prompt."""
    info = cast("UserInfo", user.info)
    info["summary"] = {"title": title, "diffs": info.get("summary", {"diffs": []})["diffs"]}
    return message_updated(world, info)


def naming(session: Session) -> Message | None:
    """The prompt that will name a session: the only one, in a root session that is called as it was made.

    What consists of nothing that the user wrote counts for no prompt.
    """
    if "parentID" in session.info or not _DEFAULT_TITLE.fullmatch(session.info["title"]):
        return None
    asked = [message for message in session.ordered() if message.info["role"] == "user" and message.is_given]
    return asked[0] if len(asked) == 1 else None


def diff_of(world: World, messages: Iterable[Message]) -> list[FileDiff]:
    """What happened between the first snapshot in these messages and the last."""
    before = after = None
    for message in messages:
        for part in message.parts.values():
            if part["type"] == "step-start" and before is None:
                before = part["snapshot"]
            elif part["type"] == "step-finish":
                after = part["snapshot"]
    if before is None or after is None:
        return []
    return world.workspace.diff(before, after, world.behaviours)
