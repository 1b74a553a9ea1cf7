"""Showing a reply while it comes: the text on stdout, the rest on stderr."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

import typer
from rich.console import Console
from rich.status import Status

from opencode_sandbox.models import TextPart, ToolPending, ToolRunning
from opencode_sandbox.waiting.progress import Progress


class Follower:
    """Prints what is new in the answer; on a terminal it also says what is going on."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._printed: dict[str, str] = {}
        self._at_line_start = True
        console = Console(stderr=True)
        self._status: Status | None = console.status("sent") if console.is_terminal and not quiet else None

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()
        if not self._at_line_start:
            typer.echo()

    def __call__(self, progress: Progress) -> None:
        """Take the newest state of the reply."""
        if self._status is not None:
            self._status.update(_activity(progress))
        if self._quiet:
            return
        for answer in progress.reply.answers:
            for place, part in enumerate(answer.parts):
                if isinstance(part, TextPart):
                    self._print_text(part.id or f"{answer.id}#{place}", part.text)

    def _print_text(self, key: str, text: str) -> None:
        printed = self._printed.get(key)
        if text.rstrip() == (printed or "").rstrip():  # the server cuts white space off the end of a finished text
            return
        if printed is None or not text.startswith(printed):
            self._write("" if self._at_line_start else "\n")
            printed = ""
        self._write(text[len(printed) :])
        self._printed[key] = text

    def _write(self, text: str) -> None:
        if text:
            if self._status is not None and sys.stdout.isatty():
                self._status.stop()
            typer.echo(text, nl=False)
            sys.stdout.flush()
            self._at_line_start = text.endswith("\n")


def _activity(progress: Progress) -> str:
    if progress.status.is_retrying:
        return f"the provider fails ({progress.status.message}), attempt {progress.status.attempt}"
    running = [tool.tool for tool in progress.reply.tools if isinstance(tool.state, ToolPending | ToolRunning)]
    if running:
        return f"running {', '.join(running)}"
    return "answering" if progress.reply.answers else "waiting for the answer"
