from __future__ import annotations

import os
from pathlib import Path

import pytest

from opencode_contract.fidelity.command import PROVEN_VERSIONS
from opencode_contract.requirements import ALL
from opencode_contract.runner import run_contract
from opencode_contract.targets import parse_target

BINARY = os.environ.get("OPENCODE_TESTKIT_BINARY", "")


@pytest.mark.local
@pytest.mark.skipif(not BINARY, reason="OPENCODE_TESTKIT_BINARY names no OpenCode executable")
async def test_the_real_server_keeps_the_contract() -> None:
    """The whole contract holds on the real server, and nothing of it is left."""
    opening = parse_target(f"local:{BINARY}").open()
    report = await run_contract("local", opening, ALL)
    assert [f"{failure.requirement.id}: {failure.message}" for failure in report.failures] == []
    assert report.left_behind == ()


@pytest.mark.parametrize("version", PROVEN_VERSIONS)
async def test_the_fake_keeps_the_contract(version: str) -> None:
    """The whole contract holds on the fake as every proven version; the reference client works unchanged on each."""
    report = await run_contract("fake", parse_target(f"fake:{version}").open(), ALL)
    assert report.version == version
    assert [f"{failure.requirement.id}: {failure.message}" for failure in report.failures] == []
    assert len(report.results) == len(ALL)


def test_the_packages_data_is_there() -> None:
    """The script that both stages perform is installed with the package."""
    import opencode_contract.requirements

    assert (Path(opencode_contract.requirements.__file__).parent / "script.yaml").is_file()
