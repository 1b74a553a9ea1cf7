"""The fake server as an executable that is started as OpenCode's is."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path


def fake_executable(folder: Path, version: str, options: Sequence[str] = ()) -> Path:
    """Writes ``folder/opencode``: the fake as ``version``, with further options of ``opencode-fake serve``."""
    path = folder / "opencode"
    search = [entry for entry in sys.path if entry]
    program = f"import sys; sys.path[:0] = {search!r}; from opencode_fake.cli import main; main()"
    words = shlex.join([sys.executable, "-c", program])
    path.write_text(f'#!/bin/sh\nexec {words} "$@" {shlex.join(["--as", version, *options])}\n', encoding="utf-8")
    path.chmod(0o755)
    return path
