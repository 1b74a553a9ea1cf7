"""``opencode-contract check``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from opencode_contract.commands.endings import FAILED, NOT_RUN, ending_well
from opencode_contract.commands.options import level_named
from opencode_contract.commands.output import wide_console, write_file
from opencode_contract.errors import BadTarget
from opencode_contract.interrupts import run
from opencode_contract.network import Patience
from opencode_contract.network.patience import DEFAULT_SECONDS
from opencode_contract.progress import Progress
from opencode_contract.reports import as_json, as_junit, print_report, print_requirements
from opencode_contract.requirements import ALL, Requirement, by_id
from opencode_contract.runner import Report, run_contract
from opencode_contract.safety.budget import NO_LIMITS, Limits
from opencode_contract.safety.visit import Visit
from opencode_contract.targets import Level, parse_target
from opencode_contract.targets.target import Target


def check(
    target: Annotated[
        str,
        typer.Argument(
            help="fake, fake:1.1.53, local:1.1.53, local:/path/to/opencode, or https://host/prefix "
            "(its password in OPENCODE_SERVER_PASSWORD)."
        ),
    ],
    level: Annotated[
        str | None,
        typer.Option(
            help="How far to go: read, write, or prompt (costs money on a deployment). "
            "Default: write on a deployment, prompt elsewhere.",
            show_default=False,
        ),
    ] = None,
    only: Annotated[str, typer.Option(help="Only these requirements: ids or topics, with commas.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write the report as JUnit XML to this file, too.")] = None,
    list_only: Annotated[bool, typer.Option("--list", help="Only list what would be checked.")] = False,
    max_cost: Annotated[
        float | None,
        typer.Option(
            help="USD that prompts may cost at most, with the level prompt. Default on a deployment: 1.",
            min=0.0,
            show_default=False,
        ),
    ] = None,
    max_prompts: Annotated[
        int | None, typer.Option(help="How many prompts may be sent at most.", min=0, show_default=False)
    ] = None,
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for a deployment that is not there yet.", min=0.0)
    ] = DEFAULT_SECONDS,
    sweep_first: Annotated[
        bool | None,
        typer.Option(
            "--sweep/--no-sweep",
            help="Delete what earlier checks of a deployment have left, or leave it. Default: ask at a terminal.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check a server against the contract."""
    with ending_well(), Progress() as progress:
        chosen, wanted = _chosen(only), level_named(level)
        parsed = _parsed(target, wanted, Limits(max_cost, max_prompts), Patience(wait, progress.waiting))
        if list_only:
            print_requirements([each for each in chosen if wanted is None or each.level <= wanted], Console())
            return
        report = _checked(parsed, chosen, wanted, sweep_first, progress)
    _write(report, json=json, junit=junit)
    raise typer.Exit(_exit_code(report))


def _chosen(only: str) -> Sequence[Requirement]:
    ids = [part.strip() for part in only.split(",") if part.strip()]
    return by_id(ids) if ids else ALL


def _parsed(text: str, level: Level | None, limits: Limits, patience: Patience) -> Target:
    target = parse_target(text, limits, patience)
    if limits != NO_LIMITS and (level or target.default_level) is not Level.PROMPT:
        raise BadTarget("--max-cost and --max-prompts are about prompts, and none is sent: add --level prompt")
    return target


def _checked(
    target: Target, chosen: Sequence[Requirement], level: Level | None, sweep: bool | None, progress: Progress
) -> Report:
    # Fetching a server and asking for a password block, and are done before there is an event loop to block.
    opening = target.open()
    return run(
        run_contract(
            target.text,
            opening,
            chosen,
            level=level,
            before=Visit(chosen, sweep, progress),
            on_result=lambda each: progress.advance(each.requirement.id),
        )
    )


def _write(report: Report, *, json: bool, junit: Path | None) -> None:
    if junit is not None:
        write_file(junit, as_junit(report))
    if json:
        typer.echo(as_json(report))
    else:
        print_report(report, wide_console())


def _exit_code(report: Report) -> int:
    if report.failures:
        return FAILED
    return NOT_RUN if report.unchecked else 0
