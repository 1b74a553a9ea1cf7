"""Permissions and questions that block a reply, and the tools that make more than an output."""

from __future__ import annotations

from collections.abc import Iterator

from opencode_contract.evidence import Json
from opencode_contract.fidelity.cases.model import Case, case
from opencode_contract.fidelity.cases.runs import AFTERWARDS
from opencode_contract.fidelity.steps import Await, Settle, Step, delete, get, post, text

_ONE = "/session/{ses}"
_REPLY = "POST /permission/{rid}/reply"
_OLD_REPLY = "POST /session/{id}/permissions/{rid}"
_ANSWER = "POST /question/{rid}/reply"
_LEFT: tuple[Step, ...] = (*AFTERWARDS, get("/permission"), get("/question"))


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _permissions()
    yield from _questions()
    yield from _tools()


def _asking(play: str) -> tuple[Step, ...]:
    return (
        post(f"{_ONE}/prompt_async", text(f"play {play}")),
        Await("permission.asked", save={"per": "id"}),
        Settle(running=True),
    )


def _permissions() -> Iterator[Case]:
    seen = (get("/permission"), get("/session/status"), get(f"{_ONE}/message"))
    asking = _asking("leave")
    replies: dict[str, Json] = {
        "once": {"reply": "once"},
        "reject": {"reply": "reject"},
        "reject-with-message": {"reply": "reject", "message": "Not that one."},
        "unknown-key": {"reply": "once", "nobodyKnows": 1},
    }
    for word, body in replies.items():
        reply = post("/permission/{per}/reply", body)
        yield case(f"ask.{word}", _REPLY, "runs", asking, seen, reply, _LEFT, events=True)
    always = post("/permission/{per}/reply", {"reply": "always"})
    again = post(f"{_ONE}/message", text("play always leave"))
    kept = (_asking("always leave"), seen, always, Settle(), again, _LEFT)
    yield case("ask.always", _REPLY, "runs", *kept, events=True, alone=True)
    for word in ("once", "reject"):
        old = post(f"{_ONE}/permissions/{{per}}", {"response": word})
        yield case(f"ask.old-{word}", _OLD_REPLY, "runs", asking, old, _LEFT, events=True)
    elsewhere = post("/session/{shared}/permissions/{per}", {"response": "once"})
    yield case("ask.old-elsewhere", _OLD_REPLY, "runs", asking, elsewhere, _LEFT, events=True)
    once = post("/permission/{per}/reply", {"reply": "once"})
    yield case("ask.reply-twice", _REPLY, "good input", asking, once, Settle(), once)
    wrongs: dict[str, Json] = {"bad-reply": {"reply": "maybe"}, "no-reply": {}}
    for word, wrong in wrongs.items():
        yield case(f"ask.{word}", _REPLY, "bad bodies", asking, post("/permission/{per}/reply", wrong), once, Settle())
    second = Await("permission.asked", save={"second": "id"})
    double = (_asking("double leave")[:2], second, Settle(running=True), get("/permission"))
    rejected = post("/permission/{per}/reply", {"reply": "reject"})
    yield case("ask.two-reject-one", _REPLY, "runs", *double, rejected, _LEFT, events=True)
    allowed = (once, Settle(running=True), post("/permission/{second}/reply", {"reply": "once"}))
    yield case("ask.two-allow-both", _REPLY, "runs", *double, *allowed, _LEFT, events=True)
    yield from _always()
    slow = Await("message.part.updated", where={"part.state.status": "completed"})
    beside = (*_asking("beside")[:2], slow, Settle(running=True), get(f"{_ONE}/message"), once, _LEFT)
    yield case("ask.beside-a-slow-tool", _REPLY, "runs", *beside, events=True)
    written = (_asking("an edit with leave"), get("/permission"), once, _LEFT)
    yield case("ask.edit", _REPLY, "runs", *written, events=True, alone=True)
    outside = (_asking("outside"), get("/permission"), rejected, _LEFT)
    yield case("ask.outside-the-workspace", _REPLY, "runs", *outside, events=True)
    abort = post(f"{_ONE}/abort")
    yield case(
        "ask.abort", "POST /session/{id}/abort", "runs", asking, abort, get("/permission"), AFTERWARDS, events=True
    )
    for word, answer in (("answer", once), ("reject", rejected)):
        late = (asking, abort, Settle(), answer, get("/permission"), AFTERWARDS)
        yield case(f"ask.{word}-after-abort", _REPLY, "runs", *late, events=True)
        deleted = (asking, abort, Settle(), delete(_ONE), answer, Settle(), get(f"{_ONE}/message"), get("/permission"))
        yield case(f"ask.{word}-after-abort-and-deletion", _REPLY, "runs", *deleted, events=True)
    queued = (asking, post(f"{_ONE}/prompt_async", text("play second")), Settle(running=True), once, _LEFT)
    yield case("ask.queued-prompt", _REPLY, "busy", *queued, events=True)
    yield case("ask.delete", "DELETE /session/{id}", "busy", asking, delete(_ONE), Settle(running=True), once)
    session = post("/session", {"permission": [{"permission": "bash", "pattern": "*", "action": "ask"}]}, ses="id")
    own = (session, _asking("bash"), get("/permission"), once, _LEFT)
    yield case("ask.rule-of-the-session", _REPLY, "runs", *own, events=True)
    forbidden = post("/session", {"permission": [{"permission": "bash", "pattern": "*", "action": "deny"}]}, ses="id")
    denied = (forbidden, post(f"{_ONE}/message", text("play bash")), _LEFT)
    yield case("ask.denied-by-the-session", "POST /session/{id}/message", "runs", *denied, events=True)


def _always() -> Iterator[Case]:
    """Leave for good: for what the session waits for already, and for what comes later anywhere."""
    always = post("/permission/{per}/reply", {"reply": "always"})
    both = (*_asking("twice for ever")[:2], Await("permission.asked"), Settle(running=True), always, _LEFT)
    yield case("ask.two-always", _REPLY, "runs", *both, events=True)
    other = post("/session", {}, other="id")
    waiting = (
        post("/session/{other}/prompt_async", text("play a shared command")),
        Await("permission.asked", where={"sessionID": "{other}"}, save={"second": "id"}),
        Settle(running=True),
    )
    still = get("/permission")
    once = post("/permission/{second}/reply", {"reply": "once"})
    later = post("/session/{other}/message", text("play a shared command"))
    spread = (*_asking("a shared command"), other, *waiting, always, Settle(running=True), still, once, Settle(), later)
    yield case("ask.always-in-another-session", _REPLY, "runs", *spread, _LEFT, events=True)


def _questions() -> Iterator[Case]:
    asking: tuple[Step, ...] = (
        post(f"{_ONE}/prompt_async", text("play question")),
        Await("question.asked", save={"que": "id"}),
        Settle(running=True),
    )
    seen = (get("/question"), get("/session/status"), get(f"{_ONE}/message"))
    said: dict[str, Json] = {"label": [["Red"]], "own-words": [["Neither"]], "none": [[]], "no-answers": []}
    for word, answer in said.items():
        reply = post("/question/{que}/reply", {"answers": answer})
        yield case(f"question.{word}", _ANSWER, "runs", asking, seen, reply, _LEFT, events=True)
    rejected = post("/question/{que}/reject")
    yield case("question.reject", "POST /question/{rid}/reject", "runs", asking, rejected, _LEFT, events=True)
    red = post("/question/{que}/reply", {"answers": [["Red"]]})
    yield case("question.reply-twice", _ANSWER, "good input", asking, red, Settle(), red)
    wrongs: dict[str, Json] = {"bad": {"answers": "x"}, "empty": {}, "numbers": {"answers": [[1]]}}
    for word, wrong in wrongs.items():
        yield case(
            f"question.reply-{word}", _ANSWER, "bad bodies", asking, post("/question/{que}/reply", wrong), red, Settle()
        )
    abort = post(f"{_ONE}/abort")
    gone = (asking, abort, get("/question"), AFTERWARDS)
    yield case("question.abort", "POST /session/{id}/abort", "runs", *gone, events=True)
    for word, reply in (("answer", red), ("reject", rejected)):
        late = (asking, abort, Settle(), delete(_ONE), reply, Settle(), get(f"{_ONE}/message"), get("/question"))
        yield case(f"question.{word}-after-abort-and-deletion", _ANSWER, "runs", *late, events=True)
    several = post(f"{_ONE}/prompt_async", text("play several colours"))
    asked = (several, *asking[1:], get("/question"), post("/question/{que}/reply", {"answers": [["Red", "Blue"]]}))
    yield case("question.multiple", _ANSWER, "runs", *asked, _LEFT, events=True)

    two = post(f"{_ONE}/prompt_async", text("play two questions"))
    words: dict[str, Json] = {"both": [["Red"], ["Big", "Huge"]], "first-only": [["Blue"]], "three": [["a"], [], ["c"]]}
    for word, answers in words.items():
        reply = post("/question/{que}/reply", {"answers": answers})
        yield case(f"question.two-{word}", _ANSWER, "runs", two, *asking[1:], seen, reply, _LEFT, events=True)


def _tools() -> Iterator[Case]:
    prompt = "POST /session/{id}/message"
    yield case("tool.denial", prompt, "runs", post(f"{_ONE}/message", text("play denial")), AFTERWARDS, events=True)
    noted = (post(f"{_ONE}/message", text("play todos")), Settle(), get(f"{_ONE}/todo"))
    yield case("tool.todos", "GET /session/{id}/todo", "runs", *noted, AFTERWARDS, events=True)
    again = (post(f"{_ONE}/message", text("play new todos")), Settle(), get(f"{_ONE}/todo"))
    replaced = (*noted[:1], Settle(), *again)
    yield case("tool.new-todos", "GET /session/{id}/todo", "runs", *replaced, AFTERWARDS, events=True)
    child = (get(f"{_ONE}/children", child="0.id"), get("/session/{child}/message"), get("/session/{child}"))
    done = (post(f"{_ONE}/message", text("play task")), AFTERWARDS, child)
    yield case("tool.task", prompt, "runs", *done, events=True)
    asked = (_asking("a job with leave"), get("/permission"), get("/session/status"), *child[:2])
    for word in ("once", "reject"):
        answered = (post("/permission/{per}/reply", {"reply": word}), _LEFT, child[1])
        yield case(f"tool.task-asks-{word}", _REPLY, "runs", *asked, *answered, events=True)
    stopped = (post(f"{_ONE}/abort"), Settle(running=True), get("/session/status"), child[1])
    yield case("tool.task-abort", "POST /session/{id}/abort", "runs", *asked, *stopped, events=True)
    at_work = (
        post(f"{_ONE}/prompt_async", text("play a long job")),
        Await("session.created", where={"info.parentID": "{ses}"}),
        Settle(running=True),
    )
    yield case("tool.task-abort-at-work", "POST /session/{id}/abort", "runs", *at_work, child, *stopped, events=True)
    nobody = (post(f"{_ONE}/message", text("play an unknown agent")), _LEFT)
    yield case("tool.task-unknown-agent", prompt, "runs", *nobody, events=True)
    both = (get(f"{_ONE}/children", child="0.id", other="1.id"), child[1], get("/session/{other}/message"))
    jobs = (post(f"{_ONE}/message", text("play two jobs")), AFTERWARDS, both)
    yield case("tool.two-tasks", prompt, "runs", *jobs, events=True)
