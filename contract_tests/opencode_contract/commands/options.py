"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

from opencode_contract.errors import BadTarget
from opencode_contract.targets import Level

Binaries = Annotated[list[str] | None, typer.Option("--binary", help="VERSION=PATH: an executable at hand.")]


def level_named(word: str | None) -> Level | None:
    """The level that ``--level`` names; nothing leaves it to the target."""
    if word is None:
        return None
    try:
        return Level.of(word)
    except KeyError:
        raise BadTarget(f"there is no level {word!r}: write read, write or prompt") from None
