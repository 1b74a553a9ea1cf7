"""The command ``ask``: what is shown while a reply comes, when it fails, and when Ctrl-C ends it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from opencode_fake import FakeServer, RealClock
from opencode_fake.scripts.model import Script
from opencode_sandbox import SandboxClient, SandboxConfig, SandboxError, Session
from opencode_sandbox.cli import asking, following, printing
from opencode_sandbox.cli.commands import app
from opencode_sandbox.cli.following import Follower
from opencode_sandbox.cli.outcome import reported
from opencode_sandbox.models import IDLE, Message, SessionStatus
from opencode_sandbox.waiting.progress import Progress
from opencode_sandbox.waiting.reply import Reply

NASTY = "a\x1b[31m\x9b31m\x07\rb[red]"
SCRIPT = Script.model_validate(
    {
        "replies": [
            {"prompt": "nasty", "steps": [{"text": NASTY}]},
            {
                "prompt": "half",
                "steps": [{"text": "Half."}, {"tool": "bash", "input": {"command": "ls"}, "output": "x"}],
                "error": {"kind": "provider", "status": 401, "message": "bad key"},
            },
            {"prompt": "slow", "steps": [{"text": "Wait"}, {"delay": 3600}, {"text": "done"}]},
        ]
    }
)
RETRYING = SessionStatus.model_validate(
    {"type": "retry", "attempt": 1, "message": "slow [/red] \x1b]0;x\x07", "next": 1}
)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    """Return a fake server that takes its time."""
    with FakeServer(SCRIPT, clock=RealClock()) as fake:
        yield fake


@pytest.fixture
def client(server: FakeServer) -> Iterator[SandboxClient]:
    """Return a client of that server, to look at what the commands did."""
    with SandboxClient(SandboxConfig.from_api_keys(server.api_keys)) as client:
        yield client


@pytest.fixture
def run(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that runs the command line on that server."""
    monkeypatch.setenv("OPENCODE_SERVER_URL", server.url)
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", server.password or "")
    monkeypatch.delenv("OPENCODE_SERVER_USERNAME", raising=False)

    def execute(*arguments: str, **options: Any) -> Result:
        result = CliRunner().invoke(app, list(arguments), **options)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return execute


def progress(*parts: dict[str, Any], status: SessionStatus = IDLE) -> Progress:
    """Return the state of a reply whose one answer has these parts."""
    info = {"id": "msg_1", "role": "assistant"}
    answer = Message.model_validate({"info": info, "parts": list(parts)})
    return Progress(Reply("ses_1", "go", None, (answer,)), status)


def text(said: str, part_id: str = "prt_1") -> dict[str, Any]:
    """Return a text part."""
    return {"id": part_id, "type": "text", "text": said}


def tool(status: str) -> dict[str, Any]:
    """Return a tool call."""
    return {"id": "prt_t", "type": "tool", "tool": "bash", "state": {"status": status, "input": {}, "output": "x"}}


class Terminal(io.StringIO):
    """A terminal that keeps what was written to it."""

    def isatty(self) -> bool:
        """Say that this is a terminal."""
        return True


@contextmanager
def on_terminal() -> Iterator[Terminal]:
    """Let one terminal be stdout and stderr."""
    terminal = Terminal()
    with redirect_stdout(terminal), redirect_stderr(terminal):
        yield terminal


def screen(terminal: Terminal) -> Console:
    """Return a console on that terminal."""
    return Console(file=terminal, force_terminal=True, width=80, color_system=None)


def test_a_text_that_goes_back_is_not_printed_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Only growth is printed, even if a state of the reply is shorter than the one before."""
    with Follower(quiet=False) as follower:
        for said in ("Hello", "Hel", "", "Hello", "Hello world"):
            follower(progress(text(said)))
    assert capsys.readouterr().out == "Hello world\n"


def test_what_the_provider_says_is_no_markup() -> None:
    """Brackets in the provider's words are shown as they are, control characters are not."""
    with on_terminal() as terminal, Follower(quiet=False, console=screen(terminal)) as follower:
        follower(progress(status=RETRYING))
    assert "slow [/red]" in terminal.getvalue()
    assert "\x1b]0" not in terminal.getvalue()


@pytest.mark.parametrize(
    "news", [progress(text("I'll list."), tool("running")), progress(text("I'll list."), status=RETRYING)]
)
def test_the_display_comes_back_after_text(news: Progress) -> None:
    """While a tool runs after the first text, or the provider fails, the display says so on a line of its own."""
    with on_terminal() as terminal, Follower(quiet=False, console=screen(terminal)) as follower:
        follower(progress(text("I'll list.")))
        shown = terminal.getvalue()
        assert shown.endswith("I'll list.")
        follower(news)
        assert terminal.getvalue().startswith(f"{shown}\n")
        follower(progress(text("I'll list."), tool("completed"), text("Done.", "prt_2")))
        done = terminal.getvalue()
    assert following._activity(news).split(" [")[0] in done.removeprefix(shown)
    assert done.endswith("Done.")
    assert terminal.getvalue().endswith("Done.\n")
    assert terminal.getvalue().count("I'll list.") == 1


@pytest.mark.parametrize(
    "arguments", [[""], ["go", "--timeout", "-1"], ["go", "--timeout", "nan"], ["go", "--via", "x"]]
)
def test_wrong_arguments_leave_no_session(run: Any, client: SandboxClient, arguments: list[str]) -> None:
    """What cannot be asked makes no session."""
    before = client.list_sessions()
    assert run("ask", *arguments).exit_code == 2
    assert client.list_sessions() == before


def test_a_failed_reply_as_json(run: Any, client: SandboxClient) -> None:
    """A failed reply is printed as far as it came, with its error, and so is what it cost."""
    session = client.create_session().id
    result = run("ask", "half", "--json", "--session", session)
    printed = json.loads(result.stdout)
    assert result.exit_code == 1
    assert printed["error"]["type"] == "ReplyFailed"
    assert "bad key" in printed["error"]["message"]
    assert printed["messages"] == [message.wire() for message in client.get_messages(session)]
    assert "cost 0." in result.stderr


def test_a_deadline_as_json(run: Any) -> None:
    """The messages seen until the deadline are printed."""
    result = run("ask", "slow", "--json", "--timeout", "0.5")
    printed = json.loads(result.stdout)
    assert (result.exit_code, printed["error"]["type"]) == (1, "ReplyTimeout")
    assert printed["messages"][0]["info"]["role"] == "user"
    assert "tokens" in result.stderr


def test_what_a_failed_reply_cost(run: Any) -> None:
    """Without JSON, too, a failed reply's cost is told."""
    assert "cost 0." in run("ask", "half").stderr


def test_interrupt_aborts_the_run(run: Any, client: SandboxClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C stops the run that the command has begun, says so, and exits as shells expect."""
    session = client.create_session().id

    class Impatient(Follower):
        def __call__(self, progress: Progress) -> None:
            super().__call__(progress)
            if progress.reply.text:
                raise KeyboardInterrupt

    monkeypatch.setattr(asking, "Follower", Impatient)
    result = run("ask", "slow", "--session", session)
    assert result.exit_code == 130
    assert f"aborted the run in session {session}" in result.stderr
    assert session not in client.session_status()


def test_interrupt_before_the_prompt_aborts_nothing(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C before the prompt was sent leaves alone what somebody else may do in that session."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(SandboxClient, "ask", interrupted)
    monkeypatch.setattr(SandboxClient, "abort", lambda *_: pytest.fail("aborted"))
    result = run("ask", "slow")
    assert result.exit_code == 130
    assert "opencode-sandbox abort ses" in result.stderr


def test_abort(run: Any, client: SandboxClient) -> None:
    """The command ``abort`` stops a run."""
    session = client.create_session().id
    run("prompt", session, "slow")
    assert run("abort", session).exit_code == 0
    assert session not in client.session_status()


def show_nasty_things() -> None:
    """Write what commands write, with a model's control characters in it."""
    answer = Message.model_validate({"info": {"id": "msg_1", "role": "assistant"}, "parts": [text(NASTY)]})
    session = Session(id="ses_1", title=NASTY)
    printing.print_messages([answer])
    printing.print_session(session)
    printing.print_sessions([session])
    with Follower(quiet=False, console=Console(file=io.StringIO())) as follower:
        follower(progress(text(NASTY)))
    with pytest.raises(typer.Exit), reported():
        raise SandboxError(NASTY)


def test_terminals_are_not_played_with() -> None:
    """Control characters of the model reach no terminal."""
    with on_terminal() as terminal:
        show_nasty_things()
    assert [part for part in ("\x1b[31m", "\x9b", "\x07", "\r") if part in terminal.getvalue()] == []
    assert terminal.getvalue().count("b[red]") == 5


def test_other_outputs_get_what_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the output goes to no terminal, nothing is replaced."""
    show_nasty_things()
    assert "\N{REPLACEMENT CHARACTER}" not in capsys.readouterr().out


def test_json_plays_with_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON holds no control character, and the same value all the same."""
    printing.print_json({"text": NASTY})
    printed = capsys.readouterr().out
    assert not set("\x1b\x9b\x07\r") & set(printed)
    assert json.loads(printed) == {"text": NASTY}
