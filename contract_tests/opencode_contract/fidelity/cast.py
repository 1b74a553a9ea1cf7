"""A stage with what all cases share, and what it takes to perform one there."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from opencode_contract.evidence import Json
from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.compare import Performance
from opencode_contract.fidelity.normalise import Normaliser
from opencode_contract.fidelity.scene import QUIET, Scene
from opencode_contract.fidelity.stages import Stage
from opencode_contract.fidelity.steps import Send, Settle, Step, get, post, text

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
            self.unknown.append(essence(probe.normal[0].value))

    async def play(self, case: Case, quiet: float | None = None) -> Performance:
        """Performs a case; ``quiet`` instead of the cast's own says when a session has settled."""
        scene = self.scene(case, self.quiet if quiet is None else quiet)
        try:
            await scene.perform(*complete(case))
            if case.events:
                await scene.settle()
                scene.note_events()
        finally:
            await scene.close()
        return performance(scene)

    def scene(self, case: Case, quiet: float) -> Scene:
        """The scene of a case, with the names that it may use."""
        self._played[case.name] += 1
        names = {**self.names, **_own_ids(case, self._played[case.name]), **case.names}
        return Scene(self.stage, names, quiet=quiet)


def performance(scene: Scene) -> Performance:
    """What a scene showed."""
    return Performance(scene.seen, Normaliser(scene.stage.places, scene.known), scene.late)


def essence(answer: Json) -> Json:
    """What tells the answer to an unknown path from others."""
    if not isinstance(answer, dict):
        return answer
    return {"status": answer.get("status"), "body": answer.get("body")}


def complete(case: Case) -> tuple[Step, ...]:
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
