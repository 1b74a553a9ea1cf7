"""Events that a server tells from the background may come earlier or later, but not be missing or say anything else.

*In the background* are ``session.updated``, ``session.diff``, and each ``message.updated`` of a user message but its
first. Title and summary are made at the same time as the answer, each when a model or git is done, and tell of
themselves by these events, whose content is the whole session or message as it is at that moment. So they are taken
out of the log, and for each thing (a session, a message, a session's diff) the *history* of each of its fields is
compared: the values that it took one after the other, a time only by whether it is there. A session's begin with those
that it was created with.

*Progress* is a ``message.part.updated`` of a running tool that shows the output so far, or the session of its subagent.
The real server tells of it when it comes to it, often not at all (1.1.53: between none and two for one and the same
command). So it is taken out as well. What both stages tell has to have the same fields and values, and each output to
be a beginning of the final one. *That a tool runs* is told first by the reader of the stream or, from 1.14.34 on, by
the tool itself together with what it shows, whoever is faster (1.18.34: the reader in one of twelve). So the first time
is compared without what is shown (``metadata`` and ``title`` of progress, ``raw``), and its progress is noted.

All other events keep their order, but for what tools may overtake: see ``overtaking``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from opencode_contract.evidence import Json
from opencode_contract.fidelity.overtaking import tools_behind_stream

_BACKGROUND = frozenset({"session.updated", "session.diff"})
_OUTPUT = "state.metadata.output"
_PROGRESS = frozenset({_OUTPUT, "state.metadata.sessionId"})


@dataclass(slots=True)
class Log:
    """A log of events, taken apart."""

    foreground: list[dict[str, Json]] = field(default_factory=list)
    told: dict[str, list[Json]] = field(default_factory=dict)
    progress: dict[str, list[dict[str, Json]]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    """The tools that were told to run."""

    @property
    def histories(self) -> Json:
        """For each thing in the background and each of its fields the values that it took."""
        return {subject: dict[str, Json](_history(told)) for subject, told in sorted(self.told.items())}

    @property
    def outline(self) -> Json:
        """How many events of each kind there are, and how often each field changed.

        Two stages that have come equally far have this in common before anything is normalised.
        """
        changes: dict[str, list[Json]] = {}
        for subject, told in self.told.items():
            counts = {name: len(values) for name, values in _history(told).items() if "time" not in name}
            changes.setdefault(subject.partition(" ")[0], []).append(dict[str, Json](counts))
        kinds = Counter(_content(event)[0] for event in self.foreground)
        return {"kinds": dict[str, Json](kinds), "changes": dict[str, Json](changes)}

    def progress_beside(self, other: Log) -> Json:
        """What is told of the tools whose progress the other log tells of, too."""
        shown: dict[str, Json] = {}
        for part in sorted(self.progress.keys() & other.progress.keys()):
            fields = [{name: value for name, value in each.items() if name != _OUTPUT} for each in self.progress[part]]
            grows = all(
                self.outputs.get(part, "").startswith(str(each.get(_OUTPUT, ""))) for each in self.progress[part]
            )
            shown[part] = {"shows": [*dict(fields[0])], "values": fields[0], "grows into the output": grows}
        return shown


def take_apart(events: Json) -> Log:
    """What is in the foreground, in the background, and progress."""
    log = Log()
    users: set[str] = set()
    for event in events if isinstance(events, list) else []:
        if not isinstance(event, dict):
            continue
        kind, content = _content(event)
        user = _user_message(kind, content)
        if kind == "session.created":
            log.told.setdefault(f"session.updated {_subject(content)}", []).append(content)
        if kind in _BACKGROUND or user in users:
            log.told.setdefault(f"{kind} {user or _subject(content)}", []).append(content)
        else:
            log.foreground += _without_progress(log, event)
            users |= {user} - {""}
    log.foreground = tools_behind_stream(log.foreground)
    return log


def _without_progress(log: Log, event: dict[str, Json]) -> Iterator[dict[str, Json]]:
    """An event unless it is progress, which is noted, as is the final output of a tool."""
    told = event.get("properties")
    part = told.get("part") if event.get("type") == "message.part.updated" and isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(part, dict) or part.get("type") != "tool":
        yield event
        return
    flat, name = dict(_flat(part)), str(part.get("id"))
    output, runs = flat.get("state.output"), flat.get("state.status") == "running"
    if isinstance(output, str):
        log.outputs[name] = output
    shows = runs and bool(_PROGRESS & flat.keys())
    if shows:
        log.progress.setdefault(name, []).append(flat)
    if runs and name not in log.begun:
        log.begun.add(name)
        yield {**event, "properties": {**told, "part": _begun(part, shows=shows)}}
    elif not shows:
        yield event


def _begun(part: dict[str, Json], *, shows: bool) -> Json:
    """A running tool without what it shows."""
    state, shown = part["state"], {"raw", "metadata", "title"} if shows else {"raw"}
    kept = {key: value for key, value in state.items() if key not in shown} if isinstance(state, dict) else state
    return {**part, "state": kept}


def _content(event: dict[str, Json]) -> tuple[str, Json]:
    kind = event.get("type")
    return (kind if isinstance(kind, str) else ""), event.get("properties")


def _user_message(kind: str, content: Json) -> str:
    info = content.get("info") if isinstance(content, dict) else None
    if kind != "message.updated" or not isinstance(info, dict) or info.get("role") != "user":
        return ""
    return str(info.get("id"))


def _subject(content: Json) -> str:
    if not isinstance(content, dict):
        return ""
    info = content.get("info")
    return str(info.get("id") if isinstance(info, dict) else content.get("sessionID"))


def _history(told: list[Json]) -> dict[str, list[Json]]:
    flat = [dict(_flat(content)) for content in told]
    names = sorted({name for each in flat for name in each})
    return {name: [value for value, _ in groupby(each.get(name, "(absent)") for each in flat)] for name in names}


def _flat(content: Json, place: str = "") -> Iterator[tuple[str, Json]]:
    if isinstance(content, dict) and content:
        for key, value in content.items():
            yield from _flat(value, f"{place}.{key}" if place else key)
    else:
        yield place, content
