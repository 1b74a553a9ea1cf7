"""``opencode-fake schema``."""

from __future__ import annotations

import json

import typer


def schema() -> None:
    """Print the JSON Schema of scripts, for editors that complete and check YAML."""
    from opencode_fake.scripts.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
