"""``opencode-fake model``: the scripted model alone, for a real server that is started by hand."""

from __future__ import annotations

import asyncio
import json
import shlex
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from opencode_fake.scripted_model import ScriptedModel


def model(
    script: Annotated[
        str, typer.Option(help="The script: a YAML file, or the name of a ready-made one.", show_default=False)
    ],
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 0,
    directory: Annotated[Path, typer.Option(help="The workspace of the real server.")] = Path(),
) -> None:
    """Perform a script to a real OpenCode server: run a scripted model until Ctrl-C.

    Prints the model's base URL, the opencode.json that makes it the server's only model, and what the server needs in
    its environment.
    """
    from opencode_fake.scripted_model import ScriptedModel
    from opencode_fake.scripts.errors import ScriptError
    from opencode_fake.scripts.yaml_file import as_script

    try:
        performer = ScriptedModel(as_script(script), directory=directory.resolve(), host=host, port=port)
        asyncio.run(_run(performer))
    except ScriptError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        typer.echo(f"cannot listen on {host}:{port}: {error.strerror}; choose another --port, or 0", err=True)
        raise typer.Exit(1) from error


async def _run(performer: ScriptedModel) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    with tempfile.TemporaryDirectory(prefix="opencode-fake-") as folder:
        async with performer:
            typer.echo(_introduction(performer, Path(folder)))
            await stopped.wait()


def _introduction(performer: ScriptedModel, folder: Path) -> str:
    environment = performer.environment(folder)
    exports = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    config = json.dumps(performer.opencode_config(), indent=2)
    return "\n".join(
        [
            f"scripted model listening on {performer.base_url}",
            "",
            "opencode.json for the server:",
            config,
            "",
            "environment for the server:",
            *exports,
        ]
    )
