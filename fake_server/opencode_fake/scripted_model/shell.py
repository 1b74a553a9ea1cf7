"""Plays the outputs of ``bash`` to a real server, so that nothing of a script is ever executed.

The server runs commands with the program that ``SHELL`` names. Ours looks up what the scripted model laid down for
exactly that command just before it called the tool. Commands that the user has executed go as the script says first;
every other command is refused.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from opencode_fake.scripted_model import player
from opencode_fake.scripts.steps import ToolStep


@dataclass(frozen=True, slots=True)
class Take:
    """What one run of a command does."""

    output: str
    exit: int
    duration: float


def take(step: ToolStep) -> Take:
    """How a command of the script runs."""
    return Take(step.output or "", step.exit, step.duration)


class ScriptedShell:
    """A shell in a folder of its own, and the commands laid down for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._laid = 0
        self._pending: defaultdict[str, list[Path]] = defaultdict(list)

    @property
    def program(self) -> Path:
        """What ``SHELL`` must name."""
        return self._folder / "scripted-shell"

    def install(self) -> None:
        """Writes the program."""
        self._folder.mkdir(parents=True, exist_ok=True)
        source = Path(player.__file__).resolve()
        command = shlex.join([sys.executable, "-I", "-S", str(source), str(self._folder)])
        self.program.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
        self.program.chmod(0o700)

    def announce(self, session_id: str, command: str, played: Take) -> None:
        """Lays down what the next run of ``command`` does."""
        self._laid += 1
        path = self._folder / f"{player.name(command)}.{self._laid:08d}{player.SUFFIX}"
        _write(path, played)
        self._pending[session_id].append(path)

    def stand_by(self, commands: Mapping[str, Take]) -> None:
        """Lays down what these commands do whenever the user has them executed; all others are forgotten."""
        for path in self._folder.glob(f"*{player.STANDING}"):
            path.unlink()
        for command, played in commands.items():
            _write(self._folder / f"{player.name(command)}{player.STANDING}", played)

    def retract(self, session_id: str) -> None:
        """Takes back the commands of a session that were announced and never run: it was aborted before them."""
        for path in self._pending.pop(session_id, ()):
            path.unlink(missing_ok=True)


def _write(path: Path, played: Take) -> None:
    """Whole or not at all, for a shell may be looking for it."""
    taken: player.Taken = {"output": played.output, "exit": played.exit, "duration": played.duration}
    written = path.with_suffix(".part")
    written.write_text(json.dumps(taken), encoding="utf-8")
    written.rename(path)
