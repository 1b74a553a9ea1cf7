"""The program behind the scripted shell. It runs by itself, without site packages: standard library only.

``player.py FOLDER -c COMMAND`` plays what was laid down in FOLDER for COMMAND, and executes nothing.
"""

from __future__ import annotations

import json
import sys
import time
from hashlib import sha256
from pathlib import Path

SUFFIX = ".take"
REFUSED = 127


def claim(folder: Path, command: str) -> Path | None:
    """The oldest take laid down for ``command``, claimed so that no other run gets it."""
    for path in sorted(folder.glob(f"{sha256(command.encode()).hexdigest()}.*{SUFFIX}")):
        claimed = path.with_suffix(".played")
        try:
            path.rename(claimed)
        except FileNotFoundError:
            continue  # another run was quicker
        return claimed
    return None


def play(folder: Path, arguments: list[str]) -> int:
    """Plays a command and returns its exit code."""
    command = arguments[-1] if len(arguments) > 1 and arguments[-2].endswith("c") else None
    path = None if command is None else claim(folder, command)
    if path is None:
        sys.stderr.write(
            f"scripted shell: nothing was executed: the script does not run {command!r}; "
            "give the reply a step with 'tool: bash', this command as its input and an 'output'\n"
        )
        return REFUSED
    taken = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    time.sleep(taken["duration"])
    sys.stdout.buffer.write(taken["output"].encode())
    return int(taken["exit"])


if __name__ == "__main__":
    sys.exit(play(Path(sys.argv[1]), sys.argv[2:]))
