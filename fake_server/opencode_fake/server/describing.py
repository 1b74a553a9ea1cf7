"""What happened on a server, as a text for whoever looks for the cause of a failed test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from textwrap import shorten
from typing import TypeAlias

from opencode_fake.scripts.matching import Unmatched, label
from opencode_fake.scripts.model import Reply
from opencode_fake.server.journal import Received
from opencode_fake.server.record import Happened
from opencode_fake.state.barriers import Barrier
from opencode_fake.state.wire import AssistantInfo, MessageWithParts, Part, SessionInfo
from opencode_fake.state.world import World

WIDTH = 110
LONGEST_LIST = 40
"""Lines of requests and of messages that are shown, the last ones; how many there are is told."""
Since: TypeAlias = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A session as the server shows it."""

    info: SessionInfo
    status: str
    messages: Sequence[MessageWithParts]


def conversations(world: World) -> list[Conversation]:
    """The sessions of a fake, oldest first."""
    return [
        Conversation(
            session.info,
            world.statuses.get(session.id, {"type": "idle"})["type"],
            [message.wire() for message in session.ordered()],
        )
        for session in reversed(list(world.store.by_age()))
    ]


def describe(
    sessions: Sequence[Conversation],
    unmatched: Iterable[Unmatched],
    unused: Iterable[Reply],
    requests: Iterable[Received] = (),
    events: Iterable[Happened] = (),
    held: Iterable[Barrier] = (),
) -> str:
    """The conversation, what was received and told, prompts without a reply and replies without a prompt."""
    since = _since(sessions)
    sections = {
        "prompts that no reply answers": [line for each in unmatched for line in str(each).splitlines()],
        "conversation": [line for each in sessions for line in _conversation(each, since)],
        "requests": _cut([f"{since(each.at)} {each}" for each in requests]),
        "events": list(_events(events)),
        "steps held": [str(each) for each in held],
        "replies never used": [label(each) for each in unused],
    }
    lines: list[str] = []
    for heading, found in sections.items():
        if found:
            lines += [heading, *(f"  {line}" for line in found)]
    return "\n".join(lines) or "nothing was received"


def _conversation(session: Conversation, since: Since) -> Iterator[str]:
    yield f"{session.info['id']} {session.info['title']!r} ({session.status})"
    yield from (f"  {line}" for line in _cut(list(_messages(session, since))))


def _messages(session: Conversation, since: Since) -> Iterator[str]:
    for message in session.messages:
        info = message["info"]
        lines = [line for part in message["parts"] if (line := _part(part))]
        if info["role"] == "assistant":
            lines.append(_ending(info))
        begin = f"{since(info['time']['created'])} {info['role']:<9} "
        yield begin + (lines[0] if lines else "(no parts)")
        yield from (" " * len(begin) + line for line in lines[1:])


def _ending(info: AssistantInfo) -> str:
    failure = info.get("error")
    if failure is None:
        return f"finish {info.get('finish') or 'not yet'}"
    return f"error {failure['name']}: {_short(failure['data'].get('message', ''))}"


def _part(part: Part) -> str:
    match part["type"]:
        case "text" | "reasoning":
            return f"{part['type']} {_short(part['text'])}"
        case "tool":
            state = part["state"]
            outcome = state.get("error") if state["status"] == "error" else state.get("output")
            came = f" -> {_short(outcome)}" if outcome is not None else ""
            given = shorten(json.dumps(state["input"], ensure_ascii=False), WIDTH // 2, placeholder="...")
            return f"tool {part['tool']} {state['status']} {given}{came}"
        case "step-start" | "step-finish" | "patch":
            return ""
        case kind:
            return f"{kind} part"


def _events(events: Iterable[Happened]) -> Iterator[str]:
    """The types, those that follow each other told once: ``message.part.updated x4``."""
    line = ""
    for kind, same in groupby(each.type for each in events):
        count = len(list(same))
        word = kind if count == 1 else f"{kind} x{count}"
        if line and len(line) + len(word) > WIDTH:
            yield line
            line = ""
        line = f"{line}, {word}" if line else word
    if line:
        yield line


def _since(sessions: Iterable[Conversation]) -> Since:
    """How many seconds after the first session was made something happened."""
    begin = min((session.info["time"]["created"] for session in sessions), default=None)
    return lambda moment: f"{(moment - begin) / 1000:+9.3f}" if begin is not None else ""


def _short(text: object) -> str:
    return repr(shorten(str(text), WIDTH // 2, placeholder="..."))


def _cut(lines: list[str]) -> list[str]:
    left_out = len(lines) - LONGEST_LIST
    return [f"({left_out} older lines are left out)", *lines[left_out:]] if left_out > 0 else lines
