"""The virtual workspace: the files that ``write`` and ``edit`` steps change, and what changed between two moments."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher, unified_diff
from pathlib import PurePosixPath

from opencode_fake.state.wire import FileDiff
from opencode_fake.versions import Behaviours

Files = dict[str, str]


@dataclass(slots=True)
class Workspace:
    """The text files below one directory, by absolute path."""

    directory: str
    files: Files = field(default_factory=dict)
    _snapshots: dict[str, Files] = field(default_factory=dict)

    def snapshot(self) -> str:
        """Remembers the files as they are. The 40 digits returned depend on nothing but the files."""
        digest = hashlib.sha1(usedforsecurity=False)
        for path in sorted(self.files):
            digest.update(f"{path}\0{self.files[path]}\0".encode("utf-8", "surrogatepass"))
        name = digest.hexdigest()
        self._snapshots.setdefault(name, dict(self.files))
        return name

    def changed(self, before: str, after: str) -> list[str]:
        """The absolute paths of files that differ between two snapshots."""
        old, new = self._snapshots[before], self._snapshots[after]
        return sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))

    def diff(self, before: str, after: str, behaviours: Behaviours) -> list[FileDiff]:
        """What happened between two snapshots, a row a file."""
        old, new = self._snapshots[before], self._snapshots[after]
        return [
            file_diff(self.relative(path), old.get(path), new.get(path), behaviours)
            for path in self.changed(before, after)
        ]

    def files_of(self, snapshot: str) -> Files:
        """The files as they were."""
        return self._snapshots[snapshot]

    def restore(self, snapshot: str) -> None:
        """Puts all files back to what they were."""
        self.files = dict(self._snapshots[snapshot])

    def undo(self, patches: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Puts single files back: each to the first of the snapshots that names it."""
        done: set[str] = set()
        for snapshot, paths in patches:
            old = self._snapshots[snapshot]
            for path in [path for path in paths if path not in done]:
                done.add(path)
                if path in old:
                    self.files[path] = old[path]
                else:
                    self.files.pop(path, None)

    def relative(self, path: str) -> str:
        """The path as diffs and titles show it: below the workspace relative to it."""
        pure = PurePosixPath(path)
        return str(pure.relative_to(self.directory)) if pure.is_relative_to(self.directory) else path


def file_diff(name: str, before: str | None, after: str | None, behaviours: Behaviours) -> FileDiff:
    """The difference between two states of a file; None where it does not exist."""
    old, new = before or "", after or ""
    additions, deletions = count_lines(old, new)
    if behaviours.diff_is_patch:
        diff = FileDiff(file=name, patch=patch(name, old, new, tabs=True), additions=additions, deletions=deletions)
    else:
        diff = FileDiff(file=name, before=old, after=new, additions=additions, deletions=deletions)
    if behaviours.diff_has_status:
        diff["status"] = "added" if before is None else "deleted" if after is None else "modified"
    return diff


def count_lines(before: str, after: str) -> tuple[int, int]:
    """How many lines were added and how many removed."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    changes = [op for op in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if op[0] != "equal"]
    return sum(op[4] - op[3] for op in changes), sum(op[2] - op[1] for op in changes)


def patch(path: str, before: str, after: str, *, tabs: bool = False) -> str:
    """The unified diff that the ``edit`` tool reports; those of sessions have tabs after the names."""
    end = "\t" if tabs else ""
    lines = [f"Index: {path}", "=" * 67, f"--- {path}{end}", f"+++ {path}{end}"]
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    body = ""
    for line in map(_with_counts, list(unified_diff(old, new, n=4))[2:]):
        body += line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
    return "\n".join(lines) + "\n" + body


def _with_counts(line: str) -> str:
    """A line of a diff; a header names also a count of one, which Python leaves out."""
    return re.sub(r"([-+]\d+)(?=[ ]|$)(?<!,\d)", r"\1,1", line) if line.startswith("@@ ") else line
