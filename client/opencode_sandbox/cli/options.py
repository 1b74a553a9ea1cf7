"""The options that every command has, and the client they make."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from pydantic import SecretStr

from opencode_sandbox.cli.outcome import reported
from opencode_sandbox.client import SandboxClient
from opencode_sandbox.config import SandboxConfig
from opencode_sandbox.errors import ConfigurationError

UrlOption: TypeAlias = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="The server's URL, instead of OPENCODE_SERVER_URL.")
]
ConfigOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help='A JSON file with "apiKeys", instead of the environment.'),
]
AskPasswordOption: TypeAlias = Annotated[
    bool, typer.Option("--ask-password", help="Ask for the password, instead of OPENCODE_SERVER_PASSWORD.")
]
InsecureOption: TypeAlias = Annotated[
    bool, typer.Option("--allow-insecure-http", help="Send the password over plain http to another host.")
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, in the document's shape.")]


def server_options(
    url: UrlOption = None,
    config: ConfigOption = None,
    ask_password: AskPasswordOption = False,
    allow_insecure_http: InsecureOption = False,
) -> SandboxConfig:
    """Return the configuration that the options describe."""
    if url is not None and config is not None:
        raise ConfigurationError("--url and --config were both given; write one of them")
    if config is not None:
        chosen = SandboxConfig.from_file(config, allow_insecure_http=allow_insecure_http)
    else:
        given = {} if url is None else {"OPENCODE_SERVER_URL": url}
        chosen = SandboxConfig.from_env({**os.environ, **given}, allow_insecure_http=allow_insecure_http)
    if ask_password:
        return chosen.with_password(SecretStr(typer.prompt("Password", hide_input=True, err=True)))
    return chosen


def with_client(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options above, and the client they make as its first argument."""
    shared = inspect.signature(server_options, eval_str=True).parameters
    _, *own = inspect.signature(command, eval_str=True).parameters.values()

    @functools.wraps(command)
    def run(**values: Any) -> None:  # noqa: ANN401 - whatever the command line holds
        options = {name: values.pop(name) for name in shared}
        with reported(), SandboxClient(server_options(**options)) as client:
            command(client, **values)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [parameter.replace(kind=keyword) for parameter in (*own, *shared.values())]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # what typer reads
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run
