"""``opencode-fake validate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Scripts in YAML.", show_default=False)],
) -> None:
    """Check scripts and say for each problem where it is and what to write instead.

    Exit code 0: all are fine; 1: some have problems; 2: the command was used wrongly.
    """
    from opencode_fake.scripts.errors import ScriptError
    from opencode_fake.scripts.yaml_file import load_script

    problems = 0
    wrong = 0
    for file in files:
        try:
            script = load_script(file)
        except ScriptError as error:
            typer.echo(str(error))
            problems += len(error.problems)
            wrong += 1
        else:
            typer.echo(f"{file}: fine, {_counted(len(script.replies), 'reply', 'replies')}")
    typer.echo(f"{_counted(len(files), 'script', 'scripts')} checked, {_counted(problems, 'problem', 'problems')}")
    if wrong:
        raise typer.Exit(1)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
