"""Recording a server, and playing the recording."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from conftest import plain_http, prompt_body
from ruamel.yaml import YAML

from opencode_fake import FakeServer, StaleRecording
from opencode_fake.recording.proxy import Proxy
from opencode_fake.recording.recorder import Recorder
from opencode_fake.recording.redaction import Redaction
from opencode_fake.recording.targets import NotRecordable
from opencode_fake.scripts import InvalidScript, Script, load_script

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
    ],
)
def test_what_counts_as_a_secret(text: str, left: str) -> None:
    """Keys, tokens and passwords in their usual forms; not the words for them."""
    assert Redaction().text(text) == left


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
                        headers = {
                            k.lower(): v for k, v in answer.headers.items() if k.lower() not in {"date", "server"}
                        }
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
