"""The command ``opencode-contract``."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, Self, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from opencode_contract.errors import TargetError
from opencode_contract.local import fetch_binary
from opencode_contract.reports import as_json, as_junit, print_report, print_requirements
from opencode_contract.requirements import ALL, Requirement, by_id
from opencode_contract.runner import Report, Result, run_contract
from opencode_contract.targets import Level, parse_target

_T = TypeVar("_T")

FAILED = 1
NOT_RUN = 2

app = typer.Typer(
    help="Checks an OpenCode server against the contract that integrations rely on.",
    epilog="Exit codes: 0 the contract holds, 1 a requirement failed, 2 it could not be run "
    "(bad arguments, target not reachable, wrong password), 130 interrupted.",
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
) -> None:
    """Check a server against the contract."""
    try:
        chosen = _chosen(only)
        wanted = _level(level)
        parsed = parse_target(target)
        if list_only:
            print_requirements([each for each in chosen if wanted is None or each.level <= wanted], Console())
            return
        with _Progress(len(chosen)) as progress:
            report = _run(run_contract(parsed, chosen, level=wanted, on_result=progress.advance))
    except TargetError as problem:
        _stop(str(problem))
    _write(report, json=json, junit=junit)
    raise typer.Exit(0 if report.holds else FAILED)


@app.command()
def requirements() -> None:
    """List all requirements with their levels and sources."""
    print_requirements(ALL, Console())


@app.command()
def fetch(version: Annotated[str, typer.Argument(help="Such as 1.1.53.")]) -> None:
    """Fetch a real server from npm into the cache."""
    try:
        binary = fetch_binary(version)
    except TargetError as problem:
        _stop(str(problem))
    typer.echo(binary.path)


def main() -> None:
    """Runs the command."""
    app()


def _chosen(only: str) -> tuple[Requirement, ...]:
    ids = [part.strip() for part in only.split(",") if part.strip()]
    return by_id(ids) if ids else ALL


def _level(word: str | None) -> Level | None:
    if word is None:
        return None
    try:
        return Level.of(word)
    except KeyError:
        raise TargetError(f"there is no level {word!r}: write read, write or prompt") from None


def _write(report: Report, *, json: bool, junit: Path | None) -> None:
    if junit is not None:
        try:
            junit.write_text(as_junit(report), encoding="utf-8")
        except OSError as problem:
            _stop(f"the JUnit report cannot be written to {junit}: {problem.strerror}")
    if json:
        typer.echo(as_json(report))
    else:
        # Not narrower than can be read, wherever it is sent.
        console = Console()
        print_report(report, console if console.is_terminal else Console(width=160))


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(NOT_RUN)


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    """Runs ``work``; whatever signal ends this program, the sessions and servers that it has made go first."""
    received: list[int] = []

    async def supervised() -> _T:
        task = asyncio.ensure_future(work)

        def interrupt(number: int) -> None:
            received.append(number)
            task.cancel()

        loop = asyncio.get_running_loop()
        for number in _signals():
            loop.add_signal_handler(number, interrupt, number)
        return await task

    try:
        return asyncio.run(supervised())
    except asyncio.CancelledError:
        typer.echo("interrupted: what this run has made was removed", err=True)
        raise typer.Exit(128 + (received[0] if received else signal.SIGINT)) from None


def _signals() -> tuple[signal.Signals, ...]:
    if sys.platform == "win32":
        return ()
    return (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Progress:
    """Shows on a terminal how far the contract is."""

    def __init__(self, total: int) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        console = Console(stderr=True)
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._progress.add_task("Checking", total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self, result: Result) -> None:
        """Counts one more requirement."""
        self._progress.update(self._task, advance=1, description=result.requirement.id)
