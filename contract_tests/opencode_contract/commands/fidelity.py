"""``opencode-contract fidelity``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from opencode_contract.commands.endings import FAILED, ending_well
from opencode_contract.commands.options import Binaries
from opencode_contract.commands.output import wide_console, write_file
from opencode_contract.fidelity.cases.catalogue import chosen
from opencode_contract.fidelity.command import CI_VERSIONS, binaries, measure_version
from opencode_contract.fidelity.outcome import Bounds
from opencode_contract.fidelity.report import as_json, as_markdown
from opencode_contract.fidelity.table import print_cases, print_version
from opencode_contract.interrupts import run
from opencode_contract.progress import Progress

SEQUENCES = 10


def fidelity(
    versions: Annotated[
        list[str] | None,
        typer.Argument(help="Such as 1.1.53; 'all' for every proven one. Default: 1.1.53 and 1.18.34."),
    ] = None,
    only: Annotated[
        str, typer.Option(help="Only cases whose name or endpoint fits: shell patterns, with commas.")
    ] = "",
    measured: Annotated[
        bool, typer.Option("--cases/--no-cases", help="Whether to perform cases, or only what the state machine does.")
    ] = True,
    binary: Binaries = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write the measurement as JSON to this file.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the page to this file.")] = None,
    sequences: Annotated[
        int | None,
        typer.Option(help="How many sequences the state machine tries. Default: 10, or 0 with --only.", min=0),
    ] = None,
    steps: Annotated[int, typer.Option(help="How many steps each of them has at most.", min=1)] = 15,
    seed: Annotated[int, typer.Option(help="The same seed tries the same sequences.")] = 0,
    list_only: Annotated[bool, typer.Option("--list", help="Only list the cases.")] = False,
) -> None:
    """Measure how alike the fake and the real server of some versions are."""
    with ending_well():
        cases = chosen(only) if measured else ()
        if list_only:
            print_cases(cases, Console())
            return
        bounds = Bounds((0 if only else SEQUENCES) if sequences is None else sequences, steps, seed)
        reports = []
        for found in binaries(versions or CI_VERSIONS, binary or ()):
            with Progress(lines=10) as progress:
                reports.append(run(measure_version(found, cases, bounds, progress)))
            print_version(reports[-1], wide_console())
    for path, text in ((json, as_json(reports)), (markdown, as_markdown(reports))):
        if path is not None:
            write_file(path, text)
    raise typer.Exit(0 if all(report.holds for report in reports) else FAILED)
