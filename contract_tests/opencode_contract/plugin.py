"""The target as an option of pytest: for ``test_contract``, and for the tests of a user, whose fixtures ask for it.

pytest loads this into every test run of an environment that the kit is installed in, so nothing is imported up here
that costs time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from opencode_contract.contract_run import ContractRun
    from opencode_contract.user_tests.real_server import RealServer

OPTION = "--opencode-target"
LEVEL_OPTION = "--opencode-level"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options."""
    group = parser.getgroup("opencode-contract", "the contract of OpenCode servers (pytest --pyargs opencode_contract)")
    group.addoption(
        OPTION,
        metavar="TARGET",
        help="The server to check: fake, local:1.1.53, https://host/prefix, ... "
        "(or the environment variable OPENCODE_CONTRACT_TARGET; default: fake).",
    )
    group.addoption(
        LEVEL_OPTION,
        choices=["read", "write", "prompt"],
        help="How far to go; prompt costs money on a deployment (default there: write, elsewhere: prompt).",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_opencode_server(session: pytest.Session, target: str, options: Mapping[str, object]) -> RealServer:
    """Puts a real server in the place of the fake."""
    from opencode_contract.user_tests import server_for

    return server_for(session, target, options, session.config.getoption(LEVEL_OPTION))


@pytest.fixture(scope="session")
def opencode_contract_run(request: pytest.FixtureRequest) -> Iterator[ContractRun]:
    """The server under the contract, started or found once for all tests."""
    from opencode_contract.contract_run import contract_run

    with contract_run(request.session, request.config.getoption(OPTION), request.config.getoption(LEVEL_OPTION)) as run:
        yield run
