"""``opencode-contract rehearse``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opencode_contract.commands.endings import FAILED, ending_well
from opencode_contract.commands.options import Binaries
from opencode_contract.commands.output import wide_console
from opencode_contract.rehearsal.command import rehearse_upgrade
from opencode_contract.rehearsal.report import as_json
from opencode_contract.rehearsal.screen import print_rehearsal


def rehearse(
    start: Annotated[
        str, typer.Argument(metavar="FROM", help="The version that the data is of: 1.1.53, local:/path/to/opencode.")
    ],
    goal: Annotated[str, typer.Argument(metavar="TO", help="The version to upgrade to.")],
    data: Annotated[
        Path | None,
        typer.Option(help="A data directory to try it on, never written to. Default: sessions written by FROM."),
    ] = None,
    path: Annotated[
        str,
        typer.Option(help="auto: look for another way when data is lost; direct; or versions to go by, with commas."),
    ] = "auto",
    without: Annotated[str, typer.Option(help="Kinds of sessions not to write, with commas.")] = "",
    binary: Binaries = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Try on copies what an upgrade does to the sessions that are there."""
    with ending_well():
        found = rehearse_upgrade(start, goal, path=path, data=data, without=without, given=binary or ())
    if json:
        typer.echo(as_json(found))
    else:
        print_rehearsal(found, wide_console())
    raise typer.Exit(0 if found.safe else FAILED)
