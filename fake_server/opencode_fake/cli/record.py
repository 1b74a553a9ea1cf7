"""``opencode-fake record``: what a real server does, as a script."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from opencode_fake.scripts.model import Script


def record(
    target: Annotated[str, typer.Argument(help="local:1.1.53, or an address: https://your-app.fly.dev/opencode.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The script to write, YAML.")],
    script: Annotated[Path | None, typer.Option(help="What the model of a local server says, YAML.")] = None,
    hostname: Annotated[str, typer.Option(help="Hostname to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 0,
) -> None:
    """Records a server: point your client to the address printed instead, and end with Ctrl-C.

    Everything is passed on unchanged. The file is written whenever a session becomes idle, and at the end; secrets are
    taken out first. A local server is started, and performs --script. The password of an address comes from
    OPENCODE_SERVER_PASSWORD. Exit code 1: the server cannot be recorded.
    """
    from opencode_fake.recording.targets import NotRecordable
    from opencode_fake.scripts import ScriptError, load_script

    if not output.parent.is_dir():
        _give_up(f"there is no folder {output.parent}: make it first")
    try:
        asyncio.run(_run(target, load_script(script) if script is not None else None, output, hostname, port))
    except (NotRecordable, ScriptError) as problem:
        _give_up(str(problem))
    except OSError as problem:
        _give_up(f"cannot listen on {hostname} port {port}: {problem.strerror}; choose another --port, or 0")


async def _run(target: str, script: Script | None, output: Path, hostname: str, port: int) -> None:
    from opencode_fake.recording.proxy import Proxy
    from opencode_fake.recording.recorder import Recorder
    from opencode_fake.recording.targets import opened

    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    async with opened(target, script) as server:
        recorder = Recorder(server.url, output, username=server.username, password=server.password)
        async with Proxy(server.url, host=hostname, port=port) as proxy, recorder:
            typer.echo(f"recording OpenCode {recorder.version}: opencode server listening on {proxy.url}")
            if server.is_ours:
                typer.echo(f"it was started for this recording: OPENCODE_SERVER_PASSWORD={server.password}")
            sys.stdout.flush()
            await asyncio.wait(
                [asyncio.create_task(stop.wait()), asyncio.create_task(recorder.ended())],
                return_when=asyncio.FIRST_COMPLETED,
            )
    if not stop.is_set():
        typer.echo("the server has ended its event stream, so the recording ends here", err=True)
    sessions = recorder.transcript.sessions
    typer.echo(f"{output}: {len(sessions)} sessions; {recorder.redaction.report()}")
    for session in recorder.transcript.unfinished:
        typer.echo(f"{session} was not finished: its reply goes on for ever when it is played", err=True)


def _give_up(reason: str) -> None:
    typer.echo(f"opencode-fake record: {reason}", err=True)
    raise typer.Exit(1)
