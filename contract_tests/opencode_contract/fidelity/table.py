"""The table that a person reads on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.outcome import Exploration, Outcome, VersionReport, percentage
from opencode_contract.fidelity.report import area

_STYLES = {
    Outcome.SAME: "green",
    Outcome.DIFFERENT: "bold red",
    Outcome.NOT_IMPLEMENTED: "yellow",
    Outcome.ACCEPTED: "dim",
}


def print_version(report: VersionReport, console: Console) -> None:
    """Prints endpoint by outcome, the first difference of each case, and the sums."""
    table = Table(title=f"OpenCode {report.version}", box=None, pad_edge=False)
    table.add_column("Endpoint", style="cyan", no_wrap=True)
    table.add_column("Behaviour")
    for outcome in Outcome:
        table.add_column(outcome.value, justify="right", style=_STYLES[outcome])
    kinds = sorted({(result.case.route, result.case.group) for result in report.results})
    for route, group in kinds:
        here = [each for each in report.results if (each.case.route, each.case.group) == (route, group)]
        counts = [sum(each.outcome is outcome for each in here) for outcome in Outcome]
        table.add_row(Text(route), group, *(str(count or "") for count in counts))
    console.print(table)
    for result in report.results:
        if not result.good:
            console.print(Text(f"{result.case.name} · {result.case.route}", style=_STYLES[result.outcome]))
            console.print(Text(f"    {result.differences[0]}"), soft_wrap=True)
    for name in sorted({area(result.case.route) for result in report.results}):
        here = [result for result in report.results if area(result.case.route) == name]
        console.print(f"{name}: {percentage(here):.1f} % of {len(here)} cases are the same or accepted")
    if report.exploration is not None:
        print_exploration(report.exploration, console)
    summary = ", ".join(f"{report.count(outcome)} {outcome.value}" for outcome in Outcome)
    console.print(Text(f"{report.version}: {summary}", style="green" if report.holds else "bold red"))


def print_exploration(found: Exploration, console: Console) -> None:
    """Prints what the state machine has found, with the programs that show it."""
    for finding in found.findings:
        console.print(Text("The state machine found a difference; this program shows it:", style="bold red"))
        console.print(Text(finding.script), soft_wrap=True)
    bounds = found.bounds
    tried = f"{bounds.sequences} sequences of up to {bounds.steps} steps, seed {bounds.seed}"
    chances = f", and {len(found.chances)} that did not come again" if found.chances else ""
    for chance in found.chances:
        console.print(Text(f"did not come again: {chance}"), soft_wrap=True)
    console.print(f"state machine: {len(found.findings)} differences in {tried}{chances}")


def print_cases(cases: Iterable[Case], console: Console) -> None:
    """Prints the names of cases with what they are about."""
    table = Table(box=None, pad_edge=False)
    for heading in ("Case", "Endpoint", "Behaviour"):
        table.add_column(heading, no_wrap=True)
    listed = list(cases)
    for case in listed:
        table.add_row(Text(case.name), Text(case.route), case.group)
    console.print(table)
    console.print(f"{len(listed)} cases")
