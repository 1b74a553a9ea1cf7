"""``opencode-contract compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opencode_contract.commands.endings import FAILED, ending_well
from opencode_contract.commands.options import level_named
from opencode_contract.commands.output import wide_console, write_file
from opencode_contract.compare.command import Side, compared
from opencode_contract.compare.page.writing import as_html
from opencode_contract.compare.report import print_comparison
from opencode_contract.interrupts import run
from opencode_contract.progress import Progress


def compare(
    before: Annotated[str, typer.Argument(help="A capture or a target: what clients work with now.", metavar="A")],
    after: Annotated[str, typer.Argument(help="A capture or a target: what they are to work with.", metavar="B")],
    level: Annotated[str | None, typer.Option(help="read, write or prompt, for targets.", show_default=False)] = None,
    contract: Annotated[bool, typer.Option("--contract", help="Run the contract on targets as well.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Show additive and cosmetic findings one by one as well.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write the comparison as a page for a browser as well.", show_default=False)
    ] = None,
) -> None:
    """Say what changes from one server to another, and whether it breaks clients.

    Exit codes: 0 safe, 1 breaking, 2 could not compare.
    """
    with ending_well():
        sides = [Side(each, level_named(level), contract=contract) for each in (before, after)]
        with Progress(lines=4) as progress:
            progress.begin("Asking", sum(side.exchanges for side in sides))
            comparison = run(compared(sides[0], sides[1], progress.advance))
    if html is not None:
        write_file(html, as_html(comparison))
    if json:
        typer.echo(comparison.model_dump_json(indent=2))
    else:
        print_comparison(comparison, wide_console(), everything=everything)
    raise typer.Exit(FAILED if comparison.verdict == "breaking" else 0)
