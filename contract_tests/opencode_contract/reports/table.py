"""The table that a person reads."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from opencode_contract.requirements import Requirement
from opencode_contract.runner import Outcome, Report, Result

_STYLES = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "bold red",
    Outcome.NOT_APPLICABLE: "dim",
    Outcome.SKIPPED: "dim",
    Outcome.NOT_CHECKED: "yellow",
}
# What a server answers must not play with the terminal.
_HARMLESS = {code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def harmless(text: str) -> str:
    """The text without what would play with a terminal."""
    return text.translate(_HARMLESS)


def print_report(report: Report, console: Console) -> None:
    """Prints every requirement with its outcome, the failures with their evidence, and the summary."""
    table = Table(box=None, pad_edge=False, show_edge=False)
    table.add_column("Requirement", style="cyan", no_wrap=True)
    table.add_column("It says", ratio=1)
    table.add_column("Outcome", no_wrap=True)
    for result in report.results:
        table.add_row(
            Text(result.requirement.id),
            Text(result.requirement.sentence),
            Text(result.outcome.value, style=_STYLES[result.outcome]),
        )
    console.print(table)
    for failure in report.failures:
        console.print()
        console.print(Rule(Text(f"{failure.requirement.id} failed", style="bold red"), align="left"))
        # Text, not markup: what a server answers may look like markup.
        console.print(Text(failure.requirement.sentence), Text(f"Source: {failure.requirement.source}", style="dim"))
        console.print(Text(harmless(failure.message), style="red"))
        if failure.evidence:
            console.print(Padding(Text(harmless(failure.evidence)), (0, 0, 0, 4)), soft_wrap=True)
    for message, ids in _by_message(report.unchecked).items():
        console.print()
        console.print(Rule(Text("not checked", style="yellow"), align="left"))
        console.print(Text(harmless(message), style="yellow"))
        console.print(Padding(Text(", ".join(ids)), (0, 0, 0, 4)))
    console.print()
    if report.prompts:
        console.print(Text(spent(report)), soft_wrap=True)
    for session_id in report.left_behind:
        console.print(Text(left_behind(session_id), style="yellow"))
    console.print(Text(summary(report), style="green" if report.holds else "bold red"), soft_wrap=True)


def print_requirements(requirements: Sequence[Requirement], console: Console) -> None:
    """Prints the requirements with their levels and sources."""
    table = Table(box=None, pad_edge=False, show_edge=False)
    table.add_column("Requirement", style="cyan", no_wrap=True)
    table.add_column("Level", no_wrap=True)
    table.add_column("It says", ratio=2)
    table.add_column("Source", ratio=1, style="dim")
    for requirement in requirements:
        table.add_row(
            *map(Text, (requirement.id, requirement.level.word, requirement.sentence, requirement.source)),
        )
    console.print(table)
    console.print(f"{len(requirements)} requirements")


def left_behind(session_id: str) -> str:
    """What is said of a session that could not be deleted."""
    return f"Could not delete session {session_id}, which this run has created."


def summary(report: Report) -> str:
    """The last line: what was checked, and how it came out."""
    counts = [f"{report.count(Outcome.PASSED)} passed", f"{report.count(Outcome.FAILED)} failed"]
    counts.append(f"{report.count(Outcome.SKIPPED)} skipped")
    counts.append(f"{report.count(Outcome.NOT_APPLICABLE)} not applicable")
    if report.unchecked:
        counts.append(f"{report.count(Outcome.NOT_CHECKED)} not checked")
    verdict = _verdict(report)
    return f"{report.target} (OpenCode {report.version}): {verdict}. {', '.join(counts)} in {report.seconds:.1f} s"


def spent(report: Report) -> str:
    """What was sent, and what it has cost by the server's own messages."""
    prompts = "1 prompt" if report.prompts == 1 else f"{report.prompts} prompts"
    return f"Sent {prompts}, which cost {report.cost:.4f} USD (limit: {report.limits})."


def _verdict(report: Report) -> str:
    if report.failures:
        return "the contract does not hold"
    return "the contract could not be checked completely" if report.unchecked else "the contract holds"


def _by_message(results: Sequence[Result]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for result in results:
        groups.setdefault(result.message, []).append(result.requirement.id)
    return groups
