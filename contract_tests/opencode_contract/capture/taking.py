"""Takes a capture of a running server."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version as version_of

import httpx

from opencode_contract.capture.document import Document, canonical, document_of
from opencode_contract.capture.grammar import scenario
from opencode_contract.capture.measuring import measured
from opencode_contract.capture.model import (
    FORMAT,
    Answer,
    Capture,
    LevelWord,
    Measures,
    Observation,
    Request,
    Scenario,
    answers_of,
)
from opencode_contract.capture.opening import Server
from opencode_contract.capture.placeholders import TEXT, blanked, thinned
from opencode_contract.capture.probes import Probe, harmless, probes
from opencode_contract.evidence import Json
from opencode_contract.fidelity.cast import Cast
from opencode_contract.fidelity.compare import Performance
from opencode_contract.fidelity.scene import EVENTS, PATIENT, Seen
from opencode_contract.fidelity.steps import Absent, Send
from opencode_contract.targets import Level

DISTRIBUTION = "opencode-testkit"
TOGETHER = 8
"""Probes that go on at the same time."""
_HEADERS = re.compile(
    r"content-type|content-encoding|www-authenticate|access-control-.*|vary|link|x-next-cursor|cache-control|allow|"
    r"location|x-accel-buffering|x-content-type-options"
)
_LITERAL_ID = re.compile(r"/(ses|msg|prt|per|que)_[^/?]*|/\{(?!id\})[^}]*\}")
_TELLING_HEADERS = frozenset({"link", "x-next-cursor", "location", "www-authenticate"})
"""Headers that may hold ids, addresses or names."""
_BROKEN = 0
_WORDS: Mapping[Level, LevelWord] = {Level.READ: "read", Level.WRITE: "write", Level.PROMPT: "prompt"}


@dataclass(slots=True)
class Take:
    """A capture on its way."""

    server: Server
    level: Level
    on_probe: Callable[[str], None] = lambda _: None
    only: str = "*"
    """Patterns of the probes that are sent, with commas."""
    observations: dict[str, list[Observation]] = field(default_factory=dict)
    scenarios: dict[str, Scenario] = field(default_factory=dict)
    events: dict[str, Json] = field(default_factory=dict)

    @property
    def probes(self) -> tuple[Probe, ...]:
        """What the server is asked."""
        found = probes(self.level, self.only)
        if self.server.own:
            return found
        return tuple(each for each in map(harmless, found) if each is not None)

    async def run(self) -> Capture:
        """Asks everything, and puts down what was seen."""
        cast = Cast(self.server.stage)
        if self.level is Level.PROMPT:
            await cast.prepare()
        chosen = self.probes
        await self._perform_all(cast, chosen)
        measures = await measured(cast, self.server.start_seconds) if "shared" in cast.names else Measures()
        observations = [seen for each in chosen for seen in self.observations[each.case.name]]
        return Capture(
            format=FORMAT,
            kit=version_of(DISTRIBUTION),
            target=self.server.target,
            kind=self.server.kind,
            version=self.server.stage.version,
            level=_WORDS[self.level],
            taken=datetime.now(UTC).replace(microsecond=0),
            contents="own" if self.server.own else "placeholders",
            document=await self._document(),
            observations=observations,
            scenarios=[self.scenarios[each.case.name] for each in chosen if each.case.name in self.scenarios],
            events=dict(sorted(self.events.items())),
            answers=answers_of(observations),
            measures=measures,
        )

    async def _perform_all(self, cast: Cast, chosen: Iterable[Probe]) -> None:
        """Many at a time, and then one by one those that want it, or have waited in vain: a busy server is late."""
        gate = asyncio.Semaphore(TOGETHER)
        calmly: list[Probe] = []

        async def one(probe: Probe) -> None:
            async with gate:
                shown = await cast.play(probe.case)
            if shown.late:
                calmly.append(probe)
            else:
                self._keep(probe, shown)

        await asyncio.gather(*(one(each) for each in chosen if not each.case.alone))
        for each in calmly:
            self._keep(each, await cast.play(each.case, PATIENT))
        for each in chosen:
            if each.case.alone:
                self._keep(each, await cast.play(each.case))

    def _keep(self, probe: Probe, shown: Performance) -> None:
        self.observations[probe.case.name] = [
            self._cleaned(each) for each in _observed(probe, shown.normal if self.server.own else shown.seen)
        ]
        if probe.case.events and self.server.own:
            heard = next(each.value for each in shown.seen if each.what == EVENTS)
            found, examples = scenario(probe.case.name, shown.normaliser.value(heard))
            self.scenarios[probe.case.name] = found
            for name, example in examples.items():
                self.events.setdefault(name, thinned(example))
        self.on_probe(probe.case.name)

    def _cleaned(self, seen: Observation) -> Observation:
        if self.server.own:
            thin = seen.answer.model_copy(update={"body": thinned(seen.answer.body)})
            return seen.model_copy(update={"answer": thin})
        headers = {name: TEXT if name in _TELLING_HEADERS else told for name, told in seen.answer.headers.items()}
        answer = seen.answer.model_copy(update={"body": blanked(seen.answer.body), "headers": headers})
        return seen.model_copy(update={"answer": answer})

    async def _document(self) -> Document:
        stage = self.server.stage
        request = stage.build("GET", "/doc", None, {})
        answer = await stage.http.send(request, auth=stage.credentials)
        if answer.status_code != httpx.codes.OK or "json" not in answer.headers.get("content-type", ""):
            return Document()
        return document_of(answer.json())


def _observed(probe: Probe, shown: Iterable[Seen]) -> Iterator[Observation]:
    sends = _sends(probe)
    deleted: list[str] = []
    number = 0
    for each in shown:
        if not isinstance(each.value, dict) or each.what not in sends:
            continue
        number += 1
        waiting = sends[each.what]
        step = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        yield Observation(
            probe=probe.case.name,
            step=number,
            route=_route(probe, step),
            odd=probe.odd or any(step.path.startswith(path) for path in deleted),
            request=Request(method=step.method, path=step.path, body=_sent(step)),
            answer=_answer(each.value),
        )
        if step.method == "DELETE":
            # Nobody should ask for what is gone.
            deleted.append(step.path)


def _sends(probe: Probe) -> dict[str, list[Send]]:
    found: dict[str, list[Send]] = {}
    for step in probe.case.steps:
        if isinstance(step, Send) and step.observe:
            found.setdefault(f"{step.method} {step.path}", []).append(step)
    return found


def _sent(step: Send) -> Json:
    if not isinstance(step.body, Absent):
        return step.body
    if step.content is None:
        return None
    return step.content.decode("utf-8", errors="replace")


def _route(probe: Probe, step: Send) -> str:
    if probe.case.group in {"bad ids", "bad bodies", "headers"} or probe.case.name.startswith("path."):
        return canonical(probe.case.route)
    bare = step.path.partition("?")[0]
    return canonical(f"{step.method} {_LITERAL_ID.sub('/{id}', bare)}")


def _answer(value: dict[str, Json]) -> Answer:
    status, headers = value.get("status"), value.get("headers")
    if not isinstance(status, int) or not isinstance(headers, dict):
        return Answer(status=_BROKEN, body=value)
    kept = {name: str(told) for name, told in headers.items() if _HEADERS.fullmatch(name)}
    return Answer(status=status, headers=kept, body=value.get("body"))
