"""The difference between two states of the workspace as ``git diff`` writes it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from difflib import unified_diff

from opencode_fake.state.workspace import Workspace

_HUNK = re.compile(r"@@ -(\d+)[^@]*@@")
_HEADING = re.compile(r"[A-Za-z_$]")
_NO_FILE = "0000000"


def git_diff(workspace: Workspace, before: str, after: str) -> str:
    """The difference between two snapshots, white space at its end cut off."""
    old, new = workspace.files_of(before), workspace.files_of(after)
    changed = workspace.changed(before, after)
    return "".join(_file(workspace.relative(path), old.get(path), new.get(path)) for path in changed).strip()


def _file(name: str, before: str | None, after: str | None) -> str:
    lines = [f"diff --git a/{name} b/{name}"]
    if before is None:
        lines += ["new file mode 100644", f"index {_NO_FILE}..{_blob(after or '')}"]
    elif after is None:
        lines += ["deleted file mode 100644", f"index {_blob(before)}..{_NO_FILE}"]
    else:
        lines.append(f"index {_blob(before)}..{_blob(after)} 100644")
    hunks = "".join(_hunks(before or "", after or ""))
    if hunks:
        lines += [f"--- {'/dev/null' if before is None else f'a/{name}'}"]
        lines += [f"+++ {'/dev/null' if after is None else f'b/{name}'}"]
    return "\n".join(lines) + "\n" + hunks


def _hunks(before: str, after: str) -> Iterator[str]:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for line in list(unified_diff(old, new))[2:]:
        if hunk := _HUNK.match(line):
            yield f"{line.rstrip()}{_heading(old[: int(hunk[1]) - 1])}\n"
        else:
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _heading(above: list[str]) -> str:
    """The last line above a hunk that looks like the head of a section."""
    found = next((line.rstrip() for line in reversed(above) if _HEADING.match(line)), "")
    return f" {found[:80]}" if found else ""


def _blob(content: str) -> str:
    data = content.encode("utf-8", "surrogatepass")
    return hashlib.sha1(b"blob %d\0%s" % (len(data), data), usedforsecurity=False).hexdigest()[:7]
