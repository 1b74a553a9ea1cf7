"""The commands."""

from __future__ import annotations

import json
import logging
import sys
from typing import Annotated

import typer

from opencode_sandbox.cli import printing
from opencode_sandbox.cli.asking import ask_and_show
from opencode_sandbox.cli.options import JsonOption, with_client
from opencode_sandbox.cli.outcome import ExitCode
from opencode_sandbox.cli.screen import say
from opencode_sandbox.client import SandboxClient
from opencode_sandbox.connection import ConnectionState
from opencode_sandbox.errors import InvalidAction
from opencode_sandbox.flows.waiting import Via, check_question
from opencode_sandbox.flows.wire import MESSAGES, SESSION, SESSIONS
from opencode_sandbox.models import JsonObject

HELP = """A client of an OpenCode sandbox.

The server comes from OPENCODE_SERVER_URL, --url or --config; its password from OPENCODE_SERVER_PASSWORD, the config
file or --ask-password, never from an option's value.

Exit codes: 0 all is well; 1 the server or the reply failed; 2 wrong usage or configuration, the server cannot be
reached, is not OpenCode, or refuses the password; 130 interrupted by Ctrl-C.
"""

app = typer.Typer(
    help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, rich_markup_mode=None
)


SessionArgument = Annotated[str, typer.Argument(metavar="SESSION", help="The session's id, ses_...")]
TextArgument = Annotated[str, typer.Argument(metavar="TEXT", help="The prompt.")]


def main() -> None:
    """Run the command line."""
    logging.getLogger("stamina").setLevel(logging.ERROR)  # retries are no news for a person
    app(prog_name="opencode-sandbox")


@app.command("test-connection")
@with_client
def check(client: SandboxClient, *, as_json: JsonOption = False) -> None:
    """Find out whether the server can be used, and if not, why."""
    report = client.test_connection()
    if as_json:
        printing.print_json(report.as_json())
    else:
        say(f"{report.state.value}: {report.advice}")
    if not report.ok:
        failing = report.state is ConnectionState.SERVER_FAILING
        raise typer.Exit(ExitCode.FAILED if failing else ExitCode.UNUSABLE)


@app.command()
@with_client
def create(client: SandboxClient, *, as_json: JsonOption = False) -> None:
    """Make a session and print its id."""
    response = _act(client, "opencodeCreateSession")
    if as_json:
        printing.print_json(response)
    else:
        say(SESSION.validate_python(response["session"]).id)


@app.command()
@with_client
def prompt(client: SandboxClient, session: SessionArgument, text: TextArgument, *, as_json: JsonOption = False) -> None:
    """Send a prompt without waiting for the reply."""
    response = _act(client, "opencodeSendPrompt", sessionId=session, prompt=text)
    if as_json:
        printing.print_json(response)
    else:
        typer.echo("sent", err=True)


@app.command()
@with_client
def messages(client: SandboxClient, session: SessionArgument, *, as_json: JsonOption = False) -> None:
    """Print a session's messages, and what they cost."""
    response = _act(client, "opencodeGetMessages", sessionId=session)
    if as_json:
        printing.print_json(response)
    else:
        printing.print_messages(MESSAGES.validate_python(response["messages"]))


@app.command()
@with_client
def abort(client: SandboxClient, session: SessionArgument) -> None:
    """Stop what a session is doing; an idle one stays as it is."""
    client.abort(session)
    typer.echo("aborted", err=True)


@app.command()
@with_client
def show(client: SandboxClient, session: SessionArgument, *, as_json: JsonOption = False) -> None:
    """Print what is known of a session."""
    response = _act(client, "opencodeGetSession", sessionId=session)
    if as_json:
        printing.print_json(response)
    else:
        printing.print_session(SESSION.validate_python(response["session"]))


@app.command("list")
@with_client
def list_sessions(client: SandboxClient, *, as_json: JsonOption = False) -> None:
    """List the sessions."""
    response = _act(client, "opencodeListSessions")
    if as_json:
        printing.print_json(response)
    else:
        printing.print_sessions(SESSIONS.validate_python(response["sessions"]))


@app.command()
@with_client
def action(
    client: SandboxClient,
    json_text: Annotated[str, typer.Argument(metavar="JSON", help="The action's JSON, or - to read it from stdin.")],
) -> None:
    """Carry out one of the document's actions; what is printed is its JSON response."""
    try:
        wanted = json.loads(sys.stdin.read() if json_text == "-" else json_text)
    except (ValueError, RecursionError) as error:
        raise InvalidAction(
            f'the action is not JSON ({error}); write {{"action": ..., "arguments": {{...}}}}'
        ) from None
    printing.print_json(client.run_action(wanted))


@app.command()
@with_client
def ask(
    client: SandboxClient,
    text: TextArgument,
    *,
    session: Annotated[
        str | None, typer.Option(metavar="ID", help="The session; without it a new one is made.")
    ] = None,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="How long to wait.")] = 600.0,
    via: Annotated[Via, typer.Option(help="How to follow the reply.")] = "events",
    as_json: JsonOption = False,
) -> None:
    """Send a prompt, print the answer as it comes, then what it cost (on stderr); Ctrl-C aborts the run."""
    check_question(text, timeout=timeout, via=via)
    session_id = session or client.create_session().id
    say(f"session {session_id}", err=True)
    ask_and_show(client, session_id, text, timeout=timeout, via=via, as_json=as_json)


def _act(client: SandboxClient, name: str, **arguments: str) -> JsonObject:
    return client.run_action({"action": name, "arguments": arguments})
