from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import ModuleType
from typing import NoReturn

import httpx
import pytest
from pydantic import SecretStr

from opencode_contract.evidence import Exchange, Json, Ownership, Value
from opencode_contract.reports import as_json, as_junit
from opencode_contract.requirements import ALL, registry
from opencode_contract.runner import Report, run_contract
from opencode_contract.targets import Access, Level
from opencode_contract.targets.connecting import connected
from opencode_contract.targets.event_log import EventLog
from opencode_fake import FakeServer, RealClock
from opencode_fake.scripts.model import Script

pytestmark = pytest.mark.system

PASSWORD = "tell-nobody"
CANARY = "canary"
SCRIPT: dict[str, Json] = {
    "replies": [
        {
            "prompt": f"{CANARY} asks",
            "steps": [{"tool": "bash", "input": {"command": f"rm {CANARY}"}, "permission": "ask"}],
        },
        {
            "prompt": f"{CANARY} is limited",
            "steps": [{"error": {"kind": "provider", "status": 429, "message": CANARY}}],
        },
        {"prompt": f"{CANARY} wonders", "steps": [{"question": f"Is it {CANARY}?", "options": [CANARY]}]},
    ]
}

Breaking = Callable[[pytest.MonkeyPatch], None]


@asynccontextmanager
async def busy_deployment(version: str) -> AsyncIterator[Access]:
    """A deployment on which others work all the time, and whose sessions are full of what nobody else may see."""
    async with FakeServer(
        Script.model_validate(SCRIPT), version=version, password=PASSWORD, clock=RealClock()
    ) as server:
        auth = ("opencode", PASSWORD)
        async with httpx.AsyncClient(base_url=server.url, auth=auth, trust_env=False) as http:
            for words in ("asks", "wonders", "is limited"):
                await _prompt(http, await _session(http), f"{CANARY} {words}")
            worker = asyncio.create_task(_work(http, await _session(http)))
            try:
                yield Access("deployment", server.url, SecretStr(PASSWORD), Level.WRITE, scripted=True)
            finally:
                worker.cancel()
                await asyncio.gather(worker, return_exceptions=True)


async def _session(http: httpx.AsyncClient) -> str:
    return str((await http.post("/session", json={"title": f"{CANARY} needle"})).json()["id"])


async def _prompt(http: httpx.AsyncClient, session_id: str, text: str, **body: object) -> None:
    path = f"/session/{session_id}/{'message' if body else 'prompt_async'}"
    await http.post(path, json={"parts": [{"type": "text", "text": text}], **body})


async def _work(http: httpx.AsyncClient, session_id: str) -> None:
    while True:
        await _prompt(http, session_id, f"{CANARY} notes", noReply=True)
        await asyncio.sleep(0.02)


def nothing_equals(patch: pytest.MonkeyPatch) -> None:
    """Every comparison fails, with the words that it fails with."""

    def fail(value: Value, expected: Json) -> NoReturn:
        value.fail(f"{value.name} should be {expected!r} and is {value.shown}")

    def fail_match(value: Value, _pattern: str, description: str) -> NoReturn:
        value.fail(f"{value.name} should be {description} and is {value.shown}")

    def fail_require(value: Value, _holds: object, message: str) -> NoReturn:
        value.fail(message)

    patch.setattr(Value, "equals", fail)
    patch.setattr(Value, "matches", fail_match)
    patch.setattr(Value, "require", fail_require)
    for module in _topics():
        if hasattr(module, "require"):
            patch.setattr(module, "require", _never)


def _never(_holds: object, message: str, evidence: object = "") -> None:
    Value(None, "x", evidence).fail(message)


def _topics() -> list[ModuleType]:
    return [module for module in vars(registry).values() if isinstance(module, ModuleType)]


def no_status_is_right(patch: pytest.MonkeyPatch) -> None:
    """Every answer has the wrong status, whatever it holds."""

    def fail(exchange: Exchange, *_: int) -> NoReturn:
        exchange.fail(f"{exchange.method} {exchange.path} should answer otherwise")

    patch.setattr(Exchange, "expect", fail)


def no_json_is_readable(patch: pytest.MonkeyPatch) -> None:
    """Every answer is cut short, so that it is no JSON any more."""
    original = Exchange.json

    def cut(exchange: Exchange, name: str) -> Value:
        object.__setattr__(exchange, "received", exchange.received[:-1])
        return original(exchange, name)

    patch.setattr(Exchange, "json", cut)


def nothing_is_of_its_kind(patch: pytest.MonkeyPatch) -> None:
    """Lists, texts and numbers are taken for something else, also those of others."""

    def fail(value: Value) -> NoReturn:
        value.fail(f"{value.name} should be something else and is {value.shown}")

    for name in ("list", "number", "integer"):
        patch.setattr(Value, name, fail)


def no_event_fits(patch: pytest.MonkeyPatch) -> None:
    """Whoever waits for an event sees all the others."""
    original = EventLog.wait_for

    async def wait(log: EventLog, _holds: object, what: str) -> object:
        return await original(log, lambda _: False, what)

    patch.setattr(EventLog, "wait_for", wait)


@pytest.mark.parametrize(
    "breaking", [nothing_equals, no_status_is_right, no_json_is_readable, nothing_is_of_its_kind, no_event_fits]
)
@pytest.mark.parametrize("version", ["1.1.53", "1.18.34"])
async def test_no_failure_shows_what_belongs_to_others(
    breaking: Breaking, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever fails, and with whatever words: neither titles nor messages, requests or events of others are told."""
    monkeypatch.setattr(EventLog, "patience", 0.1)
    async with busy_deployment(version) as access:
        breaking(monkeypatch)
        report = await run_contract("here", connected(access), ALL, level=Level.WRITE, deadline=5)
        monkeypatch.undo()
    assert len(report.failures) > 4
    _tells_nothing(report)


def _tells_nothing(report: Report) -> None:
    telling = [(each.requirement.id, each.message, each.evidence) for each in report.results if CANARY in f"{each}"]
    assert telling == []
    assert CANARY not in as_json(report) + as_junit(report)


def test_what_is_ours_is_shown() -> None:
    """Our sessions, and those that the server makes below them; of others only that they are there."""
    own = Ownership()
    own.add("ses_own")
    own.learn([{"id": "ses_child", "parentID": "ses_own"}, {"id": "ses_other", "parentID": "ses_else"}])
    listed: Json = [
        {"id": "ses_own", "title": "a"},
        {"id": "ses_x", "title": CANARY},
        {"id": "ses_child", "title": "b"},
    ]
    assert own.masked(listed) == [
        {"id": "ses_own", "title": "a"},
        {"id": "ses_child", "title": "b"},
        "[1 of other sessions]",
    ]
    status: Json = {"ses_own": {"type": "busy"}, "ses_x": {"type": "retry", "message": CANARY}}
    assert own.masked(status) == {"ses_own": {"type": "busy"}, "[1 other sessions]": "[of another session]"}
    event: Json = {"payload": {"type": "x", "properties": {"part": {"sessionID": "ses_x"}, "delta": CANARY}}}
    assert own.masked(event) == "[of another session]"


def test_what_cannot_be_read_is_not_shown() -> None:
    """Half a list may hold anything; a page holds no sessions, and an answer about ours none of others."""
    own = Ownership()
    assert own.text(f'[{{"title": "{CANARY}"', ours=False) == "[19 characters that are not JSON]"
    assert own.text("<html>", ours=False) == "<html>"
    assert own.text("Malformed JSON", ours=True) == "Malformed JSON"
    assert own.text('{"a":1}', ours=False) == '{"a":1}'
