"""A rehearsal on a terminal: the verdict and what to do first, what it rests on below."""

from __future__ import annotations

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from opencode_contract.rehearsal.outcome import Rehearsal, Upgrade
from opencode_contract.rehearsal.report import show_of
from opencode_contract.rehearsal.showing import grouped
from opencode_contract.rehearsal.verdict import Mark, advice, alarms, arrow, headline, questions
from opencode_contract.reports.table import harmless

_STYLES = {Mark.GOOD: "green", Mark.WARNING: "yellow", Mark.BAD: "bold red"}


def print_rehearsal(found: Rehearsal, console: Console) -> None:
    """Prints all of it."""
    style = "green" if found.safe else "bold red"
    told = Text("\n").join(
        [Text(headline(found), style=style), *(Text(each, style="bold red") for each in alarms(found))]
    )
    console.print(Panel(told, border_style=style))
    console.print(Text("What to do", style="bold"))
    for number, step in enumerate(advice(found), 1):
        console.print(Text(f"  {number}. {step}"), soft_wrap=True)
    _print_upgrade(found, found.asked, console)
    if found.proposed is not None:
        _print_upgrade(found, found.proposed, console)
    _print_tried(found, console)


def _print_upgrade(found: Rehearsal, upgrade: Upgrade, console: Console) -> None:
    console.print()
    console.print(Text(arrow(upgrade.path), style="bold"))
    for answer in questions(found, upgrade):
        console.print(Text.assemble("  ", answer.question, " ", (answer.text, _STYLES[answer.mark])), soft_wrap=True)
        for line in answer.evidence:
            console.print(Text(f"      {harmless(line)}", style="dim"), soft_wrap=True)
    groups = list(grouped(upgrade.passage.findings))
    if not groups:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2))
    for column in ("Finding", "Means", "Field", "Times", "For example"):
        table.add_column(column, justify="right" if column == "Times" else "left", overflow="fold")
    for group in groups:
        example = harmless(group.example(show_of(found)))
        table.add_row(group.rule.value, group.weight.value, group.field, str(len(group.findings)), Text(example))
    console.print(table)


def _print_tried(found: Rehearsal, console: Console) -> None:
    console.print()
    console.print(Text("Tried, each on a copy of its own", style="bold"))
    for passage in found.tried:
        style = _STYLES[Mark.GOOD if passage.keeps_all else Mark.BAD]
        console.print(Text(f"  {harmless(passage.told)}", style=style), soft_wrap=True)
