"""The command line, on the fake server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner, Result

from opencode_fake import FakeServer
from opencode_fake.scripts.model import Script
from opencode_sandbox.cli.commands import app
from opencode_sandbox.cli.following import Follower
from opencode_sandbox.models import Message
from opencode_sandbox.waiting.progress import Progress
from opencode_sandbox.waiting.reply import Reply

SCRIPT = Script.model_validate(
    {
        "replies": [
            {
                "prompt": "list the files",
                "steps": [
                    {"text": "I'll list the files for you."},
                    {"tool": "bash", "input": {"command": "ls"}, "output": "total 60"},
                    {"text": "Three files."},
                ],
                "tokens": {"input": 3, "output": 87},
                "cost": 0.25,
            },
            {"prompt": "fail", "error": {"kind": "provider", "status": 401, "message": "bad key"}},
        ]
    }
)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    """Return a fake server with a password."""
    with FakeServer(SCRIPT, password="hunter2") as fake:
        yield fake


@pytest.fixture
def run(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that runs the command line on that server."""
    monkeypatch.setenv("OPENCODE_SERVER_URL", server.url)
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", "hunter2")
    monkeypatch.delenv("OPENCODE_SERVER_USERNAME", raising=False)

    def execute(*arguments: str, **options: Any) -> Result:
        result = CliRunner().invoke(app, list(arguments), **options)
        assert "hunter2" not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return execute


def created(run: Any) -> str:
    """Return the id of a new session."""
    return str(run("create").stdout.strip())


def test_connection_is_fine(run: Any) -> None:
    """A good connection exits with 0 and names the version."""
    result = run("test-connection")
    assert (result.exit_code, result.stdout.startswith("ok: ")) == (0, True)
    assert json.loads(run("test-connection", "--json").stdout)["state"] == "ok"


def test_connection_is_not_fine(run: Any, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong password, a wrong prefix and an absent server exit with 2 and their state."""
    root = server.url.removesuffix("/opencode")
    result = run("test-connection", "--json", "--url", root)
    assert (result.exit_code, json.loads(result.stdout)["suggestedUrl"]) == (2, server.url)
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", "wrong")
    result = run("test-connection")
    assert (result.exit_code, result.stdout.split(":")[0]) == (2, "wrong_password")
    result = run("test-connection", "--url", "http://127.0.0.1:1")
    assert (result.exit_code, result.stdout.split(":")[0]) == (2, "nobody_there")


def test_the_documents_json(run: Any) -> None:
    """With --json every command prints the document's object."""
    session = json.loads(run("create", "--json").stdout)["session"]
    assert session["id"].startswith("ses")
    assert json.loads(run("show", session["id"], "--json").stdout)["session"]["id"] == session["id"]
    assert session["id"] in [each["id"] for each in json.loads(run("list", "--json").stdout)["sessions"]]
    assert json.loads(run("messages", session["id"], "--json").stdout) == {"messages": []}
    sent = run("prompt", session["id"], "list the files", "--json")
    assert json.loads(sent.stdout) == {"success": True, "result": ""}


def test_plain_output(run: Any) -> None:
    """Without --json the commands print text for a person."""
    session = created(run)
    assert run("ask", "--session", session, "list the files").exit_code == 0
    assert f"id: {session}" in run("show", session).stdout
    assert session in run("list").stdout
    shown = run("messages", session)
    assert "list the files" in shown.stdout
    assert "[bash]\n  | total 60" in shown.stdout
    assert "cost 0.500000" in shown.stderr
    assert run("prompt", session, "list the files").stderr == "sent\n"


@pytest.mark.parametrize("via", ["events", "poll"])
def test_ask_prints_the_answer(run: Any, via: str) -> None:
    """The answer goes to stdout, a line for each text, and what it cost to stderr."""
    result = run("ask", "list the files", "--via", via)
    assert result.exit_code == 0
    assert result.stdout == "I'll list the files for you.\nThree files.\n"
    assert "session ses" in result.stderr
    assert "cost 0.500000, tokens 6 in, 174 out" in result.stderr


def test_ask_as_json(run: Any) -> None:
    """With --json the messages of the reply are printed, and nothing else on stdout."""
    messages = json.loads(run("ask", "list the files", "--json").stdout)["messages"]
    assert [message["info"]["role"] for message in messages] == ["user", "assistant", "assistant"]


def test_ask_that_fails(run: Any) -> None:
    """A failed reply exits with 1 and says why."""
    result = run("ask", "fail")
    assert result.exit_code == 1
    assert "bad key" in result.stderr


def test_action(run: Any) -> None:
    """An action is given as an argument or on stdin."""
    wanted = '{"action": "opencodeListSessions", "arguments": {}}'
    assert "sessions" in json.loads(run("action", wanted).stdout)
    assert "sessions" in json.loads(run("action", "-", input=wanted).stdout)


def test_config_file(run: Any, server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file takes the place of the environment."""
    monkeypatch.delenv("OPENCODE_SERVER_URL")
    monkeypatch.delenv("OPENCODE_SERVER_PASSWORD")
    path = tmp_path / "config.json"
    path.write_text(json.dumps(server.api_keys), encoding="utf-8")
    assert run("list", "--config", str(path)).exit_code == 0


def test_asking_for_the_password(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password can be typed in, and is not shown."""
    monkeypatch.delenv("OPENCODE_SERVER_PASSWORD")
    result = run("list", "--ask-password", input="hunter2\n")
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show", "ses_gone"], 1, "no session"),
        (["messages", "ses_gone"], 1, "no session"),
        (["prompt", "ses_gone", "go"], 1, "no session"),
        (["show", "xyz"], 2, "begins with ses_"),
        (["prompt", "ses_1", ""], 2, "prompt is empty"),
        (["ask", "x", "--timeout", "0"], 2, "greater than 0"),
        (["ask", "x", "--via", "pigeon"], 2, "pigeon"),
        (["action", "{"], 2, "not JSON"),
        (["action", "[" * 100_000], 2, "not JSON"),
        (["action", "[]"], 2, "an action is an object"),
        (["action", '{"action": "opencodeGetSesion"}'], 2, "did you mean opencodeGetSession"),
        (["list", "--url", "ftp://x"], 2, "https://"),
        (["list", "--url", "http://sandbox.example"], 2, "--allow-insecure-http"),
        (["list", "--url", "http://127.0.0.1:1"], 2, "nobody answers"),
        (["list", "--url", "https://x", "--config", "y"], 2, "--url and --config"),
        (["list", "--config", "/nowhere/at/all"], 2, "cannot be read"),
        (["show"], 2, "Missing argument"),
        (["nonsense"], 2, "No such command"),
    ],
)
def test_exit_codes(run: Any, arguments: list[str], code: int, said: str) -> None:
    """What failed on the server exits with 1, what never got that far with 2; both say why on stderr."""
    result = run(*arguments)
    assert result.exit_code == code
    assert said in result.stderr


def test_wrong_password_everywhere(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused password exits with 2."""
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", "wrong")
    result = run("list")
    assert result.exit_code == 2
    assert "OPENCODE_SERVER_PASSWORD" in result.stderr


def test_no_url(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a URL the program says where to write it."""
    monkeypatch.delenv("OPENCODE_SERVER_URL")
    result = run("list")
    assert (result.exit_code, "OPENCODE_SERVER_URL is not set" in result.stderr) == (2, True)


def test_help_names_the_exit_codes(run: Any) -> None:
    """The help says what the exit codes mean."""
    assert "Exit codes: 0" in run("--help").stdout


def test_no_option_takes_a_password() -> None:
    """A password on the command line would be in the list of processes: no option takes one."""
    group = typer.main.get_command(app)
    commands = getattr(group, "commands", {})
    options = [option for command in commands.values() for option in command.params if "password" in option.name]
    assert len(options) == len(commands) == 9
    assert all(option.is_flag for option in options)


def test_frames_show_no_locals() -> None:
    """A bug in the program prints a plain traceback."""
    assert app.pretty_exceptions_enable is False


def follow(*texts: str) -> None:
    """Show an answer that grows through these texts."""
    with Follower(quiet=False) as follower:
        for text in texts:
            part = {"id": "prt_1", "type": "text", "text": text}
            answer = Message.model_validate({"info": {"id": "msg_1", "role": "assistant"}, "parts": [part]})
            follower(Progress(Reply("ses_1", "go", None, (answer,))))


@pytest.mark.parametrize(
    ("texts", "printed"),
    [
        (["Hel", "Hello", "Hello"], "Hello\n"),
        (["Hello ", "Hello"], "Hello \n"),
        (["Hello\n"], "Hello\n"),
        (["Heo", "Hello"], "Heo\nHello\n"),
        ([""], ""),
    ],
)
def test_growing_text_is_printed_once(texts: list[str], printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Only what is new is printed; a text with a hole in it is printed again, and trimmed space does not matter."""
    follow(*texts)
    assert capsys.readouterr().out == printed
