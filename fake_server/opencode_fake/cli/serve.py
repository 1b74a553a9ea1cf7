"""``opencode-fake serve``: the fake as a server of its own, started as the real one is."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import warnings
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from opencode_fake.server.fake import FakeServer

PREFERRED_PORT = 4096
"""Where the real server listens when nothing else does and no port is named."""


def serve(
    script: Annotated[
        str | None, typer.Option(help="The script to play: a YAML file, or the name of a ready-made one.")
    ] = None,
    version: Annotated[str, typer.Option("--as", help="The version of OpenCode to be.")] = "1.1.53",
    base_path: Annotated[str, typer.Option(help="The path prefix of a deployment, such as /opencode.")] = "",
    directory: Annotated[str, typer.Option(help="The workspace that sessions name.")] = "/data/workspace",
    seed: Annotated[int, typer.Option(help="Makes ids and slugs: the same seed, the same ones.")] = 0,
    real_time: Annotated[bool, typer.Option("--real-time", help="Let a script's delays take real time.")] = False,
    hostname: Annotated[str, typer.Option(help="Hostname to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0: 4096 if free, else any.")] = 0,
    cors: Annotated[list[str] | None, typer.Option(help="A further origin that browsers may come from.")] = None,
    print_logs: Annotated[bool, typer.Option("--print-logs", help="Print each request to stderr.")] = False,
) -> None:
    """Runs the fake server until it is interrupted.

    The password comes from OPENCODE_SERVER_PASSWORD and the user name from OPENCODE_SERVER_USERNAME, as on the real
    server; without a password everybody is let in. Exit code 1: the script, the version or the port will not do.
    """
    from opencode_fake.clock import RealClock, VirtualClock
    from opencode_fake.scripts.errors import ScriptError
    from opencode_fake.server.fake import FakeServer
    from opencode_fake.versions import UnknownVersion

    logging.basicConfig(stream=sys.stderr, level=logging.INFO if print_logs else logging.WARNING, format="%(message)s")
    try:
        with warnings.catch_warnings(record=True) as noticed:
            server = FakeServer(
                script,
                version=version,
                password=os.environ.get("OPENCODE_SERVER_PASSWORD") or None,
                username=os.environ.get("OPENCODE_SERVER_USERNAME") or "opencode",
                base_path=base_path,
                directory=directory,
                host=hostname,
                port=port or PREFERRED_PORT,
                seed=seed,
                clock=RealClock() if real_time else VirtualClock(),
                cors=cors or (),
            )
        for each in noticed:
            typer.echo(f"Warning: {each.message}", err=True)
        asyncio.run(_run(server, any_port=not port))
    except (ScriptError, UnknownVersion, ValueError) as error:
        _give_up(str(error))
    except OSError as error:
        _give_up(f"cannot listen on {hostname} port {port or 'any'}: {error.strerror}; name another one with --port")


async def _run(server: FakeServer, *, any_port: bool) -> None:
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    try:
        await server.start()
    except OSError:
        if not any_port:
            raise
        await server.start(port=0)
    if server.password is None:
        typer.echo("Warning: OPENCODE_SERVER_PASSWORD is not set; server is unsecured.", err=True)
    typer.echo(f"opencode server listening on {server.url}")
    sys.stdout.flush()
    try:
        await stop.wait()
    finally:
        await server.stop()


def _give_up(reason: str) -> None:
    typer.echo(f"opencode-fake serve: {reason}", err=True)
    raise typer.Exit(1)
