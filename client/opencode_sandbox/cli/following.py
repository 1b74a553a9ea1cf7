"""Showing a reply while it comes: the text on stdout, the rest on stderr."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

import typer
from rich.console import Console
from rich.status import Status
from rich.text import Text

from opencode_sandbox.cli.screen import harmless, say
from opencode_sandbox.models import TextPart, ToolPending, ToolRunning
from opencode_sandbox.waiting.progress import Progress


class Follower:
    """Prints what is new in the answer; on a terminal it also says what is going on."""

    def __init__(self, *, quiet: bool, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self.progress: Progress | None = None
        self._quiet = quiet
        self._printed: dict[str, str] = {}
        self._at_line_start = True
        self._status: Status | None = console.status("sent") if console.is_terminal and not quiet else None
        self._hidden = False

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()
        self._end_line()

    def __call__(self, progress: Progress) -> None:
        """Take the newest state of the reply."""
        self.progress = progress
        if self._quiet:
            return
        for answer in progress.reply.answers:
            for place, part in enumerate(answer.parts):
                if isinstance(part, TextPart):
                    self._print_text(part.id or f"{answer.id}#{place}", part.text)
        if self._status is not None:
            self._show(self._status, progress)

    def _print_text(self, key: str, text: str) -> None:
        printed = self._printed.get(key, "")
        if printed.startswith(text.rstrip()):  # the server cuts white space off the end of a finished text
            return
        if not printed or not text.startswith(printed):
            self._end_line()
            printed = ""
        self._write(text[len(printed) :])
        self._printed[key] = text

    def _write(self, text: str) -> None:
        if self._status is not None and sys.stdout.isatty():
            self._status.stop()
            self._hidden = True
        say(text, nl=False)
        sys.stdout.flush()
        self._at_line_start = text.endswith("\n")

    def _end_line(self) -> None:
        if not self._at_line_start:
            typer.echo()
        self._at_line_start = True

    def _show(self, status: Status, progress: Progress) -> None:
        # Text, not markup: what a provider says may look like markup.
        status.update(Text(harmless(_activity(progress), sys.stderr)))
        if self._hidden and (_open_tools(progress) or progress.status.is_retrying):
            self._end_line()  # the display begins by wiping its line
            status.start()
            self._hidden = False


def _activity(progress: Progress) -> str:
    if progress.status.is_retrying:
        return f"the provider fails ({progress.status.message}), attempt {progress.status.attempt}"
    running = _open_tools(progress)
    if running:
        return f"running {', '.join(running)}"
    return "answering" if progress.reply.answers else "waiting for the answer"


def _open_tools(progress: Progress) -> list[str]:
    return [tool.tool for tool in progress.reply.tools if isinstance(tool.state, ToolPending | ToolRunning)]
