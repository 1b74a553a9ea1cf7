"""Says on the standard error how far a long measurement is."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich import progress as bars
from rich.console import Console


class Progress:
    """A bar on a terminal, else a line now and then."""

    def __init__(self, *, lines: int = 0, console: Console | None = None) -> None:
        self._lines = lines
        """How many lines tell of a piece of work where no terminal is."""
        self._console = console or Console(stderr=True)
        columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn())
        self._bar = bars.Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        )
        self._task: bars.TaskID | None = None
        self._work = ""
        self._done = self._total = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begin(self, work: str, total: int) -> None:
        """Begins a piece of work of so many things."""
        if self._task is not None:
            self._bar.remove_task(self._task)
        # Not before: what is asked at the terminal first must not be drawn over.
        self._bar.start()
        self._task = self._bar.add_task(work, total=total)
        self._work, self._done, self._total = work, 0, total

    def advance(self, name: str = "") -> None:
        """Counts one more that is done."""
        self._done += 1
        if self._task is not None:
            self._bar.update(self._task, advance=1, description=f"{self._work} {name}".rstrip())
        if self._tells():
            self._console.print(f"{self._work}: {self._done} of {self._total}", highlight=False)

    def say(self, line: str) -> None:
        """Prints a line of its own."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def pause(self) -> None:
        """Takes the bar away until the next piece of work begins."""
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = None
        self._bar.stop()

    def waiting(self, what: str, seconds: float) -> None:
        """Tells what is waited for, and how long that has taken: once, and then in a bar on a terminal."""
        if self._work != what:
            self.say(f"Waiting for the server ({what}).")
            self.begin(what, 0)
        if self._task is not None:
            self._bar.update(self._task, total=None, description=f"Waiting ({what}) {seconds:.0f} s")

    def _tells(self) -> bool:
        return (
            bool(self._lines) and not self._console.is_terminal and self._done % max(1, self._total // self._lines) == 0
        )
