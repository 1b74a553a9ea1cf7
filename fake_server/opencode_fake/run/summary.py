"""What a session has changed so far, and what it is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from opencode_fake.run.effects import Event, event
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import FileDiff, UserInfo
from opencode_fake.state.world import World, default_title


def summarize(world: World, session: Session, user: Message) -> Iterator[Event]:
    """Works out the diffs of the session and of one prompt again."""
    session.diff = _diff(world, session.ordered())
    session.info["summary"] = {
        "additions": sum(diff["additions"] for diff in session.diff),
        "deletions": sum(diff["deletions"] for diff in session.diff),
        "files": len(session.diff),
    }
    session.info["time"]["updated"] = world.now()
    yield event("session.updated", info=session.info)
    yield event("session.diff", sessionID=session.id, diff=session.diff)
    info = cast("UserInfo", user.info)
    diffs = _diff(world, [user, *session.answers_to(info["id"])])
    known = info.get("summary")
    info["summary"] = {"title": known["title"], "diffs": diffs} if known and "title" in known else {"diffs": diffs}
    yield event("message.updated", info=info)


def entitle(session: Session, title: str) -> Event:
    """Names a session that still has its default title. That does not count as an update."""
    session.info["title"] = title
    return event("session.updated", info=session.info)


def entitle_prompt(user: Message, title: str) -> Event:
    """Names a prompt."""
    info = cast("UserInfo", user.info)
    info["summary"] = {"title": title, "diffs": info.get("summary", {"diffs": []})["diffs"]}
    return event("message.updated", info=info)


def wants_title(session: Session) -> bool:
    """Whether the first prompt of this session will name it: a root session with its default title."""
    info = session.info
    users = sum(message.info["role"] == "user" for message in session.messages.values())
    return (
        users == 1 and "parentID" not in info and info["title"] == default_title(info["time"]["created"], child=False)
    )


def _diff(world: World, messages: Iterable[Message]) -> list[FileDiff]:
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
    return world.workspace.diff(before, after, with_status=world.behaviours.diff_has_status)
