"""``opencode-contract sweep``."""

from __future__ import annotations

from typing import Annotated

import typer

from opencode_contract.commands.endings import NOT_RUN, ending_well
from opencode_contract.errors import BadTarget
from opencode_contract.interrupts import run
from opencode_contract.network import Patience
from opencode_contract.network.patience import DEFAULT_SECONDS
from opencode_contract.progress import Progress
from opencode_contract.safety.visit import sweep_all
from opencode_contract.targets import parse_target
from opencode_contract.targets.deployment import Deployment


def sweep(
    target: Annotated[str, typer.Argument(help="https://host/prefix (its password in OPENCODE_SERVER_PASSWORD).")],
    wait: Annotated[float, typer.Option(help="Seconds to wait for it if it is not there.", min=0.0)] = DEFAULT_SECONDS,
) -> None:
    """Delete the sessions that earlier checks of a deployment have left because they were killed."""
    with ending_well(), Progress() as progress:
        parsed = parse_target(target, patience=Patience(wait, progress.waiting))
        if not isinstance(parsed, Deployment):
            raise BadTarget(f"{parsed.text} keeps nothing: write the URL of a deployment")
        swept = run(sweep_all(parsed.open(), progress.say))
    raise typer.Exit(0 if swept else NOT_RUN)
