"""From an error to an exit code and a message on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer

from opencode_sandbox.cli.screen import say
from opencode_sandbox.errors import (
    ConfigurationError,
    ConnectionFailed,
    InvalidArgument,
    NotOpenCode,
    RedirectRefused,
    SandboxError,
    WrongPassword,
)

NOT_EVEN_TRIED = (ConfigurationError, InvalidArgument, ConnectionFailed, WrongPassword, RedirectRefused, NotOpenCode)


class ExitCode(IntEnum):
    """What the shell learns."""

    OK = 0
    FAILED = 1
    UNUSABLE = 2
    INTERRUPTED = 130


@contextmanager
def reported() -> Iterator[None]:
    """Turn an error of ours into one message and an exit code; others are bugs and keep their traceback."""
    try:
        yield
    except SandboxError as error:
        say(f"Error: {error}", err=True)
        code = ExitCode.UNUSABLE if isinstance(error, NOT_EVEN_TRIED) else ExitCode.FAILED
    else:
        return
    raise typer.Exit(code)
