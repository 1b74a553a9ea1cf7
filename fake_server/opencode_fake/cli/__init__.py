"""The command ``opencode-fake``. Each command imports what it needs when it runs, so that ``--help`` is quick."""

from __future__ import annotations

import typer

from opencode_fake.cli.model import model
from opencode_fake.cli.record import record
from opencode_fake.cli.schema import schema
from opencode_fake.cli.serve import serve
from opencode_fake.cli.validate import validate

app = typer.Typer(
    name="opencode-fake",
    help="A fake OpenCode server, and the scripts that it performs.",
    no_args_is_help=True,
    add_completion=False,
    # Its tracebacks show local variables, and a password may be among them.
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command()(model)
app.command()(validate)
app.command()(schema)
app.command()(record)


def main() -> None:
    """Runs the command."""
    app()
