"""Prompts and what comes of them: answers, events, messages, the session afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from opencode_contract.evidence import Json
from opencode_contract.fidelity.cases.model import Case, case
from opencode_contract.fidelity.steps import Await, Join, Send, Settle, Step, get, patch, post, text

_ONE = "/session/{ses}"
_SYNC = "POST /session/{id}/message"
_ASYNC = "POST /session/{id}/prompt_async"
_ABORT = "POST /session/{id}/abort"
AFTERWARDS: tuple[Step, ...] = (
    Settle(),
    get(f"{_ONE}/message"),
    get(_ONE),
    get(f"{_ONE}/diff"),
    get("/session/status"),
)
"""What a session looks like when all is over."""

_STARTED = Await("message.part.updated", {"part.type": "step-start"}, save={"answer": "part.messageID"})
"""The model has begun to answer, although it says nothing yet."""
_RETRYING = Await("session.status", {"status.type": "retry"})

_PLAYS = (
    *("plain", "pieces", "thinking", "bash", "silent bash", "failing bash", "two at once", "three in a row", "nothing"),
    *("text then thought", "unicode", "read nothing", "refused", "bad request", "not found", "broken", "refused later"),
    *("limited once", "limited twice", "boom", "boom twice", "too long", "too large"),
)
_FILES = ("write and edit", "write alone", "overwrite", "failing edits", "read")
_BODIES: dict[str, Json] = {
    "no-parts": {"parts": []},
    "empty-text": text(""),
    "two-texts": {"parts": [{"type": "text", "text": "play plain"}, {"type": "text", "text": "and more"}]},
    "system": text("play plain", system="Be brief."),
    "agent-plan": text("play plain", agent="plan"),
    "model": text("play plain", model={"providerID": "scripted", "modelID": "script-1"}),
    "variant": text("play plain", variant="high"),
    "tools": text("play plain", tools={"bash": False}),
    "unknown-key": text("play plain", nobodyKnows=1),
    "own-id": text("play plain", messageID="{own_message}"),
    "unknown-agent": text("play plain", agent="nosuch"),
    "unknown-model": text("play plain", model={"providerID": "scripted", "modelID": "nosuch"}),
    "unknown-provider": text("play plain", model={"providerID": "nosuch", "modelID": "x"}),
    "agent-part": {"parts": [{"type": "text", "text": "play plain"}, {"type": "agent", "name": "general"}]},
    "part-id": {"parts": [{"type": "text", "text": "play plain", "id": "{own_part}"}]},
    "synthetic": {"parts": [{"type": "text", "text": "play plain", "synthetic": True}]},
    "ignored": {"parts": [{"type": "text", "text": "play plain"}, {"type": "text", "text": "no", "ignored": True}]},
    "part-metadata": {"parts": [{"type": "text", "text": "play plain", "metadata": {"a": 1}}]},
    "part-unknown-key": {"parts": [{"type": "text", "text": "play plain", "nobodyKnows": 1}]},
    "no-such-reply": text("nobody answers this"),
    "many-lines": text("play plain\nwith a second line\n\nand a third"),
}


def cases() -> Iterator[Case]:
    """All of them."""
    for play in _PLAYS:
        yield _played(_SYNC, "sync", play)
    for play in _FILES:
        yield _played(_SYNC, "sync", play, alone=True)
    for play in ("plain", "bash", "refused", "thinking"):
        yield _played(_ASYNC, "async", play)
    for word, body in _BODIES.items():
        yield case(f"prompt.{word}", _SYNC, "good input", post(f"{_ONE}/message", body), AFTERWARDS, events=True)
        yield case(f"async.{word}", _ASYNC, "good input", post(f"{_ONE}/prompt_async", body), AFTERWARDS, events=True)
    yield from _no_reply()
    yield from _conversations()
    yield from _aborts()
    yield from _queues()
    yield from _forms()
    yield from _reading()


def _played(route: str, kind: str, play: str, *, alone: bool = False) -> Case:
    path = f"{_ONE}/message" if kind == "sync" else f"{_ONE}/prompt_async"
    name = f"{'run' if kind == 'sync' else 'async'}.{play.replace(' ', '-')}"
    return case(name, route, "runs", post(path, text(f"play {play}")), AFTERWARDS, events=True, alone=alone)


def _no_reply() -> Iterator[Case]:
    for word, path, route in (("prompt", "message", _SYNC), ("async", "prompt_async", _ASYNC)):
        silent = post(f"{_ONE}/{path}", text("play plain", noReply=True))
        yield case(f"{word}.no-reply", route, "good input", silent, AFTERWARDS, events=True)
        then = (silent, Settle(), post(f"{_ONE}/{path}", text("play second")))
        yield case(f"{word}.no-reply-then-prompt", route, "runs", *then, AFTERWARDS, events=True)


def _conversations() -> Iterator[Case]:
    first, second = post(f"{_ONE}/message", text("play plain")), post(f"{_ONE}/message", text("play second"))
    yield case("talk.two-prompts", _SYNC, "runs", first, Settle(), second, AFTERWARDS, events=True)
    planned = post(f"{_ONE}/message", text("play plain", agent="plan", variant="high"))
    yield case("talk.agent-is-kept", _SYNC, "runs", planned, Settle(), second, AFTERWARDS, events=True)
    named = post("/session", {"title": "Mine"}, ses="id")
    yield case("talk.own-title", _SYNC, "runs", named, first, AFTERWARDS, events=True)
    renamed = (patch(_ONE, {"title": "Renamed"}), first)
    yield case("talk.renamed", _SYNC, "runs", *renamed, AFTERWARDS, events=True)
    child = post("/session", {"parentID": "{shared}"}, ses="id")
    yield case("talk.child", _SYNC, "runs", child, first, AFTERWARDS, events=True)
    failed = (post(f"{_ONE}/message", text("play refused")), Settle(), second)
    yield case("talk.after-an-error", _SYNC, "runs", *failed, AFTERWARDS, events=True)
    # Asked again after the summary it is too long still.
    too_long = post(f"{_ONE}/message", text("play too long", system="Be brief."))
    yield case("talk.too-long", _SYNC, "runs", first, Settle(), too_long, AFTERWARDS, events=True)
    files = (post(f"{_ONE}/message", text("play write and edit")), Settle(), get(f"{_ONE}/message", user="0.info.id"))
    diffs = (get(f"{_ONE}/diff?messageID={{user}}"), post(f"{_ONE}/message", text("play write alone")))
    yield case("talk.diffs", "GET /session/{id}/diff", "runs", *files, *diffs, AFTERWARDS, events=True, alone=True)


def _aborts() -> Iterator[Case]:
    abort, sync = post(f"{_ONE}/abort"), Send("POST", f"{_ONE}/message", text("play slowly"), background="reply")
    told = Await("message.part.updated", {"part.type": "text", "part.messageID": "{answer}"})
    begun = Await("message.updated", {"info.role": "assistant"}, save={"answer": "info.id"})
    at_once, calm = (get("/session/status"),), Settle(running=True)
    text_begun = (sync, begun, told, calm)
    yield case("abort.text", _ABORT, "runs", *text_begun, abort, at_once, Join("reply"), AFTERWARDS, events=True)
    for word, play, event in (
        ("thinking", "long thinking", Await("message.part.updated", {"part.type": "reasoning"})),
        (
            "tool",
            "a long command",
            Await("message.part.updated", {"part.type": "tool", "part.state.status": "running"}),
        ),
        ("retry", "limited for ever", _RETRYING),
    ):
        prompt = post(f"{_ONE}/prompt_async", text(f"play {play}"))
        yield case(f"abort.{word}", _ABORT, "runs", prompt, event, calm, abort, at_once, AFTERWARDS, events=True)
    retried = (post(f"{_ONE}/prompt_async", text("play limited for ever")), _RETRYING, at_once, abort)
    yield case("abort.seen-in-retry", _ABORT, "runs", *retried, AFTERWARDS, events=True)
    pause = (post(f"{_ONE}/prompt_async", text("play a pause")), _STARTED)
    yield case("abort.before-the-first-word", _ABORT, "runs", *pause, abort, at_once, AFTERWARDS, events=True)
    overload = (post(f"{_ONE}/prompt_async", text("play overload")), _STARTED, _STARTED, abort)
    yield case("abort.overload", _ABORT, "runs", *overload, AFTERWARDS, events=True)
    again = (abort, Settle(), abort, Settle(), post(f"{_ONE}/message", text("play second")))
    yield case("abort.and-go-on", _ABORT, "runs", *pause, *again, AFTERWARDS, events=True)
    queued = (post(f"{_ONE}/prompt_async", text("play second")), abort)
    yield case("abort.queued", _ABORT, "busy", *pause, *queued, AFTERWARDS, events=True)


def _forms() -> Iterator[Case]:
    schema: Json = {"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"]}
    form: Json = {"type": "json_schema", "schema": schema}
    asked = Await("message.updated", {"info.role": "user"}, save={"user": "info.id"})
    shown = [get(f"{_ONE}/message{which}") for which in ("/{user}", "?limit=1", "?limit=9")]
    forked = post(f"{_ONE}/fork", {}, fork="id")
    bodies: dict[str, Json] = {
        "handed-over": text("play a form", format=form),
        "handed-over-later": text("play the form later", format=form),
        "missing": text("play plain", format=form),
        "failed": text("play refused", format=form),
        "not-asked-for": text("play a form"),
        "of-text": text("play plain", format={"type": "text"}),
    }
    for word, body in bodies.items():
        prompt = (post(f"{_ONE}/message", body), asked)
        yield case(f"form.{word}", _SYNC, "runs", *prompt, AFTERWARDS, shown, forked, events=True)


def _queues() -> Iterator[Case]:
    first = Send("POST", f"{_ONE}/message", text("play a pause"), background="first")
    second = Send("POST", f"{_ONE}/message", text("play second"), background="second")
    begun = _STARTED
    both = (Join("first"), Join("second"))
    yield case("busy.second-prompt", _SYNC, "busy", first, begun, second, *both, AFTERWARDS, events=True)
    queued = post(f"{_ONE}/prompt_async", text("play second"))
    yield case("busy.async-prompt", _ASYNC, "busy", first, begun, queued, Join("first"), AFTERWARDS, events=True)
    seen = (get("/session/status"), get(f"{_ONE}/message"), get(_ONE))
    yield case(
        "busy.looked-at", "GET /session/status", "busy", first, begun, *seen, Join("first"), Settle(), events=True
    )
    third = post(f"{_ONE}/prompt_async", text("play plain"))
    three = (first, begun, second, _stored("play second"), third, _stored("play plain"), *both)
    yield case("busy.three-prompts", _SYNC, "busy", *three, AFTERWARDS, events=True)
    silent = post(f"{_ONE}/message", text("by the way", noReply=True))
    yield case("busy.no-reply", _SYNC, "busy", first, begun, silent, Join("first"), AFTERWARDS, events=True)
    titled = Await("session.updated", {"info.title": "play a pause"})
    rename = Send("PATCH", _ONE, {"title": "In between"}, observe=False)
    renamed = (first, titled, rename, Join("first"))
    yield case("busy.rename", "PATCH /session/{id}", "busy", *renamed, AFTERWARDS, events=True)
    for word, step, route in (
        ("fork", post(f"{_ONE}/fork", {}, fork="id"), "POST /session/{id}/fork"),
        ("unrevert", post(f"{_ONE}/unrevert"), "POST /session/{id}/unrevert"),
        ("revert", post(f"{_ONE}/revert", {"messageID": "msg_doesnotexist"}), "POST /session/{id}/revert"),
        ("shell", post(f"{_ONE}/shell", {"agent": "build", "command": "echo hi"}), "POST /session/{id}/shell"),
        ("delete-message", Send("DELETE", f"{_ONE}/message/msg_doesnotexist"), "DELETE /session/{id}/message/{mid}"),
    ):
        yield case(f"busy.{word}", route, "busy", first, begun, step, Join("first"), AFTERWARDS, events=True)
    gone = (Send("DELETE", _ONE), get(_ONE), get("/session/status"))
    looked_for = (Join("first"), Settle(), get(f"{_ONE}/message"), get(f"{_ONE}/message/{{answer}}"))
    yield case("busy.delete", "DELETE /session/{id}", "busy", first, begun, *gone, *looked_for, events=True)


def _stored(prompt: str) -> Await:
    return Await("message.part.updated", {"part.type": "text", "part.text": prompt})


def _reading() -> Iterator[Case]:
    route = "GET /session/{id}/message/{mid}"
    played = (
        post(f"{_ONE}/message", text("play bash")),
        Settle(),
        get(f"{_ONE}/message", user="0.info.id", answer="1.info.id"),
    )
    yield case("message.user", route, "good input", *played, get(f"{_ONE}/message/{{user}}"))
    yield case("message.assistant", route, "good input", *played, get(f"{_ONE}/message/{{answer}}"))
    limited = [get(f"{_ONE}/message?limit={limit}") for limit in (1, 2, 3, 100)]
    yield case("messages.pages", "GET /session/{id}/message", "good input", *played, *limited)
