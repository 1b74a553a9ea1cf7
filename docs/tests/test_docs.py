"""The documentation is run: what it shows works as written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import typer.core
import typer.main

import opencode_contract.cli
import opencode_fake.cli
import opencode_sandbox.cli.commands
from opencode_fake.scripts import loads_script

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


class Block(NamedTuple):
    """A block of code in a page."""

    page: str
    line: int
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(language: str) -> list[Block]:
    """All blocks in this language."""
    found: list[Block] = []
    for page in PAGES:
        source = page.read_text()
        found += [
            Block(page.name, source[: match.start()].count("\n") + 1, language, match[2])
            for match in BLOCK.finditer(source)
            if match[1] == language
        ]
    assert found
    return found


@pytest.mark.system
@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_python_blocks_run(block: Block, tmp_path: Path) -> None:
    """Each in a process of its own, in an empty folder; one with tests in it under pytest."""
    path = tmp_path / "test_example.py"
    path.write_text(block.code)
    is_test = "def test_" in block.code
    under_pytest = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis") if is_test else ()
    command = [sys.executable, *under_pytest, str(path)]
    # In CI, Hypothesis does not mind a slow machine.
    variables = os.environ | {"CI": "true"}
    ended = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert not is_test or " passed" in ended.stdout


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_yaml_blocks_are_scripts(block: Block) -> None:
    """Each loads as it stands."""
    assert loads_script(block.code, str(block)).replies


COMMANDS = {
    "opencode-sandbox": opencode_sandbox.cli.commands,
    "opencode-fake": opencode_fake.cli,
    "opencode-contract": opencode_contract.cli,
}


@pytest.mark.parametrize("block", blocks("sh"), ids=str)
def test_commands_and_their_options_exist(block: Block) -> None:
    """Every subcommand and option that a shell block names is one of the command's own."""
    for line in block.code.splitlines():
        words = re.sub(r"\[|\]|\w+=\S+ ", " ", line).split()
        if not words or words[0] not in COMMANDS:
            continue
        group = typer.main.get_command(COMMANDS[words[0]].app)
        assert isinstance(group, typer.core.TyperGroup)
        assert words[1] in group.commands, f"{block}: {line}"
        known = {name for each in group.commands[words[1]].params for name in each.opts}
        assert {word for word in words if word.startswith("--")} <= known, f"{block}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Files that a page links to are there."""
    for target in LINK.findall(page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target
