"""``opencode-contract fetch``."""

from __future__ import annotations

from typing import Annotated

import typer

from opencode_contract.commands.endings import ending_well
from opencode_contract.local import fetch_binary


def fetch(version: Annotated[str, typer.Argument(help="Such as 1.1.53.")]) -> None:
    """Fetch a real server from npm into the cache."""
    with ending_well():
        typer.echo(fetch_binary(version).path)
