"""What tools ask leave for, and the rules that decide whether they get it: the same on both stages.

A step with ``permission: ask`` becomes a rule for what it calls, such as "ask for ``bash`` on ``rm -rf build``". The
real server gets these rules in its configuration, the fake applies them itself.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Literal, TypeAlias, cast

from opencode_fake.scripts.model import JsonObject, JsonValue, Script
from opencode_fake.scripts.tool_calls import script_calls, tool_input, tool_name

Action: TypeAlias = Literal["allow", "deny", "ask"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens when ``permission`` is asked for on something that ``pattern`` (with ``*`` and ``?``) fits."""

    permission: str
    pattern: str
    action: Action
    is_general: bool = False
    """It was written without a pattern."""

    def fits(self, permission: str, pattern: str) -> bool:
        """Whether the rule speaks of this."""
        return fits(permission, self.permission) and fits(pattern, self.pattern)

    def wire(self, *, as_written: bool) -> JsonObject:
        """As the server writes it: with its keys in one order, or with a pattern that was not written as the last."""
        if as_written and self.is_general:
            return {"permission": self.permission, "action": self.action, "pattern": self.pattern}
        return {"permission": self.permission, "pattern": self.pattern, "action": self.action}


@dataclass(frozen=True, slots=True)
class Demand:
    """What a tool needs leave for before it works."""

    permission: str
    patterns: tuple[str, ...]
    always: tuple[str, ...]
    """The patterns that are allowed from then on when the user answers "always"."""


_PATTERNED = frozenset({"external_directory", "read", "edit", "task"})
"""What the server's own rules speak of pattern by pattern."""


@lru_cache(maxsize=1024)
def parsed(text: str) -> Rule:
    """One of the server's own rules, written as its permission, pattern and action."""
    permission, pattern, decided = text.split(" ")
    return Rule(permission, pattern, cast("Action", decided), is_general=permission not in _PATTERNED)


def given_rules(given: Iterable[JsonObject]) -> Iterator[Rule]:
    """Rules as a session holds them."""
    for rule in given:
        yield Rule(str(rule["permission"]), str(rule["pattern"]), cast("Action", rule["action"]))


def action(permission: str, pattern: str, rules: Iterable[Rule]) -> Action:
    """What the last rule that fits says; what no rule speaks of is asked for."""
    found: Action = "ask"
    for rule in rules:
        if rule.fits(permission, pattern):
            found = rule.action
    return found


def fits(text: str, wildcard: str) -> bool:
    """Whether ``text`` is as ``wildcard`` says. A last `` *`` also stands for nothing at all."""
    expression = re.escape(wildcard).replace(r"\*", ".*").replace(r"\?", ".")
    if wildcard.endswith(" *"):
        expression = expression.removesuffix(r"\ .*") + "( .*)?"
    return re.fullmatch(expression, text, re.DOTALL) is not None


def demands(tool: str, given: JsonObject, directory: str) -> tuple[Demand, ...]:
    """What ``tool`` needs leave for when it is called with the input ``given``, in the order in which it asks."""
    match tool:
        case "bash":
            commands = tuple(_commands(str(given.get("command", ""))))
            patterns = tuple(text for text, words in commands if words and words[0] != "cd")
            always = tuple(f"{_name(words)} *" for _, words in commands if words and words[0] != "cd")
            return (Demand("bash", patterns, always),) if patterns else ()
        case "write" | "edit":
            path = str(given["filePath"])
            return (*_outside(path, directory), Demand("edit", (_relative(path, directory),), ("*",)))
        case "read":
            path = str(PurePosixPath(directory) / str(given.get("filePath", "")))
            return (*_outside(path, directory), Demand("read", (path,), ("*",)))
        case "glob" | "grep":
            return (Demand(tool, (str(given.get("pattern", "")),), ("*",)),)
        case "task":
            return (Demand("task", (str(given.get("subagent_type", "")),), ("*",)),)
        case "question":
            return ()
        case _:
            return (Demand(tool, ("*",), ("*",)),)


def script_rules(script: Script, directory: str) -> tuple[Rule, ...]:
    """The rules that the steps with a ``permission`` of their own make, each kind behind one that allows the rest."""
    rules: dict[str, list[Rule]] = {}
    for step in script_calls(script):
        for demand in demands(tool_name(step), tool_input(step, directory), directory):
            if step.permission is None or demand.permission == "external_directory":
                continue
            known = rules.setdefault(demand.permission, [Rule(demand.permission, "*", "allow")])
            known += [Rule(demand.permission, pattern, step.permission) for pattern in demand.patterns]
    return tuple(dict.fromkeys(rule for each in rules.values() for rule in each))


def configured(rules: Iterable[Rule]) -> JsonObject:
    """The rules as the ``permission`` of a server's configuration."""
    grouped: dict[str, JsonValue] = {}
    for rule in rules:
        patterns = grouped.setdefault(rule.permission, {})
        if isinstance(patterns, dict):
            patterns[rule.pattern] = rule.action
    return grouped


def _outside(path: str, directory: str) -> tuple[Demand, ...]:
    pure = PurePosixPath(path)
    if pure.is_relative_to(directory):
        return ()
    around = f"{pure.parent / '*'}"
    return (Demand("external_directory", (around,), (around,)),)


def _relative(path: str, directory: str) -> str:
    pure = PurePosixPath(path)
    return str(pure.relative_to(directory)) if pure.is_relative_to(directory) else path


_OPERATORS = re.compile(r"&&|\|\||[;|\n]|(?<!>)&(?!>)")
_QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.", re.DOTALL)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def _commands(line: str) -> Iterator[tuple[str, list[str]]]:
    """Each simple command of a command line: its text, and its words without variables in front."""
    masked = _QUOTED.sub(lambda quoted: "x" * len(quoted[0]), line)
    start = 0
    for end, following in [*((m.start(), m.end()) for m in _OPERATORS.finditer(masked)), (len(line), len(line))]:
        text, start = line[start:end].strip(), following
        if text:
            words = _words(text)
            while words and _ASSIGNMENT.match(words[0]):
                words.pop(0)
            yield text, words


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


_TWO = (
    "apt apt-get aws az brew bun cargo composer conda deno docker dotnet gcloud gh git go helm kubectl make mvn npm "
    "npx nvm pip pip3 pipenv pnpm poetry rustup systemctl terraform uv yarn"
)
_LENGTHS = {
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(("docker compose", "npm run", "npm exec", "bun run", "yarn run", "pnpm run", "git config"), 3),
    **dict.fromkeys(("git remote", "git stash", "uv run", "docker container", "docker image", "kubectl rollout"), 3),
}
"""How many words name a command, where one does not."""


def _name(words: list[str]) -> str:
    """The words of a command that an "always" covers, such as ``git commit``."""
    lengths = [_LENGTHS.get(" ".join(words[:count]), 0) for count in (1, 2)]
    return " ".join(words[: max(1, *lengths)])
