"""A comparison on the terminal: the verdict first, then what breaks, then the rest more and more briefly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from opencode_contract.compare.model import Comparison, Finding, Side
from opencode_contract.compare.severity import SEVERITIES, Word

_COLOURS: dict[Word, str] = {"breaking": "red", "risky": "yellow", "additive": "green", "cosmetic": "dim"}
MEANING: dict[Word, str] = {
    "breaking": "a client that uses this no longer works",
    "risky": "a client may have relied on it: look whether yours does",
    "additive": "new, to be used or left",
    "cosmetic": "nothing that a program should look at",
}
_IN_FULL = frozenset({"breaking", "risky"})
_PLACES = 3
_CHARACTERS = 70


def print_comparison(comparison: Comparison, console: Console, *, everything: bool = False) -> None:
    """The verdict and the findings; additive and cosmetic ones are only counted unless ``everything`` is wanted."""
    _print_verdict(comparison, console)
    by_severity: defaultdict[Word, list[Finding]] = defaultdict(list)
    for finding in comparison.findings:
        by_severity[finding.severity].append(finding)
    for severity in SEVERITIES:
        if by_severity[severity]:
            _print_severity(severity, by_severity[severity], console, in_full=everything or severity in _IN_FULL)


def _print_verdict(comparison: Comparison, console: Console) -> None:
    breaking = comparison.verdict == "breaking"
    said = (
        "BREAKING: a client of the one does not go on working with the other as it is"
        if breaking
        else "SAFE: nothing was found that breaks a client"
    )
    lines = [Text(said, style="bold red" if breaking else "bold green")]
    lines.append(Text(f"from {_named(comparison.before)} to {_named(comparison.after)}"))
    counts = ", ".join(f"{comparison.counts[word]} {word}" for word in SEVERITIES)
    lines.append(Text(f"{counts}; {comparison.compared} exchanges compared"))
    lines += [Text(f"not compared: {each}", style="yellow") for each in comparison.not_compared]
    lines += [Text(each, style="dim") for each in measured(comparison)]
    console.print(Panel(Text("\n").join(lines), expand=False))


def _print_severity(severity: Word, findings: list[Finding], console: Console, *, in_full: bool) -> None:
    console.print()
    console.print(f"[bold {_COLOURS[severity]}]{len(findings)} {severity}[/] [dim]- {MEANING[severity]}[/]")
    by_rule: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_rule[finding.rule].append(finding)
    if not in_full:
        for rule, some in sorted(by_rule.items()):
            line = f"  {rule} ({len(some)}): {_some(finding.where for finding in some)}"
            console.print(line, markup=False, highlight=False)
        return
    for rule, some in by_rule.items():
        console.print(f"  [bold]{rule}[/] [dim]{escape(some[0].sentence)}[/]")
        console.print(_table(some))


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 4), show_header=False)
    for _ in range(3):
        table.add_column(overflow="fold")
    for finding in findings:
        table.add_row(
            Text(finding.where, style="bold"),
            Text(f"{_short(finding.before)} -> {_short(finding.after)}" if finding.before != finding.after else ""),
            Text(_shown(finding), style="dim"),
        )
    return table


def _shown(finding: Finding) -> str:
    lines = [finding.remark] if finding.remark else []
    lines += [f"in {_some(finding.places)}"] if finding.places not in ([], [finding.where]) else []
    if finding.client:
        lines.append(f"client: {finding.client}")
    if finding.requirements:
        lines.append(f"contract: {_some(finding.requirements)}")
    return "\n".join(lines)


def _some(names: Iterable[str]) -> str:
    known = list(dict.fromkeys(names))
    left = len(known) - _PLACES
    return ", ".join(known[:_PLACES]) + (f" and {left} more" if left > 0 else "")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _CHARACTERS else f"{line[:_CHARACTERS]}…"


def _named(side: Side) -> str:
    known = side.version if side.version in side.target else f"{side.version} at"
    return side.target if known == side.version else f"{known} {side.target}"


def measured(comparison: Comparison) -> list[str]:
    """What depends on the machine, side by side and unjudged."""
    units = {
        "start_seconds": "start in s",
        "read_milliseconds": "a read in ms",
        "reply_milliseconds": "a reply in ms",
        "memory_megabytes": "memory in MB",
    }
    found = []
    for name, unit in units.items():
        one, other = (getattr(side.measures, name) for side in (comparison.before, comparison.after))
        if one is not None and other is not None:
            found.append(f"{unit}: {one:g} and {other:g}")
    return ["; ".join(found)] if found else []
