"""The command ``opencode-contract``."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from opencode_contract.capture.command import Taking
from opencode_contract.compare.command import Side, compared
from opencode_contract.compare.page.writing import as_html
from opencode_contract.compare.report import print_comparison
from opencode_contract.errors import TargetError
from opencode_contract.fidelity.cases.catalogue import chosen
from opencode_contract.fidelity.command import CI_VERSIONS, binaries, measure_version
from opencode_contract.fidelity.outcome import Bounds
from opencode_contract.fidelity.report import as_json as fidelity_json
from opencode_contract.fidelity.report import as_markdown as fidelity_markdown
from opencode_contract.fidelity.table import print_cases, print_version
from opencode_contract.interrupts import Interrupted, interruptible, run
from opencode_contract.local import fetch_binary
from opencode_contract.network import Patience
from opencode_contract.network.patience import DEFAULT_SECONDS
from opencode_contract.progress import Progress
from opencode_contract.rehearsal.command import rehearse_upgrade
from opencode_contract.rehearsal.report import as_json as rehearsal_json
from opencode_contract.rehearsal.screen import print_rehearsal
from opencode_contract.reports import as_json, as_junit, print_report, print_requirements
from opencode_contract.requirements import ALL, Requirement, by_id
from opencode_contract.runner import Report, run_contract
from opencode_contract.safety.budget import NO_LIMITS, Limits
from opencode_contract.safety.visit import Visit, sweep_all
from opencode_contract.targets import Level, parse_target
from opencode_contract.targets.deployment import Deployment

FAILED = 1
NOT_RUN = 2
BROKEN = 3
SEQUENCES = 10

app = typer.Typer(
    help="Checks an OpenCode server against the contract that integrations rely on.",
    epilog="Exit codes: 0 the contract holds, 1 a requirement failed, 2 it could not be run, or not to its end "
    "(bad arguments, target not reachable, wrong password, trouble of the network), 3 the contract itself is broken, "
    "130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.command()
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
    with _ending_well(), Progress() as progress:
        chosen = _chosen(only)
        wanted = _level(level)
        limits = Limits(max_cost, max_prompts)
        parsed = parse_target(target, limits, Patience(wait, progress.waiting))
        if limits != NO_LIMITS and (wanted or parsed.default_level) is not Level.PROMPT:
            raise TargetError("--max-cost and --max-prompts are about prompts, and none is sent: add --level prompt")
        if list_only:
            print_requirements([each for each in chosen if wanted is None or each.level <= wanted], Console())
            return
        # Fetching a server and asking for a password block, and are done before there is an event loop to block.
        opening = parsed.open()
        report = run(
            run_contract(
                parsed.text,
                opening,
                chosen,
                level=wanted,
                before=Visit(chosen, sweep_first, progress),
                on_result=lambda each: progress.advance(each.requirement.id),
            )
        )
    _write(report, json=json, junit=junit)
    raise typer.Exit(_exit_code(report))


@app.command()
def sweep(
    target: Annotated[str, typer.Argument(help="https://host/prefix (its password in OPENCODE_SERVER_PASSWORD).")],
    wait: Annotated[float, typer.Option(help="Seconds to wait for it if it is not there.", min=0.0)] = DEFAULT_SECONDS,
) -> None:
    """Delete the sessions that earlier checks of a deployment have left because they were killed."""
    with _ending_well(), Progress() as progress:
        parsed = parse_target(target, patience=Patience(wait, progress.waiting))
        if not isinstance(parsed, Deployment):
            raise TargetError(f"{parsed.text} keeps nothing: write the URL of a deployment")
        swept = run(sweep_all(parsed.open(), progress.say))
    raise typer.Exit(0 if swept else NOT_RUN)


@app.command()
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
    binary: Annotated[list[str] | None, typer.Option(help="VERSION=PATH: an executable at hand.")] = None,
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
    with _ending_well():
        cases = chosen(only) if measured else ()
        if list_only:
            print_cases(cases, Console())
            return
        bounds = Bounds((0 if only else SEQUENCES) if sequences is None else sequences, steps, seed)
        reports = []
        for found in binaries(versions or CI_VERSIONS, binary or ()):
            with Progress(lines=10) as progress:
                reports.append(run(measure_version(found, cases, bounds, progress)))
            print_version(reports[-1], _wide_console())
    for path, text in ((json, fidelity_json(reports)), (markdown, fidelity_markdown(reports))):
        if path is not None:
            _write_file(path, text)
    raise typer.Exit(0 if all(report.holds for report in reports) else FAILED)


@app.command()
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
    binary: Annotated[list[str] | None, typer.Option(help="VERSION=PATH: an executable at hand.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Try on copies what an upgrade does to the sessions that are there."""
    with _ending_well():
        found = rehearse_upgrade(start, goal, path=path, data=data, without=without, given=binary or ())
    if json:
        typer.echo(rehearsal_json(found))
    else:
        print_rehearsal(found, _wide_console())
    raise typer.Exit(0 if found.safe else FAILED)


@app.command()
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
    with _ending_well():
        taking = Taking.of(target, _level(level), contract=contract)
        with Progress(lines=4) as progress:
            progress.begin(f"Asking {taking.opening.target}", taking.exchanges)
            found = run(taking.run(progress.advance))
    _write_file(output, found.to_json())
    typer.echo(f"{output}: {len(found.observations)} exchanges with OpenCode {found.version}", err=True)


@app.command()
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
    with _ending_well():
        sides = [Side(each, _level(level), contract=contract) for each in (before, after)]
        with Progress(lines=4) as progress:
            progress.begin("Asking", sum(side.exchanges for side in sides))
            comparison = run(compared(sides[0], sides[1], progress.advance))
    if html is not None:
        _write_file(html, as_html(comparison))
    if json:
        typer.echo(comparison.model_dump_json(indent=2))
    else:
        print_comparison(comparison, _wide_console(), everything=everything)
    raise typer.Exit(FAILED if comparison.verdict == "breaking" else 0)


@app.command()
def requirements() -> None:
    """List all requirements with their levels and sources."""
    print_requirements(ALL, Console())


@app.command()
def fetch(version: Annotated[str, typer.Argument(help="Such as 1.1.53.")]) -> None:
    """Fetch a real server from npm into the cache."""
    with _ending_well():
        typer.echo(fetch_binary(version).path)


def main() -> None:
    """Runs the command."""
    try:
        app()
    except Exception:  # noqa: BLE001 - the outermost frame; Python's own exit code 1 says that a requirement failed
        traceback.print_exc()
        sys.exit(BROKEN)


@contextmanager
def _ending_well() -> Iterator[None]:
    """Turns what keeps the contract from being run into a message and its exit code."""
    try:
        with interruptible():
            yield
    except TargetError as problem:
        _stop(str(problem))
    except Interrupted as interrupted:
        typer.echo("interrupted: what this run has made was removed", err=True)
        raise typer.Exit(interrupted.exit_code) from None


def _chosen(only: str) -> tuple[Requirement, ...]:
    ids = [part.strip() for part in only.split(",") if part.strip()]
    return by_id(ids) if ids else ALL


def _exit_code(report: Report) -> int:
    if report.failures:
        return FAILED
    return NOT_RUN if report.unchecked else 0


def _level(word: str | None) -> Level | None:
    if word is None:
        return None
    try:
        return Level.of(word)
    except KeyError:
        raise TargetError(f"there is no level {word!r}: write read, write or prompt") from None


def _write(report: Report, *, json: bool, junit: Path | None) -> None:
    if junit is not None:
        _write_file(junit, as_junit(report))
    if json:
        typer.echo(as_json(report))
    else:
        print_report(report, _wide_console())


def _write_file(path: Path, text: str) -> None:
    try:
        # A server may answer with half a character, which no file can hold as it is.
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as problem:
        _stop(f"the report cannot be written to {path}: {problem.strerror}")


def _wide_console() -> Console:
    """Not narrower than can be read, wherever it is sent."""
    console = Console()
    return console if console.is_terminal else Console(width=160)


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(NOT_RUN)
