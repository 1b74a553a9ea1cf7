"""Drives two stages through the same cases and says how each came out."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from opencode_contract.evidence import Json
from opencode_contract.fidelity.accepted import Accepted, reason_for
from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.compare import Performance, compare
from opencode_contract.fidelity.normalise import Normaliser
from opencode_contract.fidelity.outcome import Outcome, Result, VersionReport
from opencode_contract.fidelity.scene import PATIENT, QUIET, Scene, Seen
from opencode_contract.fidelity.stages import Stage
from opencode_contract.fidelity.steps import Send, Settle, Step, get, post, text

TOGETHER = 8
"""Cases that go on at the same time."""
CALM = 2
"""The same for those that are performed once more."""
_FRESH = Send("POST", "/session", {}, save={"ses": "id"}, observe=False)
_LISTS = "/session?directory={lists}"
_APART = 0.03
"""Seconds between two sessions whose order is looked at later."""


@dataclass(slots=True)
class Cast:
    """A stage with what all cases share: some sessions with messages, and how it answers an unknown path."""

    stage: Stage
    quiet: float = QUIET
    """When a session has settled, see ``scene.QUIET``."""
    names: Mapping[str, str] = field(default_factory=dict)
    unknown: list[Json] = field(default_factory=list)
    _played: Counter[str] = field(default_factory=Counter)

    async def prepare(self) -> None:
        """Makes what the cases share."""
        scene = Scene(self.stage, {"lists": f"{self.stage.places.temporary}/lists"}, quiet=self.quiet)
        for step in _shared():
            await scene.perform(step)
            if isinstance(step, Send) and step.path == _LISTS:
                await asyncio.sleep(_APART)
        self.names = dict(scene.names)
        await self.learn_unknown()

    async def learn_unknown(self) -> None:
        """Finds out how the stage answers an unknown path."""
        for method in ("GET", "POST", "PATCH", "DELETE"):
            probe = await self.play(Case("", "", "good input", (Send(method, "/there/is/no/such/path"),)))
            self.unknown.append(_essence(probe.normal[0].value))

    async def answers_as_unknown(self, request: Send) -> bool:
        """Whether a request is answered as an unknown path."""
        shown = await self.play(Case("", "", "good input", (request,)))
        return _essence(shown.normal[0].value) in self.unknown

    async def play(self, case: Case, quiet: float | None = None) -> Performance:
        """Performs a case; ``quiet`` instead of the cast's own says when a session has settled."""
        self._played[case.name] += 1
        names = {**self.names, **_own_ids(case, self._played[case.name]), **case.names}
        scene = Scene(self.stage, names, quiet=self.quiet if quiet is None else quiet)
        try:
            for step in _complete(case):
                await scene.perform(step)
            if case.events:
                await scene.settle()
                scene.note_events()
        finally:
            await scene.close()
        return Performance(scene.seen, Normaliser(self.stage.places, scene.known))


async def measure(
    real: Stage,
    fake: Stage,
    cases: Iterable[Case],
    accepted: Iterable[Accepted] = (),
    on_result: Callable[[Result], None] = lambda _: None,
) -> VersionReport:
    """Performs all cases on both stages: many at a time, then those that want to be alone.

    Where a case comes out different it is performed once more, calmly and with patience, and that counts: a real server
    under load is late with what it makes in the background, which says nothing about the fake.
    """
    casts = Cast(real), Cast(fake)
    await asyncio.gather(*(cast.prepare() for cast in casts))
    rules = tuple(accepted)
    gate, calm = asyncio.Semaphore(TOGETHER), asyncio.Semaphore(CALM)

    async def once(case: Case, quiet: float) -> Result:
        shown = await asyncio.gather(*(cast.play(case, quiet) for cast in casts))
        return judge(case, real.version, shown[0], shown[1], casts[1].unknown, rules)

    async def together(case: Case) -> Result:
        async with gate:
            result = await once(case, QUIET)
            if result.good:
                on_result(result)
            return result

    async def again(result: Result) -> Result:
        if result.good:
            return result
        async with calm:
            if result.outcome is Outcome.DIFFERENT:
                result = await once(result.case, PATIENT)
            on_result(result)
            return result

    listed = tuple(cases)
    first = await asyncio.gather(*(together(case) for case in listed if not case.alone))
    second = await asyncio.gather(*(again(result) for result in first))
    alone = [await again(await together(case)) for case in listed if case.alone]
    return VersionReport(real.version, (*second, *alone))


def judge(
    case: Case,
    version: str,
    real: Performance,
    fake: Performance,
    unknown: list[Json],
    accepted: Iterable[Accepted] = (),
) -> Result:
    """How a case came out."""
    differences = compare(real, fake)
    if not differences:
        return Result(case, Outcome.SAME)
    reason = reason_for(accepted, case, version, differences)
    if reason is not None:
        return Result(case, Outcome.ACCEPTED, differences, reason)
    missing = _not_implemented(real.normal, fake.normal, unknown)
    return Result(case, Outcome.NOT_IMPLEMENTED if missing else Outcome.DIFFERENT, differences)


def _not_implemented(real: list[Seen], fake: list[Seen], unknown: list[Json]) -> bool:
    """Whether the fake answers something as an unknown path that the real server does not."""
    return any(
        _essence(other.value) in unknown and _essence(one.value) not in unknown
        for one, other in zip(real, fake, strict=False)
    )


def _essence(answer: Json) -> Json:
    if not isinstance(answer, dict):
        return answer
    return {"status": answer.get("status"), "body": answer.get("body")}


def _complete(case: Case) -> tuple[Step, ...]:
    """The steps; the session that they speak of is made first, unless they make it."""
    made = any(isinstance(step, Send) and "ses" in step.save for step in case.steps)
    if made or "ses" in case.names or not re.search(r"\{ses\}", repr(case.steps)):
        return case.steps
    return (_FRESH, *case.steps)


def _own_ids(case: Case, turn: int) -> dict[str, str]:
    """Ids that a case may give to what it makes: old ones, and of no other case, nor of an earlier turn of its own."""
    digits = f"0000000001{sha256(f'{case.name} {turn}'.encode()).hexdigest()[:16]}"
    return {"own_message": f"msg_{digits}", "own_part": f"prt_{digits}"}


def _shared() -> tuple[Step, ...]:
    prompt = text("play plain")
    found: list[Step] = []
    for name in ("shared", "elsewhere"):
        path = f"/session/{{{name}}}/message"
        ids = {f"{name}_user": "0.info.id", f"{name}_part": "0.parts.0.id", f"{name}_answer": "1.info.id"}
        found += [post("/session", {}, **{name: "id"}), post(path, prompt), Settle(), get(path, **ids)]
    found += [
        post(_LISTS, {"title": "first ü"}, first="id"),
        post(_LISTS, {"title": "second"}, second="id"),
        post(_LISTS, {"title": "third", "parentID": "{first}"}, third="id"),
    ]
    return tuple(found)
