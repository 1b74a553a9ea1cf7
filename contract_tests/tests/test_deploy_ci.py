"""What others run in their CI: the action and its shell script, as they are."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from opencode_contract.standin import ENTRY
from opencode_fake import FakeServer

pytestmark = pytest.mark.system

DEPLOY = ENTRY.parents[1]
SCRIPT = DEPLOY / "ci" / "nightly.sh"
ACTION = DEPLOY / "github" / "action.yml"
PASSWORD = "not-to-be-seen"


def action() -> dict[str, Any]:
    """The action as GitHub reads it."""
    parsed: dict[str, Any] = YAML(typ="safe").load(ACTION)
    return parsed


@dataclass
class Ended:
    """A run of a script."""

    code: int
    output: str
    folder: Path

    @property
    def summary(self) -> str:
        """What the job's summary says."""
        return (self.folder / "summary").read_text()

    @property
    def reports(self) -> set[str]:
        """The files of the artefact."""
        return {path.name for path in (self.folder / "opencode-report").iterdir()}


def run(folder: Path, script: str, **variables: str) -> Ended:
    """Runs a shell script in a folder, with the programs there before others."""
    variables = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": f"{folder}/summary", **variables}
    ended = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout + ended.stderr, folder)


def stub(folder: Path, name: str, body: str) -> None:
    """Puts a program on the PATH of a run."""
    (folder / "bin").mkdir(exist_ok=True)
    program = folder / "bin" / name
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)


def contract(folder: Path, *, check: int = 0, compare: int = 0, capture: int = 0) -> None:
    """An ``opencode-contract`` that writes down what it was asked, and ends as it is told."""
    stub(
        folder,
        "opencode-contract",
        f'echo "$*" >>{folder}/asked\necho "said by $1"\n'
        f"case $1 in check) exit {check};; capture) exit {capture};; *) exit {compare};; esac",
    )


def step(name: str) -> dict[str, Any]:
    """One step of the action."""
    found: list[dict[str, Any]] = [each for each in action()["runs"]["steps"] if each["name"] == name]
    return found[0]


def environment_of(inputs: Mapping[str, str]) -> dict[str, str]:
    """The environment of the action's main step, its expressions filled in."""
    known = {name: each["default"] for name, each in action()["inputs"].items()} | dict(inputs)
    return {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: known[found[1]], value)
        for name, value in step("Check and compare")["env"].items()
    }


def test_every_input_is_used_and_explained() -> None:
    """Each reaches a step, each stands in the documentation, and no expression stands in a script."""
    inputs, text = action()["inputs"], ACTION.read_text()
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(inputs)
    page = (DEPLOY.parent / "docs" / "ci.md").read_text()
    assert [name for name in inputs if f"| `{name}` |" not in page] == []
    assert [each["run"] for each in action()["runs"]["steps"] if "${{" in each.get("run", "")] == []
    assert [each["name"] for each in action()["runs"]["steps"] if "run" in each and each["shell"] != "bash"] == []


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_the_scripts_can_be_read(shell: str) -> None:
    """By the shells that run them, and by shellcheck where it is installed."""
    readers = [[shell, "-n", str(SCRIPT)]] + ([["shellcheck", str(SCRIPT)]] if shutil.which("shellcheck") else [])
    for reader in readers:
        ended = subprocess.run(reader, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_action_installs_the_kit_it_came_with(tmp_path: Path) -> None:
    """Into an environment of its own, which later steps find."""
    stub(tmp_path, "python3", f'mkdir -p "$3/bin"; cp {tmp_path}/bin/pip "$3/bin/python"')
    stub(tmp_path, "pip", f'echo "$*" >>{tmp_path}/asked')
    ended = run(
        tmp_path,
        step("Install")["run"],
        RUNNER_TEMP=str(tmp_path),
        GITHUB_ACTION_PATH=str(ACTION.parent),
        GITHUB_PATH=str(tmp_path / "path"),
    )
    assert ended.code == 0, ended.output
    assert (tmp_path / "path").read_text() == f"{tmp_path}/opencode-testkit/bin\n"
    kit = Path(shlex.split((tmp_path / "asked").read_text())[-1])
    assert (kit / "pyproject.toml").is_file()


async def test_the_action_checks_a_server(tmp_path: Path) -> None:
    """With the real command, on a fake: the verdict is in the summary, the reports are in the folder."""
    program = f"import sys; sys.path[:0] = {[each for each in sys.path if each]!r}; "
    program += "from opencode_contract.cli import main; main()"
    stub(tmp_path, "opencode-contract", f'exec {shlex.join([sys.executable, "-c", program])} "$@"')
    async with FakeServer(password=PASSWORD) as server:
        inputs = {"server-url": server.url, "server-password": PASSWORD, "level": "read"}
        variables = environment_of(inputs) | {"GITHUB_ACTION_PATH": str(ACTION.parent)}
        url = server.url
        ended = await asyncio.to_thread(run, tmp_path, step("Check and compare")["run"], **variables)
    assert ended.code == 0, ended.output
    assert f"## Contract on {url}: holds" in ended.summary
    assert "0 failed" in ended.summary
    assert ended.reports == {"check.txt", "check.xml", "summary.md"}
    assert PASSWORD not in ended.summary + ended.output


@pytest.mark.parametrize(
    ("codes", "code", "said"),
    [
        ({}, 0, ("holds", "safe")),
        ({"check": 1}, 1, ("**does not hold**", "safe")),
        ({"check": 2}, 2, ("**could not be told**", "safe")),
        ({"check": 2, "compare": 1}, 1, ("**could not be told**", "**breaking**")),
        ({"compare": 2}, 2, ("holds", "**could not be told**")),
        ({"capture": 2}, 2, ("holds", "**could not be told**")),
        ({"check": 1, "capture": 3}, 1, ("**does not hold**", "**could not be told**")),
    ],
)
def test_the_worst_finding_is_the_exit_code(
    tmp_path: Path, codes: dict[str, int], code: int, said: tuple[str, str]
) -> None:
    """A finding weighs more than what could not be told; both verdicts are in the summary whatever the other says."""
    contract(tmp_path, **codes)
    stub(tmp_path, "npm", '[ "$*" = "view opencode-ai version" ] && echo 1.18.34')
    variables = {"OPENCODE_SERVER_URL": "https://your-app.fly.dev/opencode", "PINNED": "1.18.3"}
    ended = run(tmp_path, f"sh {SCRIPT}", **variables)
    assert ended.code == code, ended.output
    assert f"## Contract on https://your-app.fly.dev/opencode: {said[0]}\n" in ended.summary
    assert f"## OpenCode 1.18.3 to 1.18.34: {said[1]}\n" in ended.summary


def test_each_server_is_asked_once(tmp_path: Path) -> None:
    """The comparisons are of captures; a side may be any target."""
    contract(tmp_path)
    ended = run(tmp_path, f"sh {SCRIPT}", PINNED="1.1.53", NEWEST="https://next.fly.dev/opencode")
    assert ended.code == 0, ended.output
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[:2] == [
        "capture local:1.1.53 -o opencode-report/pinned.json",
        "capture https://next.fly.dev/opencode -o opencode-report/newest.json",
    ]
    assert "compare opencode-report/pinned.json opencode-report/newest.json --json" in asked
    assert ended.reports >= {"compare.txt", "compare.json", "summary.md"}


def test_without_npm_the_newest_cannot_be_told(tmp_path: Path) -> None:
    """Why stands in the summary; without GITHUB_STEP_SUMMARY that is printed."""
    contract(tmp_path)
    stub(tmp_path, "npm", "echo no way to the registry >&2; exit 1")
    ended = run(tmp_path, f"sh {SCRIPT}", PINNED="1.1.53", GITHUB_STEP_SUMMARY="")
    assert ended.code == 2
    assert "to the newest: **could not be told**" in ended.output
    assert "no way to the registry" in ended.output


def test_nothing_to_do_is_said(tmp_path: Path) -> None:
    """With the two variables that make it do something."""
    ended = run(tmp_path, f"sh {SCRIPT}")
    assert ended.code == 2
    assert "OPENCODE_SERVER_URL" in ended.output
    assert "PINNED" in ended.output
