"""The git repository that a local server works in."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from opencode_contract.errors import NoWorkspace
from opencode_contract.local.environment import isolated_environment

# Fixed, so that the commit, and with it the project's id, is the same on every run.
_AUTHOR = {
    "GIT_AUTHOR_NAME": "Contract",
    "GIT_AUTHOR_EMAIL": "contract@example.com",
    "GIT_AUTHOR_DATE": "2025-01-30T22:56:25Z",
    "GIT_COMMITTER_NAME": "Contract",
    "GIT_COMMITTER_EMAIL": "contract@example.com",
    "GIT_COMMITTER_DATE": "2025-01-30T22:56:25Z",
}

_START = "refs/kept/start"
"""Neither a branch nor a tag, so that nobody sees it."""


def make_workspace(folder: Path, home: Path) -> None:
    """Makes ``folder`` a git repository with one commit, without reading or writing the user's git settings."""
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("# Workspace of a contract run\n", encoding="utf-8")
    _git(
        folder,
        home,
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "README.md"],
        ["commit", "--quiet", "--no-gpg-sign", "--message=Start"],
        ["update-ref", _START, "HEAD"],
    )


def restore_workspace(folder: Path, home: Path) -> None:
    """Makes the repository what it was when it was made."""
    _git(folder, home, ["checkout", "--quiet", "--force", "-B", "main", _START], ["clean", "--quiet", "-ffdx"])


def _git(folder: Path, home: Path, *commands: list[str]) -> None:
    git = shutil.which("git")
    if git is None:
        raise NoWorkspace("a local server works in a git repository, and git is not installed: install git")
    for arguments in commands:
        ended = subprocess.run(  # noqa: S603 - fixed arguments
            [git, *arguments],
            cwd=folder,
            env=isolated_environment(home) | _AUTHOR,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            raise NoWorkspace(f"'git {arguments[0]}' failed in the workspace:\n{ended.stderr.strip()}")
