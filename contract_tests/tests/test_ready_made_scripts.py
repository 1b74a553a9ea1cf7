"""Every ready-made script does the same on the fake and on a real server."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import opencode_fixtures
from opencode_contract.fidelity.ready_made import PERFORMANCES, perform
from opencode_contract.local import given_binary

BINARY = os.environ.get("OPENCODE_TESTKIT_BINARY", "")


def test_every_ready_made_script_has_a_performance() -> None:
    """A new script needs to be performed, and no performance outlives its script."""
    assert sorted(PERFORMANCES) == list(opencode_fixtures.names())


@pytest.mark.local
@pytest.mark.skipif(not BINARY, reason="OPENCODE_TESTKIT_BINARY names no OpenCode executable")
@pytest.mark.parametrize("name", opencode_fixtures.names())
async def test_a_script_does_the_same_on_both_stages(name: str) -> None:
    """Messages, the order of events, and what is left afterwards are the same once ids and times are numbered."""
    result = await perform(name, given_binary(Path(BINARY)))
    assert result.good, "\n".join(map(str, result.differences))
