"""Fakes that are wrong in one respect: the contract has to find each, under the right name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import pytest
from aiohttp import web

from opencode_contract.requirements import by_id, conversation
from opencode_contract.runner import Report, run_contract
from opencode_contract.targets import parse_target
from opencode_contract.targets.event_log import EventLog
from opencode_fake.run.effects import Event
from opencode_fake.server.app import App
from opencode_fake.server.errors import Refused
from opencode_fake.server.exchange import Outgoing
from opencode_fake.server.gate import Gate
from opencode_fake.server.journal import Received
from opencode_fake.server.streams import Reader, Streams
from opencode_fake.state.store import Store

Wrong: TypeAlias = Callable[[pytest.MonkeyPatch], None]
Change: TypeAlias = Callable[[str, str, Outgoing], Outgoing]


@dataclass(frozen=True)
class Mutation:
    """What is made wrong, and the requirement that says so."""

    what: str
    caught_by: str
    apply: Wrong


def answering(change: Change) -> Wrong:
    """Changes what the fake answers."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        original = App._answer

        async def mutated(app: App, request: web.BaseRequest, body: bytes, received: Received) -> Outgoing | Reader:
            try:
                answer = await original(app, request, body, received)
            except Refused as refused:
                answer = refused.problem(app.world.behaviours)
            if isinstance(answer, Reader):
                return answer
            return change(request.method, request.path.removeprefix("/opencode"), answer)

        patch.setattr(App, "_answer", mutated)

    return apply


def json_of(what: Callable[[Any], None]) -> Wrong:
    """Changes every JSON object that the fake answers, however deep."""

    def visit(value: Any) -> None:
        if isinstance(value, dict):
            what(value)
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            visit(inner)

    def change(_method: str, _path: str, answer: Outgoing) -> Outgoing:
        if not answer.body or answer.status != 200:
            return answer
        value = json.loads(answer.body)
        visit(value)
        return replace(answer, body=json.dumps(value).encode())

    return answering(change)


def without(key: str) -> Wrong:
    """Drops a key wherever it stands."""
    return json_of(lambda value: value.pop(key, None))


def status(method: str, ending: str, new: int) -> Wrong:
    """Answers another status to one kind of request."""

    def change(asked: str, path: str, answer: Outgoing) -> Outgoing:
        return replace(answer, status=new) if asked == method and path.endswith(ending) else answer

    return answering(change)


def reversed_list(ending: str) -> Wrong:
    """Answers a list the wrong way round."""

    def change(method: str, path: str, answer: Outgoing) -> Outgoing:
        if method != "GET" or not path.endswith(ending):
            return answer
        return replace(answer, body=json.dumps(json.loads(answer.body)[::-1]).encode())

    return answering(change)


def doubled_cost(value: dict[str, Any]) -> None:
    """A cost that is twice what the tokens are worth."""
    if "cost" in value:
        value["cost"] *= 2


def one_character_short(value: dict[str, Any]) -> None:
    """An output that misses its last character."""
    if isinstance(value.get("output"), str):
        value["output"] = value["output"][:-1]


def never_busy(method: str, path: str, answer: Outgoing) -> Outgoing:
    """A status that shows no session, whatever runs."""
    return replace(answer, body=b"{}") if (method, path) == ("GET", "/session/status") else answer


def another_type(_method: str, path: str, answer: Outgoing) -> Outgoing:
    """JSON that says it is a page."""
    return replace(answer, content_type="text/html") if path == "/session/status" else answer


def with_a_parent(value: dict[str, Any]) -> None:
    """A fork that names a parent."""
    if str(value.get("title")).endswith("(fork #1)"):
        value["parentID"] = "ses_parent"


def status_of(method: str, inside: str, new: int) -> Wrong:
    """Answers another status to requests with this in their path."""

    def change(asked: str, path: str, answer: Outgoing) -> Outgoing:
        return replace(answer, status=new) if asked == method and inside in path else answer

    return answering(change)


def emptied(ending: str) -> Wrong:
    """Answers an empty list."""

    def change(method: str, path: str, answer: Outgoing) -> Outgoing:
        return replace(answer, body=b"[]") if method == "GET" and path.endswith(ending) else answer

    return answering(change)


def allows_no_origin(patch: pytest.MonkeyPatch) -> None:
    """A gate that names no origin."""
    patch.setattr(Gate, "origin_headers", lambda _gate, _headers: {})


def lets_everybody_in(patch: pytest.MonkeyPatch) -> None:
    """A gate that does not look at the password."""
    patch.setattr(Gate, "admits", lambda _gate, _headers, _query: True)


def keeps_deleted_sessions(patch: pytest.MonkeyPatch) -> None:
    """A store that forgets nothing."""
    patch.setattr(Store, "remove", lambda _store, _session_id, **_more: None)


def unsaid(kind: str) -> Wrong:
    """A stream that leaves out one type of event."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        original = Streams.publish

        def mutated(streams: Streams, happened: Event, directory: str) -> None:
            if happened.type != kind:
                original(streams, happened, directory)

        patch.setattr(Streams, "publish", mutated)

    return apply


MUTATIONS = (
    Mutation("a session without slug", "sessions.slug", without("slug")),
    Mutation("a reply without finish", "messages.finish", without("finish")),
    Mutation("a reply without parentID", "messages.parent", without("parentID")),
    Mutation("an error that is not stored", "failures.in-the-message", without("error")),
    Mutation("201 for a new session", "sessions.create", status("POST", "/session", 201)),
    Mutation("200 for a missing session", "sessions.get-missing", status("GET", "/ses_doesnotexist", 200)),
    Mutation("200 for a prompt", "prompts.accepted", status("POST", "/prompt_async", 200)),
    Mutation("the oldest session first", "sessions.newest-first", reversed_list("/session")),
    Mutation("the latest message first", "prompts.user-message-first", reversed_list("/message")),
    Mutation("a cost twice as high", "costs.price", json_of(doubled_cost)),
    Mutation("an output cut short", "tools.output", json_of(one_character_short)),
    Mutation("a status that is never busy", "runs.busy", answering(never_busy)),
    Mutation("JSON called HTML", "health.json", answering(another_type)),
    Mutation("no password needed", "auth.without-password", lets_everybody_in),
    Mutation("a deleted session that stays", "sessions.deleted-is-gone", keeps_deleted_sessions),
    Mutation("no session.idle", "events.busy-then-idle", unsaid("session.idle")),
    Mutation("no session.created", "events.session-created", unsaid("session.created")),
    Mutation("no session.error", "events.error", unsaid("session.error")),
    Mutation("no permission.replied", "permissions.replied", unsaid("permission.replied")),
    Mutation("no question.rejected", "questions.reject", unsaid("question.rejected")),
    Mutation("no todo.updated", "todos.said", unsaid("todo.updated")),
    Mutation("no message.part.removed", "history.part-events", unsaid("message.part.removed")),
    Mutation("no command.executed", "commands.executed", unsaid("command.executed")),
    Mutation("a revert without a mark", "history.revert", without("revert")),
    Mutation("a fork that is a child", "history.fork-is-no-child", json_of(with_a_parent)),
    Mutation("404 for the old route", "permissions.old-route", status_of("POST", "/permissions/", 404)),
    Mutation("a list without children", "listing.children", emptied("/children")),
    Mutation("no origin allowed", "browsers.own-origin", allows_no_origin),
)


async def check(ids: list[str]) -> Report:
    """The report on some requirements of the fake."""
    return await run_contract("fake", parse_target("fake").open(), by_id(ids), deadline=8)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.what)
async def test_a_wrong_fake_is_caught(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The requirement that is broken fails, and one that has nothing to do with it does not."""
    mutation.apply(monkeypatch)
    monkeypatch.setattr(EventLog, "patience", 0.5)
    monkeypatch.setattr(conversation, "STANDSTILL_SECONDS", 0.3)
    report = await check([mutation.caught_by, "health.version"])
    assert [failure.requirement.id for failure in report.failures] == [mutation.caught_by]


async def test_the_right_fake_is_not_accused() -> None:
    """What catches the mutations holds on the fake as it is."""
    report = await check([mutation.caught_by for mutation in MUTATIONS])
    assert report.failures == []
    assert len(report.results) == len({mutation.caught_by for mutation in MUTATIONS})
