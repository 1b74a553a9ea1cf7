"""Records cases on a real server, and plays the recordings on the fake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from opencode_contract.evidence import Json
from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.cast import Cast
from opencode_contract.fidelity.compare import Performance
from opencode_contract.fidelity.scene import PATIENT
from opencode_contract.fidelity.stages import USERNAME, Stage, fake_stage
from opencode_fake.recording.proxy import Proxy
from opencode_fake.recording.recorder import Recorder
from opencode_fake.scripts import load_script

GLANCE = 0.05
"""Seconds of silence after which the fake has come to rest."""


@asynccontextmanager
async def recorded(stage: Stage, file: Path) -> AsyncIterator[Stage]:
    """The same stage behind a proxy; what happens on it is written to the file in the end."""
    recorder = Recorder(stage.url, file, username=USERNAME, password=stage.password.get_secret_value())
    async with (
        Proxy(stage.url) as proxy,
        recorder,
        Stage(stage.name, stage.version, proxy.url, stage.password, stage.places) as behind,
    ):
        yield behind


async def record(stage: Stage, case: Case, file: Path) -> Performance:
    """Records a case. Returns what it showed."""
    async with recorded(stage, file) as behind:
        return await Cast(behind, PATIENT).play(case)


async def replay(case: Case, file: Path, version: str) -> Performance:
    """What the same case shows on the fake that plays the recording."""
    async with fake_stage(version, load_script(file)) as stage:
        return await Cast(stage, GLANCE).play(case)


def told(performance: Performance) -> list[Json]:
    """What a case showed, as JSON to keep: the same in every run."""
    return [{"what": each.what, "value": each.value} for each in performance.normal]
