"""The command that asks and shows the reply."""

from __future__ import annotations

import typer

from opencode_sandbox.cli.following import Follower
from opencode_sandbox.cli.outcome import ExitCode
from opencode_sandbox.cli.printing import print_json, usage
from opencode_sandbox.cli.screen import say
from opencode_sandbox.client import SandboxClient
from opencode_sandbox.errors import ReplyError, SandboxError, SessionNotFound
from opencode_sandbox.flows.waiting import Via
from opencode_sandbox.models import JsonObject
from opencode_sandbox.waiting.reply import Reply


def ask_and_show(
    client: SandboxClient, session_id: str, prompt: str, *, timeout: float, via: Via, as_json: bool
) -> None:
    """Ask, show the reply while it comes, and what it cost; a failed one is shown as far as it came."""
    follower = Follower(quiet=as_json)
    try:
        with follower:
            reply = client.ask(session_id, prompt, timeout=timeout, via=via, on_update=follower)
    except KeyboardInterrupt:
        _stop(client, session_id, begun=follower.progress is not None)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    except (ReplyError, SessionNotFound) as error:
        if error.progress is not None:
            _print_end(error.progress.reply, as_json, error)
        raise
    _print_end(reply, as_json)


def _print_end(reply: Reply, as_json: bool, error: SandboxError | None = None) -> None:
    if as_json:
        result: JsonObject = {"messages": [message.wire() for message in reply.messages]}
        if error is not None:
            result["error"] = {"type": type(error).__name__, "message": str(error)}
        print_json(result)
    say(usage(reply.cost, reply.tokens), err=True)


def _stop(client: SandboxClient, session_id: str, *, begun: bool) -> None:
    """Abort the run that was waited for; one that somebody else may have begun goes on."""
    by_hand = f"to stop what session {session_id} does: opencode-sandbox abort {session_id}"
    if not begun:
        say(f"Interrupted before the prompt was surely sent; {by_hand}", err=True)
        return
    try:
        client.abort(session_id)
    except SandboxError as error:
        say(f"Interrupted, but the run could not be aborted ({error}); {by_hand}", err=True)
    else:
        say(f"Interrupted; aborted the run in session {session_id}", err=True)
