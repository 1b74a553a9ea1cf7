"""The whole contract on the fake; ``opencode-contract check`` runs it on real servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

import opencode_contract.requirements
from opencode_contract.fidelity.command import PROVEN_VERSIONS
from opencode_contract.requirements import ALL
from opencode_contract.runner import run_contract
from opencode_contract.targets import Access, Level, parse_target
from opencode_contract.targets.connecting import connected
from opencode_fake import FakeServer

pytestmark = pytest.mark.system


@pytest.mark.parametrize("version", PROVEN_VERSIONS)
async def test_the_fake_keeps_the_contract(version: str) -> None:
    """The whole contract holds on the fake as every proven version; the reference client works unchanged on each."""
    report = await run_contract("fake", parse_target(f"fake:{version}").open(), ALL)
    assert report.version == version
    assert [f"{failure.requirement.id}: {failure.message}" for failure in report.failures] == []
    assert len(report.results) == len(ALL)
    assert report.left_behind == ()


@pytest.mark.parametrize("word", ["session", "opencode", "ses", "title"])
async def test_a_password_that_is_an_ordinary_word_changes_no_outcome(word: str) -> None:
    """The password may be a word that paths, keys, ids and values hold: what is judged is what the server sent."""
    reads = [each for each in ALL if each.level is not Level.PROMPT]
    async with FakeServer(password=word) as server:
        access = Access("deployment", server.url, SecretStr(word), Level.WRITE, version=None)
        report = await run_contract("here", connected(access), reads, level=Level.WRITE)
    assert [(failure.requirement.id, failure.message) for failure in report.failures] == []
    assert report.left_behind == ()
    assert server.journal


def test_the_packages_data_is_there() -> None:
    """The script that both stages perform is installed with the package."""
    assert (Path(opencode_contract.requirements.__file__).parent / "script.yaml").is_file()
