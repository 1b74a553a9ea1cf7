"""Recording a server, and playing the recording."""

from __future__ import annotations

import base64
import json
import re
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from conftest import plain_http, prompt_body
from ruamel.yaml import YAML

from opencode_fake import FakeServer, StaleRecording
from opencode_fake.recording.proxy import Proxy
from opencode_fake.recording.recorder import Recorder
from opencode_fake.recording.redaction import Redaction
from opencode_fake.recording.targets import GROUP, NotRecordable, opened
from opencode_fake.scripts import InvalidScript, Script, load_script
from opencode_fake.scripts.model import JsonValue

SECRET = "sk-ant-REDACTME-0123456789abcdef"
SLOW_DOWN = {"kind": "provider", "status": 429, "message": "slow down", "times": 2}
SCRIPT: dict[str, Any] = {
    "replies": [
        {
            "prompt": "work",
            "title": "Some work",
            "steps": [
                {"reasoning": "Let me see."},
                {"text": "First the files.", "chunks": ["First the ", "files."]},
                {"tool": "bash", "input": {"command": "ls"}, "output": "a\nb\n", "duration": 2},
                {"tool": "bash", "input": {"command": "cat a"}, "output": "", "exit": 1, "parallel": True},
                {"write": "src/a.py", "content": "a = 1\n"},
                {"edit": "src/a.py", "old": "1", "new": "2"},
                {"todos": ["Look", {"content": "Think", "status": "completed"}]},
                {"task": "look deeper", "description": "A look", "agent": "general"},
                {"tool": "webfetch", "input": {"url": "http://x"}, "output": "page", "title": "X"},
                {"tool": "glob", "input": {"pattern": "*"}, "error": "no such folder"},
                {"text": "Done."},
            ],
            "tokens": {"input": 7, "output": 5, "reasoning": 2, "cache": {"read": 3}},
        },
        {"prompt": "deeper", "steps": [{"text": "Nothing there."}]},
        {"prompt": "busy", "steps": [{"error": SLOW_DOWN}, {"text": "At last."}]},
        {"prompt": "refused", "error": {"kind": "provider", "status": 401, "message": "bad key"}},
        {"prompt": "broken", "steps": [{"text": "This far"}], "error": {"kind": "stream", "message": "went away"}},
        {"prompt": "twice", "sequence": [{"steps": [{"text": "one"}]}, {"steps": [{"text": "two"}]}]},
        {"prompt": "secret", "steps": [{"text": f"It is {SECRET}.", "chunks": ["It is sk-", f"{SECRET[3:]}."]}]},
    ]
}
PROMPTS = ("work", "busy", "refused", "broken", "twice", "twice")


async def played(url: str, password: str, prompts: tuple[str, ...]) -> tuple[str, list[Any]]:
    """What a client sees of a session with these prompts: without what is another one in each run."""
    async with plain_http(base_url=url, auth=("opencode", password)) as http:
        session = (await http.post("/session", json={})).json()["id"]
        for prompt in prompts:
            await http.post(f"/session/{session}/message", json=prompt_body(prompt))
        messages = (await http.get(f"/session/{session}/message")).json()
        shown = json.dumps(messages)
        for pattern, put in ((r"(?<=: )\d{13}\b", "0"), (r"\b(ses|msg|prt|call)_\w+", r"\1")):
            shown = re.sub(pattern, put, shown)
        return session, json.loads(shown)


@asynccontextmanager
async def recorder_of(server: FakeServer, file: Path) -> AsyncIterator[Recorder]:
    """Records a server that is started by then."""
    async with Recorder(server.url, file, username=server.username, password=server.password) as recorder:
        yield recorder


@pytest.mark.parametrize("version", ["1.1.53", "1.3.2", "1.14.41", "1.18.34"])
async def test_a_recording_plays_as_what_was_recorded(version: str, tmp_path: Path) -> None:
    """The messages, and the order of events; recorded through the proxy, with secrets gone."""
    file = tmp_path / "recording.yaml"
    async with FakeServer(Script.model_validate(SCRIPT), version=version) as real:
        async with Proxy(real.url) as proxy, recorder_of(real, file) as recorder:
            _, first = await played(proxy.url, real.password or "", PROMPTS)
            await recorder.heard("session.idle", len(PROMPTS))
        events = [event.type for event in real.events]
    script = load_script(file)
    assert script.recorded is not None
    assert script.recorded.version == version
    async with FakeServer(script, version=version) as fake:
        _, second = await played(fake.url, fake.password or "", PROMPTS)
        assert [event.type for event in fake.events] == events
    assert second == first


async def test_secrets_are_taken_out_before_the_file_is_written(tmp_path: Path) -> None:
    """Even one that came in two pieces; what was taken is told."""
    file = tmp_path / "recording.yaml"
    real = FakeServer(Script.model_validate(SCRIPT))
    async with real, Proxy(real.url) as proxy, recorder_of(real, file) as recorder:
        await played(proxy.url, real.password or "", ("secret", f"refused, with {real.password}"))
        await recorder.heard("session.idle", 2)
    text = file.read_text()
    assert SECRET not in text
    assert SECRET[3:] not in text
    assert (real.password or "") not in text
    assert "It is [redacted]." in text
    recorded = load_script(file).recorded
    assert recorded is not None
    assert "1 x key of a known service" in recorded.redacted
    assert "the server's password" in recorded.redacted


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Authorization: Bearer abcdefghijklmnop", "Authorization: Bearer [redacted]"),
        ("git clone https://ann:s3cret@host/repo", "git clone https://ann:[redacted]@host/repo"),
        ("export API_KEY=abcdef123456", "export API_KEY=[redacted]"),
        ('{"password": "hunter22"}', '{"password": "[redacted]"}'),
        ("token ghp_0123456789abcdefghij", "token [redacted]"),
        ("AKIAABCDEFGHIJKLMNOP", "[redacted]"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", "[redacted]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.abcdefghijk", "[redacted]"),
        ("the token count is 12, the password field is empty", "the token count is 12, the password field is empty"),
        ("sk-learn and a task-list", "sk-learn and a task-list"),
        ("Authorization: token 0123abcd", "Authorization: token [redacted]"),
        ('{"Authorization": "Basic YW5uOnB3"}', '{"Authorization": "Basic [redacted]"}'),
        ("curl -u ann:pw1 -H 'X-Api-Key: k3yk3y'", "curl -u ann:[redacted] -H 'X-Api-Key: [redacted 2]'"),
        ("deploy --auth-token abc123 --verbose", "deploy --auth-token [redacted] --verbose"),
        ("Set-Cookie: sid=1a2b; Path=/\nServer: x", "Set-Cookie: [redacted]\nServer: x"),
        ("https://0123456789abcdef@github.com/a/b", "https://[redacted]@github.com/a/b"),
        ("https://host/a?access_token=0a1b2c3d4e&page=2", "https://host/a?access_token=[redacted]&page=2"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key = [redacted]"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb\n(cut)", "[redacted]"),
        ("1| -----BEGIN EC PRIVATE KEY-----\n2| MHcC\n3| -----END EC PRIVATE KEY-----\n4| x", "1| [redacted]\n4| x"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQ\n-----END PGP PRIVATE KEY BLOCK-----\nx", "[redacted]\nx"),
        ("MIIEpAIBAAKCAQEA7b2x\nQJ8aAbCdEfGhIjKl==\n-----END RSA PRIVATE KEY-----", "[redacted]"),
        ("password: hunter2 and once more hunter2", "password: [redacted] and once more [redacted]"),
        ("give a basic overview of token bearers", "give a basic overview of token bearers"),
        ("git@github.com:a/b.git and ann@example.com", "git@github.com:a/b.git and ann@example.com"),
    ],
)
def test_what_counts_as_a_secret(text: str, left: str) -> None:
    """Keys, tokens and passwords in their usual forms; not the words for them."""
    assert Redaction().text(text) == left


def test_names_make_secrets() -> None:
    """Of what stands under them; keys of the script stay, whatever is secret."""
    given: JsonValue = {
        "steps": [
            {
                "tool": "call",
                "input": {"password": "output", "headers": {"Authorization": ["abcd"]}},
                "output": "output",
            },
            {"text": "Bearer abc123defg", "chunks": ["Bearer abc", "123defg"], "pace": 1},
        ]
    }
    redaction = Redaction()
    assert redaction.all(given) == {
        "steps": [
            {
                "tool": "call",
                "input": {"password": "[redacted]", "headers": {"Authorization": ["[redacted 2]"]}},
                "output": "output",
            },
            {"text": "Bearer [redacted 3]", "pace": 1},
        ]
    }
    assert redaction.report() == "redacted: 1 x authorization, 2 x value of a secret"


@pytest.mark.parametrize("password", ["p@ss word/1", 'quo"te\\n', "ümläut%20"])
def test_the_password_is_known_in_all_its_forms(password: str) -> None:
    """As JSON, addresses and Basic authentication write it."""
    pair = base64.b64encode(f"ann:{password}".encode()).decode()
    forms = [password, json.dumps(password)[1:-1], quote(password, safe=""), pair, pair.rstrip("=")]
    for form in forms:
        redaction = Redaction.of_password(password, ("ann",))
        assert redaction.text(f"it was {form}!") == "it was [redacted]!"
        assert redaction.report() == "redacted: 1 x the server's password"
        assert password not in repr(redaction)


LEAKY: dict[str, Any] = {
    "replies": [
        {
            "prompt": "rotate",
            "steps": [
                {"write": ".env", "content": "API_KEY=old1234567\n"},
                {"edit": ".env", "old": "old1234567", "new": "new1234567"},
                {"tool": "bash", "input": {"command": "env"}, "output": "API_KEY=new1234567\n"},
                {"text": "API_KEY is new1234567 now."},
            ],
        }
    ]
}


async def test_a_redacted_recording_still_plays(tmp_path: Path) -> None:
    """What was different is, the edit edits, and the prompt that held a secret still finds its reply."""
    file, prompt = tmp_path / "recording.yaml", "Please rotate the key old1234567."
    real = FakeServer(Script.model_validate(LEAKY))
    async with real, recorder_of(real, file) as recorder:
        await played(real.url, real.password or "", (prompt,))
        await recorder.heard("session.idle", 1)
    assert not re.search("(old|new)1234567", file.read_text())
    async with FakeServer(file) as fake:
        _, messages = await played(fake.url, fake.password or "", (prompt,))
        assert fake.unmatched == ()
    tools = [part for message in messages for part in message["parts"] if part["type"] == "tool"]
    assert [part["state"]["status"] for part in tools] == ["completed"] * 3
    assert tools[2]["state"]["output"] == "API_KEY=[redacted 2]\n"


async def test_the_proxy_changes_nothing() -> None:
    """Status, headers and body; streams come piece by piece."""
    async with FakeServer(Script.model_validate(SCRIPT), version="1.18.34") as real, Proxy(real.url) as proxy:
        credentials = base64.b64encode(f"opencode:{real.password}".encode()).decode()
        async with aiohttp.ClientSession(headers={"Authorization": f"Basic {credentials}"}) as http:
            for method, path in (
                ("GET", "/session"),
                ("POST", "/session/x/message"),
                ("GET", "/nowhere?a=%2F"),
                ("HEAD", "/session"),
            ):
                shown = []
                for url in (real.url, proxy.url):
                    async with http.request(method, url + path) as answer:
                        headers = {name.lower(): value for name, value in answer.headers.items() if name != "Date"}
                        shown.append((answer.status, headers, await answer.read()))
                assert shown[0] == shown[1]
            async with http.get(f"{proxy.url}/event") as stream:
                assert b"server.connected" in await stream.content.readline()


async def test_a_changed_recording_is_refused(tmp_path: Path) -> None:
    """With what to do about it."""
    file = tmp_path / "recording.yaml"
    real = FakeServer(Script.model_validate(SCRIPT))
    async with real, recorder_of(real, file) as recorder:
        await played(real.url, real.password or "", ("twice",))
        await recorder.heard("session.idle", 1)
    load_script(file)
    file.write_text(file.read_text().replace("text: one", "text: another one"))
    with pytest.raises(InvalidScript, match="record it again, or leave out 'recorded'"):
        load_script(file)
    changed = YAML(typ="safe").load(file.read_text())
    del changed["recorded"]
    with file.open("w") as stream:
        YAML().dump(changed, stream)
    assert load_script(file).replies


async def test_a_recording_of_another_version_is_told(tmp_path: Path) -> None:
    """As a warning; it may still be right."""
    file = tmp_path / "recording.yaml"
    real = FakeServer()
    async with real, recorder_of(real, file):
        pass
    with pytest.warns(StaleRecording, match=r"of OpenCode 1\.1\.53 .* is played as 1\.18\.34"):
        FakeServer(file, version="1.18.34")


@pytest.mark.parametrize(
    ("path", "password", "told"),
    [
        ("", "wrong", "refuses the password"),
        ("/nowhere", None, "is the path prefix missing"),
    ],
)
async def test_what_cannot_be_recorded_is_told(path: str, password: str | None, told: str, tmp_path: Path) -> None:
    """A wrong password, a wrong prefix; nothing is written."""
    file = tmp_path / "x.yaml"
    async with FakeServer() as real:
        recorder = Recorder(real.url + path, file, username="opencode", password=password or real.password)
        with pytest.raises(NotRecordable, match=told):
            await recorder.__aenter__()
    assert not file.exists()


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("nonsense", "write one of: local:1.1.53"),
        ("remote:x", "nothing that can be recorded"),
        ("https://ann:pw@host/x", "put the password into OPENCODE_SERVER_PASSWORD"),
        ("http://example.com", "in clear: write https://"),
        ("https://", "names no host"),
        ("fake:0.1.0", "can be 1.1.34 and newer"),
    ],
)
async def test_what_is_no_target_is_told(target: str, told: str) -> None:
    """With what to write instead, and without any password."""
    with pytest.raises(NotRecordable, match=told) as problem:
        await opened(target, None).__aenter__()
    assert "pw" not in str(problem.value)


async def test_a_script_is_for_servers_that_are_started() -> None:
    """One that runs has a model of its own; a fake plays it."""
    with pytest.raises(NotRecordable, match="leave out --script"):
        opened("http://127.0.0.1:4096", Script())
    async with opened("fake:1.18.34", Script.model_validate(SCRIPT)) as server:
        assert server.is_ours
        _, messages = await played(server.url, server.password or "", ("twice",))
        assert messages[1]["parts"][1]["text"] == "one"
        assert (server.password or "?") not in repr(server)


async def test_other_packages_bring_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an entry point, which this distribution has for real servers."""
    declared = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["entry-points"]
    assert declared[GROUP] == {"local": "opencode_contract.recordings.serving:local"}
    metadata = tmp_path / "brings-0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: brings\nVersion: 0\n")
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\nelse = opencode_contract.recordings.serving:local\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(NotRecordable, match="there is no file /nowhere"):
        await opened("else:/nowhere/opencode", None).__aenter__()


@pytest.mark.parametrize(
    "piece", ["a", "a.b-c.", "A1b2" * 19 + "\n", "http://", "sk-a-", "token ", "--a ", '"token": "', "="]
)
def test_long_texts_are_looked_through_in_one_go(piece: str) -> None:
    """No rule tries all beginnings with all ends: a huge output would stop the recording for minutes."""
    Redaction().text(piece * (100_000 // len(piece)))
