"""How commands end: their exit codes, and messages for what kept them from their work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from opencode_contract.errors import TargetError
from opencode_contract.interrupts import Interrupted, interruptible

FAILED = 1
NOT_RUN = 2
BROKEN = 3


@contextmanager
def ending_well() -> Iterator[None]:
    """Turns what keeps a command from its work into a message and its exit code."""
    try:
        with interruptible():
            yield
    except TargetError as problem:
        stop(str(problem))
    except Interrupted as interrupted:
        typer.echo("interrupted: what this run has made was removed", err=True)
        raise typer.Exit(interrupted.exit_code) from None


def stop(message: str) -> NoReturn:
    """Ends the command with what kept it from its work."""
    typer.echo(message, err=True)
    raise typer.Exit(NOT_RUN)
