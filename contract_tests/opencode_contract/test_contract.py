"""The contract as tests: ``pytest --pyargs opencode_contract --opencode-target TARGET``."""

from __future__ import annotations

import pytest

from opencode_contract.contract_run import ContractRun
from opencode_contract.requirements import ALL, Requirement


@pytest.mark.parametrize("requirement", [pytest.param(each, id=each.id) for each in ALL])
def test_requirement(requirement: Requirement, opencode_contract_run: ContractRun) -> None:
    """The server fulfils the requirement."""
    opencode_contract_run.check(requirement)
