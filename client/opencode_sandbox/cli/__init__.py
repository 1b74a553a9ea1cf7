"""The command line: ``opencode-sandbox``."""

from __future__ import annotations

from opencode_sandbox.cli.commands import main

__all__ = ["main"]
