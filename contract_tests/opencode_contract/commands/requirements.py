"""``opencode-contract requirements``."""

from __future__ import annotations

from rich.console import Console

from opencode_contract.reports import print_requirements
from opencode_contract.requirements import ALL


def requirements() -> None:
    """List all requirements with their levels and sources."""
    print_requirements(ALL, Console())
