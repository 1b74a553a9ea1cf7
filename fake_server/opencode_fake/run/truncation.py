"""Outputs that are longer than a model should read: what is shown of them, and which file is said to hold the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MOST_LINES = 2000
MOST_BYTES = 50 * 1024
LONGEST_PREVIEW = 30_000
"""Characters of a command's output that are shown beside the output itself."""

_DELEGATE = (
    "Use the Task tool to have explore agent process this file with Grep and Read (with offset/limit). "
    "Do NOT read the full file yourself - delegate to save context."
)
_READ = "Use Grep to search the full content or Read with offset/limit to view specific sections."


@dataclass(frozen=True, slots=True)
class Cut:
    """What is shown of an output, and how much is not."""

    shown: str
    left_out: str
    """Such as ``1200 lines``."""


def is_long(output: str) -> bool:
    """Whether an output is cut."""
    return output.count("\n") >= MOST_LINES or len(output.encode()) > MOST_BYTES


def beginning(output: str, path: str, *, delegates: bool) -> str:
    """The beginning of a long output, and where the rest is; ``delegates``: whether there are subagents to read it."""
    cut = _cut(output, output.split("\n"))
    hint = _DELEGATE if delegates else _READ
    saved = f"The tool call succeeded but the output was truncated. Full output saved to: {path}"
    return f"{cut.shown}\n\n...{cut.left_out} truncated...\n\n{saved}\n{hint}"


def end(output: str, path: str) -> str:
    """The end of what a command printed, and where all of it is."""
    lines = output.split("\n")
    kept = list(_fitting(reversed(lines)))
    shown = "\n".join(reversed(kept)) if kept else _last_bytes(lines[-1])
    return f"...output truncated...\n\nFull output saved to: {path}\n\n{shown}"


def preview(output: str, *, keeps_end: bool) -> str:
    """What a command is shown to have printed beside its output."""
    if len(output) <= LONGEST_PREVIEW:
        return output
    return f"...\n\n{output[-LONGEST_PREVIEW:]}" if keeps_end else f"{output[:LONGEST_PREVIEW]}\n\n..."


def _cut(output: str, lines: list[str]) -> Cut:
    kept = list(_fitting(lines))
    shown = "\n".join(kept)
    if len(kept) < min(MOST_LINES, len(lines)):
        return Cut(shown, f"{len(output.encode()) - len(shown.encode())} bytes")
    return Cut(shown, f"{len(lines) - len(kept)} lines")


def _fitting(lines: Iterable[str]) -> Iterable[str]:
    """As many of the first lines as there is room for."""
    size = -1
    for number, line in enumerate(lines):
        size += 1 + len(line.encode())
        if number == MOST_LINES or size > MOST_BYTES:
            return
        yield line


def _last_bytes(line: str) -> str:
    return line.encode()[-MOST_BYTES:].decode(errors="ignore")
