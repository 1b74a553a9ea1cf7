"""The state machine finds what differs, shrinks it, and writes a program that shows it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from opencode_contract.fidelity.compare import Difference, Performance
from opencode_contract.fidelity.duo import Duo
from opencode_contract.fidelity.exploration import exploration, rounds
from opencode_contract.fidelity.httpx_script import httpx_script
from opencode_contract.fidelity.machine import explore
from opencode_contract.fidelity.normalise import Normaliser
from opencode_contract.fidelity.outcome import Audience, Bounds, Exploration
from opencode_contract.fidelity.scene import Scene
from opencode_contract.fidelity.stagehand import Stagehand
from opencode_contract.fidelity.stages import Places, Stage, fake_stage, fidelity_script
from opencode_contract.fidelity.steps import Await, Close, Join, Open, Pass, Send, Settle, Step, get, patch, post, text

pytestmark = pytest.mark.system

DIFFERENCE = Difference('1. GET "x" \\ y', "a", "b")


async def explored(real: str, fake: str, bounds: Bounds) -> Exploration:
    """What the machine finds between two fakes."""
    script = fidelity_script()
    async with fake_stage(real, script) as left, fake_stage(fake, script) as right:
        return await exploration([(left, right)], bounds)


async def test_nothing_is_found_between_two_of_the_same() -> None:
    """Two fakes of one version do the same whatever is done to them."""
    found = await explored("1.1.53", "1.1.53", Bounds(sequences=2, steps=6))
    assert found.findings == ()


async def test_a_difference_is_found_and_shrunk() -> None:
    """What is found between two versions is shrunk to the one request that shows it."""
    found = await explored("1.1.53", "1.1.58", Bounds(sequences=3, steps=6))
    finding = found.findings[0]
    assert "version" in finding.differences[0].place
    assert finding.script.count("\nshow(") == 1
    assert "show('POST', '/session'" in finding.script


class Whim(Stagehand):
    """Finds a difference once, and never again."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        nowhere = Stage("nowhere", "1.1.53", "http://127.0.0.1:9", SecretStr(""), Places("/w", "/d", "/t"))
        super().__init__(Duo(nowhere, nowhere), loop, Audience())
        self.found = False

    def begin(self) -> None:
        """Begins with no steps."""
        self.steps = []

    def perform(self, *steps: Step) -> None:
        """Finds something the first time."""
        self.steps.extend(steps)
        if not self.found:
            self.found = True
            raise ValueError("something")

    def finish(self) -> None:
        """Finds nothing."""


async def test_what_does_not_come_again_is_reported() -> None:
    """A sequence that goes another way when it is done again ends in a report, not in a traceback."""
    hand = Whim(asyncio.get_running_loop())
    assert explore(hand, sequences=3, steps=3, seed=0) is None
    (chance,) = hand.chances
    assert "done again" in chance.place
    assert "Flaky" in str(chance.fake)


@pytest.mark.parametrize(
    ("sequences", "sizes"), [(0, []), (3, [3]), (12, [5, 5, 2]), (25, [7, 7, 7, 4]), (60, [15] * 4)]
)
def test_rounds(sequences: int, sizes: list[int]) -> None:
    """Sequences are cut into rounds that several servers can share, each with a seed of its own."""
    found = rounds(Bounds(sequences, 30, seed=7))
    assert [each.sequences for each in found] == sizes
    assert [each.seed for each in found] == list(range(7000, 7000 + len(sizes)))


def test_long_explorations_have_more_rounds() -> None:
    """No round is so long that a finding hides what comes behind it."""
    assert [each.sequences for each in rounds(Bounds(500, 30))] == [25] * 20


async def printed_by(program: str, stage: Stage, folder: Path) -> list[str]:
    """What a program prints when it is run on a stage."""
    path = folder / "found.py"
    path.write_text(program, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(path),
        stage.url,
        stage.password.get_secret_value(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    assert process.returncode == 0, error.decode()
    return out.decode().splitlines()


async def test_the_program_does_the_steps(tmp_path: Path) -> None:
    """Every kind of step becomes lines that run and print the answers."""
    steps: tuple[Step, ...] = (
        post("/session", {"title": "ünï \ud800"}, one="id"),
        Send("POST", "/session/{one}/message", text("play plain"), background="reply"),
        Await("message.updated", {"info.role": "assistant"}, save={"answer": "info.id"}),
        Join("reply"),
        Settle(),
        Settle(running=True),
        Pass(0.01),
        get("/session/{one}/message", user="0.info.id", nothing="9.info.id", kind="headers.content-type"),
        get("/session/{one}/message/{user}"),
        get("/session/{one}/message/{answer}"),
        Send("POST", "/session", content=b"{", headers={"Content-Type": "application/json"}),
        Send("GET", "/global/health", auth="none"),
        Open("ear", "/event"),
        Send("PATCH", "/session/{one}", {"title": "heard"}),
        Close("ear"),
    )
    async with fake_stage("1.1.53", fidelity_script()) as stage:
        program = httpx_script(steps, [DIFFERENCE], "1.1.53")
        lines = await printed_by(program, stage, tmp_path)
    told = [line for line in lines if line.startswith("/event told")]
    assert [line.split(" -> ")[1].split(" ")[0] for line in lines if line not in told] == [
        *("200", "200", "200", "200", "200", "400", "401", "200"),
    ]
    assert any("session.updated" in line for line in told)
    assert "Hello world." in lines[1]
    assert "play plain" in lines[3]


async def listened(stage: Stage, *steps: Step) -> Performance:
    """What is seen where some steps are done."""
    scene = Scene(stage, {})
    await scene.perform(*steps)
    return Performance(scene.seen, Normaliser(stage.places, scene.known))


@pytest.mark.parametrize(("path", "heard"), [("/event", 1), ("/global/event", 1), ("/event?directory=/else", 0)])
async def test_a_stream_of_its_own(path: str, heard: int) -> None:
    """What one more stream tells is compared, from where it was opened to where it was closed."""
    made = post("/session", {}, one="id")
    steps = (Open("ear", path), patch("/session/{one}", {"title": "heard"}), Settle(), Close("ear"))
    async with fake_stage("1.1.53", fidelity_script()) as stage:
        shown = await listened(stage, made, *steps, patch("/session/{one}", {"title": "not heard"}))
    foreground, background = (each.value for each in shown.normal if each.what.startswith("events of ear"))
    assert foreground == []
    assert isinstance(background, dict)
    assert len(background) == heard
    titles = [each["info.title"] for each in background.values() if isinstance(each, dict)]
    assert titles == [["heard"]] * heard
