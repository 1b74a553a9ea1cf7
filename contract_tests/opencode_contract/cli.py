"""The command ``opencode-contract``."""

from __future__ import annotations

import sys
import traceback

import typer

from opencode_contract.commands.capture import capture
from opencode_contract.commands.check import check
from opencode_contract.commands.compare import compare
from opencode_contract.commands.endings import BROKEN
from opencode_contract.commands.fetch import fetch
from opencode_contract.commands.fidelity import fidelity
from opencode_contract.commands.rehearse import rehearse
from opencode_contract.commands.requirements import requirements
from opencode_contract.commands.sweep import sweep

app = typer.Typer(
    help="Checks an OpenCode server against the contract that integrations rely on.",
    epilog="Exit codes: 0 the contract holds, 1 a requirement failed, 2 it could not be run, or not to its end "
    "(bad arguments, target not reachable, wrong password, trouble of the network), 3 the contract itself is broken, "
    "130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (check, sweep, fidelity, rehearse, capture, compare, requirements, fetch):
    app.command()(command)


def main() -> None:
    """Runs the command."""
    try:
        app()
    except Exception:  # noqa: BLE001 - the outermost frame; Python's own exit code 1 says that a requirement failed
        traceback.print_exc()
        sys.exit(BROKEN)
