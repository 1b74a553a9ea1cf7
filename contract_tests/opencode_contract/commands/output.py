"""Where the reports of commands go."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from opencode_contract.commands.endings import stop


def write_file(path: Path, text: str) -> None:
    """Writes a report, or ends the command if that cannot be done."""
    try:
        # A server may answer with half a character, which no file can hold as it is.
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as problem:
        stop(f"the report cannot be written to {path}: {problem.strerror}")


def wide_console() -> Console:
    """Not narrower than can be read, wherever it is sent."""
    console = Console()
    return console if console.is_terminal else Console(width=160)
