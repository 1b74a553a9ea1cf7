"""What a tool tells may overtake the stream that called it, so it is put behind the stream.

A tool works from the moment when its call is complete, while the reader of the model's stream may still be busy with
the parts before it (it takes a snapshot of the files at each step's start). So *a tool's own events* come at any place
among the parts of its step: what it asks (``permission.asked``, ``question.asked``), ``todo.updated``, all that is told
of the session of its subagent, and that the tool ``invalid``, which has nothing to do, is done (1.1.53: before the text
in front of it ends, or after, each five times of ten). They are put behind the parts that follow them, up to anything
else: what came of another tool, the end of the step, an answer of the user. Those of one session keep their order among
themselves, and the log of a subagent's session is treated the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from opencode_contract.evidence import Json

_OF_TOOLS = frozenset({"permission.asked", "question.asked", "todo.updated"})
_OF_USERS = "session.deleted"
"""No tool deletes a session."""
_STREAMED = frozenset({"step-start", "text", "reasoning"})
_UNDER_WAY = frozenset({"pending", "running"})


def tools_behind_stream(events: Iterable[dict[str, Json]]) -> list[dict[str, Json]]:
    """The same events, each tool's own behind the parts that it may have overtaken."""
    listed = list(events)
    parents = dict(filter(None, map(_birth, listed)))
    roots = frozenset(parents.values()) - parents.keys()
    return list(_woven(listed, roots, parents))


def _woven(
    events: Iterable[dict[str, Json]], own: frozenset[str], parents: dict[str, str]
) -> Iterator[dict[str, Json]]:
    """The events of the sessions ``own``, and of those below them as events of their tools."""
    held: list[dict[str, Json]] = []
    below: dict[str, list[dict[str, Json]]] = {}
    for event in events:
        session = _session(event)
        if session in parents and session not in own and event.get("type") != _OF_USERS:
            below.setdefault(_child(session, own, parents), []).append(event)
        elif event.get("type") in _OF_TOOLS or _is_done_at_once(event):
            held.append(event)
        else:
            if not _is_streamed(event):
                yield from _released(held, below, parents)
                held, below = [], {}
            yield event
    yield from _released(held, below, parents)


def _released(
    held: list[dict[str, Json]], below: dict[str, list[dict[str, Json]]], parents: dict[str, str]
) -> Iterator[dict[str, Json]]:
    yield from held
    for child, told in below.items():
        yield from _woven(told, frozenset({child}), parents)


def _child(session: str, own: frozenset[str], parents: dict[str, str]) -> str:
    """The child of one of ``own`` that ``session`` is, or is below."""
    while parents[session] not in own:
        session = parents[session]
    return session


def _session(event: dict[str, Json]) -> str:
    """The session that an event is about; an event that tells of a session as a whole may name it nowhere else."""
    properties, info, part = _held(event, ""), _held(event, "info"), _held(event, "part")
    named = properties.get("sessionID") or info.get("sessionID") or part.get("sessionID") or info.get("id")
    return str(named)


def _birth(event: dict[str, Json]) -> tuple[str, str] | None:
    """A session that has a parent, and that parent."""
    info = _held(event, "info") if event.get("type") == "session.created" else {}
    return (str(info["id"]), str(info["parentID"])) if "parentID" in info else None


def _is_streamed(event: dict[str, Json]) -> bool:
    """Whether an event tells of a part that the model's stream makes, not of what came of a tool."""
    if event.get("type") == "message.part.delta":
        return True
    part, state = _held(event, "part"), _held(event, "part").get("state")
    under_way = isinstance(state, dict) and state.get("status") in _UNDER_WAY
    return event.get("type") == "message.part.updated" and (part.get("type") in _STREAMED or under_way)


def _is_done_at_once(event: dict[str, Json]) -> bool:
    """Whether an event tells what came of the tool that is called in place of one that is not offered."""
    part = _held(event, "part")
    return event.get("type") == "message.part.updated" and part.get("tool") == "invalid" and not _is_streamed(event)


def _held(event: dict[str, Json], key: str) -> dict[str, Json]:
    """What an event tells, or what is under a key of it."""
    told = event.get("properties")
    found = told.get(key) if key and isinstance(told, dict) else told
    return found if isinstance(found, dict) else {}
