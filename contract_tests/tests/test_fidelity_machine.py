"""The state machine finds what differs, shrinks it, and writes a program that shows it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from opencode_contract.fidelity.compare import Difference
from opencode_contract.fidelity.exploration import exploration
from opencode_contract.fidelity.httpx_script import httpx_script
from opencode_contract.fidelity.outcome import Bounds, Exploration
from opencode_contract.fidelity.stages import Stage, fake_stage, fidelity_script
from opencode_contract.fidelity.steps import Await, Join, Send, Settle, Step, get, post, text

DIFFERENCE = Difference('1. GET "x" \\ y', "a", "b")


async def explored(real: str, fake: str, bounds: Bounds) -> Exploration:
    """What the machine finds between two fakes."""
    script = fidelity_script()
    async with fake_stage(real, script) as left, fake_stage(fake, script) as right:
        return await exploration(left, right, bounds)


async def test_nothing_is_found_between_two_of_the_same() -> None:
    """Two fakes of one version do the same whatever is done to them."""
    found = await explored("1.1.53", "1.1.53", Bounds(sequences=2, steps=6))
    assert found.differences == ()


async def test_a_difference_is_found_and_shrunk() -> None:
    """What is found between two versions is shrunk to the one request that shows it."""
    found = await explored("1.1.53", "1.1.58", Bounds(sequences=3, steps=6))
    assert "version" in found.differences[0].place
    assert found.script.count("\nshow(") == 1
    assert "show('POST', '/session'" in found.script


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
        Await("message.updated", {"info.role": "assistant"}),
        Join("reply"),
        Settle(),
        Settle(running=True),
        get("/session/{one}/message", user="0.info.id"),
        get("/session/{one}/message/{user}"),
        Send("POST", "/session", content=b"{", headers={"Content-Type": "application/json"}),
        Send("GET", "/global/health", auth="none"),
    )
    async with fake_stage("1.1.53", fidelity_script()) as stage:
        program = httpx_script(steps, [DIFFERENCE], "1.1.53")
        lines = await printed_by(program, stage, tmp_path)
    assert [line.split(" -> ")[1].split(" ")[0] for line in lines] == ["200", "200", "200", "200", "400", "401"]
    assert "Hello world." in lines[1]
    assert "play plain" in lines[3]
