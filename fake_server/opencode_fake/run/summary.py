"""What a session has changed so far, and what it is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from opencode_fake.run.effects import Event, event
from opencode_fake.run.events import message_updated, session_updated
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import FileDiff, Summary, UserInfo
from opencode_fake.state.world import World, default_title


def summarize(world: World, session: Session, user: Message) -> Iterator[Event]:
    """Works out the diffs of the session and of one prompt again."""
    session.diff = diff_of(world, session.ordered()) if world.behaviours.session_sums_diffs else []
    summary = totals(session.diff)
    session.info["summary"] = summary
    world.touch(session)
    updated = session.info["time"]["updated"]
    yield session_updated(world, session, {"time": {"updated": updated}, "summary": summary})
    yield event("session.diff", sessionID=session.id, diff=session.diff)
    info = cast("UserInfo", user.info)
    diffs = diff_of(world, [user, *session.answers_to(info["id"])])
    known = info.get("summary")
    info["summary"] = {"title": known["title"], "diffs": diffs} if known and "title" in known else {"diffs": diffs}
    yield message_updated(world, info)


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


def entitle_prompt(world: World, user: Message, title: str) -> Event:
    """Names a prompt."""
    info = cast("UserInfo", user.info)
    info["summary"] = {"title": title, "diffs": info.get("summary", {"diffs": []})["diffs"]}
    return message_updated(world, info)


def wants_title(session: Session) -> bool:
    """Whether the first prompt of this session will name it: a root session with its default title."""
    info = session.info
    users = sum(message.info["role"] == "user" for message in session.messages.values())
    return (
        users == 1 and "parentID" not in info and info["title"] == default_title(info["time"]["created"], child=False)
    )


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
