"""``opencode-contract capture``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opencode_contract.capture.command import Taking
from opencode_contract.commands.endings import ending_well
from opencode_contract.commands.options import level_named
from opencode_contract.commands.output import write_file
from opencode_contract.interrupts import run
from opencode_contract.progress import Progress


def capture(
    target: Annotated[str, typer.Argument(help="fake:1.1.53, local:1.1.53, local:/path/to/opencode, or a URL.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    level: Annotated[
        str | None,
        typer.Option(
            help="read, write or prompt. Default: read on a deployment, prompt elsewhere.", show_default=False
        ),
    ] = None,
    contract: Annotated[bool, typer.Option("--contract", help="Run the contract as well; takes longer.")] = False,
) -> None:
    """Write down what a server does: routes, shapes of answers, errors, events."""
    with ending_well():
        taking = Taking.of(target, level_named(level), contract=contract)
        with Progress(lines=4) as progress:
            progress.begin(f"Asking {taking.opening.target}", taking.exchanges)
            found = run(taking.run(progress.advance))
    write_file(output, found.to_json())
    typer.echo(f"{output}: {len(found.observations)} exchanges with OpenCode {found.version}", err=True)
