"""The program behind the scripted shell. It runs by itself, without site packages: standard library only.

``player.py FOLDER -c COMMAND`` plays what was laid down in FOLDER for COMMAND, and executes nothing. Where the model
did not call COMMAND just now, the user had it executed: then it goes as the script says that it does first.
"""

from __future__ import annotations

import json
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import TypedDict

SUFFIX = ".take"
STANDING = ".standing"
REFUSED = 127


class Taken(TypedDict):
    """How a run of a command goes."""

    output: str
    exit: int
    duration: float


def name(command: str) -> str:
    """What files about ``command`` begin with."""
    return sha256(command.encode()).hexdigest()


def claim(folder: Path, command: str) -> Path | None:
    """The oldest take laid down for ``command``, claimed so that no other run gets it."""
    for path in sorted(folder.glob(f"{name(command)}.*{SUFFIX}")):
        claimed = path.with_suffix(".played")
        try:
            path.rename(claimed)
        except FileNotFoundError:
            continue  # another run was quicker
        return claimed
    return None


def take(folder: Path, command: str) -> Taken | None:
    """How this run of ``command`` goes; None where nobody knows."""
    claimed, standing = claim(folder, command), folder / f"{name(command)}{STANDING}"
    if claimed is not None:
        taken: Taken = json.loads(claimed.read_text(encoding="utf-8"))
        claimed.unlink()
        return taken
    if not standing.exists():
        return None
    known: Taken = json.loads(standing.read_text(encoding="utf-8"))
    return known


def play(folder: Path, arguments: list[str]) -> int:
    """Plays a command and returns its exit code."""
    command = arguments[-1] if len(arguments) > 1 and arguments[-2].endswith("c") else None
    taken = None if command is None else take(folder, command)
    if taken is None:
        sys.stderr.write(
            f"scripted shell: nothing was executed: the script does not run {command!r}; "
            "give the reply a step with 'tool: bash', this command as its input and an 'output'\n"
        )
        return REFUSED
    time.sleep(taken["duration"])
    sys.stdout.buffer.write(taken["output"].encode())
    return taken["exit"]


if __name__ == "__main__":
    sys.exit(play(Path(sys.argv[1]), sys.argv[2:]))
