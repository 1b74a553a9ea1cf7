"""Records cases on a real server, and plays the recordings on the fake."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from opencode_contract.fidelity.accepted import accepted_differences
from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.cast import Cast
from opencode_contract.fidelity.clock import TellingClock
from opencode_contract.fidelity.compare import Difference, Performance, seen_differences
from opencode_contract.fidelity.scene import PATIENT, Seen
from opencode_contract.fidelity.stages import USERNAME, Stage, fake_stage
from opencode_fake.recording.proxy import Proxy
from opencode_fake.recording.recorder import Recorder
from opencode_fake.scripts import load_script

GLANCE = 0.1
"""Seconds of silence after which the fake has come to rest."""


class QuickClock(TellingClock):
    """Lets what was recorded happen in a hundredth of the time. What lasts for ever still outlasts a test."""

    async def sleep(self, seconds: float, *, endless: bool = False) -> None:
        """Sleeps for a hundredth of that."""
        await super().sleep(seconds / 100, endless=endless)


async def record(stage: Stage, case: Case, file: Path) -> list[Seen]:
    """Writes a case down as a script. Returns what it showed, normalised."""
    async with _recorded(stage, file) as behind:
        return _told(await Cast(behind, PATIENT).play(case))


async def replay(case: Case, file: Path, version: str) -> list[Seen]:
    """What the same case shows on the fake that plays the script."""
    async with fake_stage(version, load_script(file), QuickClock()) as stage:
        return _told(await Cast(stage, GLANCE).play(case))


def differences(case: Case, version: str, real: Sequence[Seen], fake: Sequence[Seen]) -> list[Difference]:
    """Where the two differ, but for what is known to."""
    accepted = [rule for rule in accepted_differences() if rule.fits(case, version)]
    found = seen_differences(real, fake)
    return [each for each in found if not (any(rule.covers(each) for rule in accepted) or _of_machine(each))]


def _of_machine(difference: Difference) -> bool:
    """Whether it is about what language servers say, which the server uses where it finds them."""
    return " · metadata · diagnostics · " in difference.place


def write_told(file: Path, seen: Sequence[Seen]) -> None:
    """Keeps what was seen: a line for each thing, so that a change shows as such."""
    lines = ",\n".join(f"[{json.dumps(each.what)}, {_lines(each.value)}]" for each in seen)
    file.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def read_told(file: Path) -> list[Seen]:
    """What was kept."""
    return [Seen(what, value) for what, value in json.loads(file.read_text(encoding="utf-8"))]


@asynccontextmanager
async def _recorded(stage: Stage, file: Path) -> AsyncIterator[Stage]:
    """The stage behind a proxy; what happens on it is in the file in the end."""
    recorder = Recorder(stage.url, file, username=USERNAME, password=stage.password.get_secret_value())
    async with (
        Proxy(stage.url) as proxy,
        recorder,
        Stage(stage.name, stage.version, proxy.url, stage.password, stage.places) as behind,
    ):
        yield behind


def _told(performance: Performance) -> list[Seen]:
    return list(performance.normal)


def _lines(value: object) -> str:
    """JSON, with a line for each item of a list."""
    if not isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    items = ",\n".join(f" {json.dumps(each, ensure_ascii=False)}" for each in value)
    return f"[\n{items}\n]"
