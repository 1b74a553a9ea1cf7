"""What can be wrong with a script.

ScriptError               anything: it lists every problem
├── UnknownScript         no ready-made script has this name
├── UnreadableScript      the file cannot be read
├── ScriptSyntaxError     the file is not YAML
└── InvalidScript         what is written is not a script
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, and what to write instead."""

    message: str
    path: str = ""
    """Its place in the script, such as ``replies[1].steps[0]``."""
    line: int | None = None
    """Its line in the file, from 1."""
    column: int | None = None

    def located(self, name: str) -> str:
        """The problem as one line of a report on the file ``name``."""
        where = name if self.line is None else f"{name}:{self.line}"
        return ": ".join(part for part in (where, self.path, self.message) if part)


class ScriptError(Exception):
    """A script that cannot be performed."""

    def __init__(self, name: str, problems: Sequence[Problem], source: str = "") -> None:
        self.name = name
        self.problems = tuple(problems)
        self.source = source
        super().__init__(name, self.problems)

    def __str__(self) -> str:
        first, *others = [problem.located(self.name) for problem in self.problems]
        return "\n".join([first, *self._excerpt(self.problems[0]), *others])

    def _excerpt(self, problem: Problem) -> list[str]:
        lines = self.source.splitlines()
        if problem.line is None or not 0 < problem.line <= len(lines):
            return []
        margin = f"{problem.line} | "
        excerpt = [f"    {margin}{lines[problem.line - 1].rstrip()}"]
        if problem.column is not None:
            excerpt.append(" " * (4 + len(margin) + problem.column - 1) + "^")
        return excerpt


class UnknownScript(ScriptError):
    """No ready-made script has this name."""


class UnreadableScript(ScriptError):
    """The file cannot be read."""


class ScriptSyntaxError(ScriptError):
    """The file is not YAML."""


class InvalidScript(ScriptError):
    """What is written is not a script."""
