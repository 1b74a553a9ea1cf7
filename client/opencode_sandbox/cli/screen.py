"""Writing to a terminal what others have written: it must not play with it."""

from __future__ import annotations

import sys
from typing import TextIO

import typer

_HARMLESS = {code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}
_ESCAPED = {code: f"\\u{code:04x}" for code in range(127, 160)}


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Write text to stdout or stderr, on a terminal without control characters; elsewhere as it is."""
    typer.echo(harmless(text, sys.stderr if err else sys.stdout), err=err, nl=nl)


def say_json(text: str) -> None:
    """Write JSON; control characters that its strings may hold raw are escaped, which changes no value."""
    typer.echo(text.translate(_ESCAPED))


def harmless(text: str, stream: TextIO) -> str:
    """Return what may be written to a stream."""
    return text.translate(_HARMLESS) if stream.isatty() else text
