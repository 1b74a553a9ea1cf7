"""What rewrites a conversation: fork, revert, deleting and editing messages; and commands beside the conversation."""

from __future__ import annotations

from collections.abc import Iterator

from opencode_contract.evidence import Json
from opencode_contract.fidelity.cases.model import Case, case
from opencode_contract.fidelity.cases.runs import AFTERWARDS
from opencode_contract.fidelity.steps import Settle, Step, delete, get, patch, post, text

_ONE = "/session/{ses}"
_PLAIN: tuple[Step, ...] = (post(f"{_ONE}/message", text("play plain")), Settle())
_BASH: tuple[Step, ...] = (post(f"{_ONE}/message", text("play bash")), Settle())
_IDS = get(
    f"{_ONE}/message",
    user="0.info.id",
    answer="1.info.id",
    second="2.info.id",
    reply="3.info.id",
    part="1.parts.1.id",
    start="1.parts.0.id",
    finish="1.parts.2.id",
    prompt="0.parts.0.id",
)
_MODEL: dict[str, Json] = {"providerID": "scripted", "modelID": "script-1"}
_LIMITS: list[Json] = [
    {"permission": "bash", "pattern": "*", "action": "deny"},
    {"permission": "external_directory", "pattern": "*", "action": "ask"},
    {"permission": "read", "pattern": "*", "action": "allow"},
]
_TALK = (*_PLAIN, *_BASH, _IDS)
"""Two prompts, the first answered by one message, the second by two."""


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _forks()
    yield from _reverts()
    yield from _edits()
    yield from _commands()
    yield from _subtasks()


def _forks() -> Iterator[Case]:
    route = "POST /session/{id}/fork"
    shown = (get("/session/{fork}"), get("/session/{fork}/message"), get(f"{_ONE}/children"))
    bodies: dict[str, Json] = {
        "all": {},
        "at-second-prompt": {"messageID": "{second}"},
        "at-first-prompt": {"messageID": "{user}"},
        "at-answer": {"messageID": "{answer}"},
        "at-unknown": {"messageID": "msg_zzzzzzzzzzzzzzzzzzzzzzzzzz"},
        "at-older": {"messageID": "msg_00000000000000000000000000"},
    }
    for word, body in bodies.items():
        forked = post(f"{_ONE}/fork", body, fork="id")
        yield case(f"fork.{word}", route, "good input", *_TALK, forked, *shown, events=True)
    first = post(f"{_ONE}/fork", {}, fork="id")
    twice = (first, post("/session/{fork}/fork", {}, again="id"), post(f"{_ONE}/fork", {}, third="id"))
    yield case("fork.of-a-fork", route, "good input", *_TALK, *twice)
    on = (first, post("/session/{fork}/message", text("play second")), Settle(), *shown, get(f"{_ONE}/message"))
    yield case("fork.and-go-on", route, "runs", *_TALK, *on, events=True)


def _reverts() -> Iterator[Case]:
    route = "POST /session/{id}/revert"
    shown = (get(_ONE), get(f"{_ONE}/message"), get(f"{_ONE}/diff"))
    bodies: dict[str, Json] = {
        "to-second-prompt": {"messageID": "{second}"},
        "to-first-prompt": {"messageID": "{user}"},
        "to-answer": {"messageID": "{reply}"},
        "to-part": {"messageID": "{answer}", "partID": "{part}"},
        "to-last-part": {"messageID": "{answer}", "partID": "{finish}"},
        "to-first-part": {"messageID": "{answer}", "partID": "{start}"},
        "to-unknown-part": {"messageID": "{answer}", "partID": "prt_zzzzzzzzzzzzzzzzzzzzzzzzzz"},
        "to-unknown": {"messageID": "msg_zzzzzzzzzzzzzzzzzzzzzzzzzz"},
    }
    for word, body in bodies.items():
        steps = (*_TALK, post(f"{_ONE}/revert", body), *shown)
        yield case(f"revert.{word}", route, "good input", *steps, events=True)
    second = post(f"{_ONE}/revert", {"messageID": "{second}"})
    back = (second, post(f"{_ONE}/unrevert"), *shown)
    yield case("unrevert.after-revert", "POST /session/{id}/unrevert", "good input", *_TALK, *back, events=True)
    on = (second, post(f"{_ONE}/message", text("play second")), AFTERWARDS)
    yield case("revert.then-prompt", route, "runs", *_TALK, *on, events=True)
    to_part = (post(f"{_ONE}/revert", {"messageID": "{answer}", "partID": "{part}"}), *on[1:])
    yield case("revert.part-then-prompt", route, "runs", *_TALK, *to_part, events=True)
    to_last = (post(f"{_ONE}/revert", {"messageID": "{answer}", "partID": "{finish}"}), *on[1:])
    yield case("revert.last-part-then-prompt", route, "runs", *_TALK, *to_last, events=True)
    earlier = (second, post(f"{_ONE}/revert", {"messageID": "{user}"}), *shown, post(f"{_ONE}/unrevert"), *shown)
    yield case("revert.twice", route, "good input", *_TALK, *earlier, events=True)
    files: tuple[Step, ...] = (post(f"{_ONE}/message", text("play write and edit")), Settle(), _IDS)
    undone = (post(f"{_ONE}/revert", {"messageID": "{user}"}), *shown, post(f"{_ONE}/unrevert"), *shown)
    yield case("revert.files", route, "good input", *files, *undone, events=True, alone=True)


def _edits() -> Iterator[Case]:
    message, part = "DELETE /session/{id}/message/{mid}", "DELETE /session/{id}/message/{mid}/part/{pid}"
    for word, name in (("user", "user"), ("answer", "answer")):
        gone = delete(f"{_ONE}/message/{{{name}}}")
        steps = (gone, get(f"{_ONE}/message"), gone, get(_ONE))
        yield case(f"delete-message.{word}", message, "good input", *_TALK, *steps, events=True)
    gone = delete(f"{_ONE}/message/{{answer}}/part/{{part}}")
    yield case("delete-part.text", part, "good input", *_TALK, gone, gone, get(f"{_ONE}/message"), events=True)
    other = delete(f"{_ONE}/message/{{user}}/part/{{part}}")
    yield case("delete-part.of-another-message", part, "good input", *_TALK, other, get(f"{_ONE}/message"), events=True)
    route = "PATCH /session/{id}/message/{mid}/part/{pid}"
    path = f"{_ONE}/message/{{user}}/part/{{prompt}}"
    whole: dict[str, Json] = {
        "id": "{prompt}",
        "sessionID": "{ses}",
        "messageID": "{user}",
        "type": "text",
        "text": "changed",
    }
    bodies: dict[str, Json] = {
        "text": whole,
        "other-id": {**whole, "id": "prt_other"},
        "other-session": {**whole, "sessionID": "{shared}"},
        "unknown-key": {**whole, "nobodyKnows": 1},
        "no-text": {key: value for key, value in whole.items() if key != "text"},
        "no-type": {key: value for key, value in whole.items() if key != "type"},
        "unknown-type": {**whole, "type": "nosuch"},
    }
    for word, body in bodies.items():
        edited = (*_PLAIN, _IDS, patch(path, body), get(f"{_ONE}/message/{{user}}"))
        yield case(f"patch-part.{word}", route, "good input", *edited, events=True)
    new = patch(f"{_ONE}/message/{{user}}/part/{{own_part}}", {**whole, "id": "{own_part}"})
    yield case("patch-part.new", route, "good input", *_PLAIN, _IDS, new, get(f"{_ONE}/message/{{user}}"), events=True)


def _commands() -> Iterator[Case]:
    shell = post(f"{_ONE}/shell", {"agent": "build", "command": "echo out; echo err >&2; exit 3"})
    yield case("shell.fresh", "POST /session/{id}/shell", "runs", shell, AFTERWARDS, events=True)
    silent = post(f"{_ONE}/shell", {"agent": "plan", "command": "true", "model": dict(_MODEL)})
    yield case("shell.silent", "POST /session/{id}/shell", "runs", silent, shell, AFTERWARDS, events=True)
    yield case("shell.in-a-talk", "POST /session/{id}/shell", "runs", *_PLAIN, shell, AFTERWARDS, events=True)
    nobody = post(f"{_ONE}/shell", {"agent": "nosuch", "command": "true"})
    yield case("shell.unknown-agent", "POST /session/{id}/shell", "runs", nobody, AFTERWARDS, events=True)
    short = post(f"{_ONE}/summarize", dict(_MODEL))
    yield case("summarize.fresh", "POST /session/{id}/summarize", "runs", short, AFTERWARDS, events=True)
    yield case("summarize.in-a-talk", "POST /session/{id}/summarize", "runs", *_PLAIN, short, AFTERWARDS, events=True)
    own_account = post(f"{_ONE}/summarize", {**_MODEL, "auto": True})
    yield case("summarize.auto", "POST /session/{id}/summarize", "runs", *_PLAIN, own_account, AFTERWARDS, events=True)
    init = post(f"{_ONE}/init", {**_MODEL, "messageID": "{own_message}"})
    yield case("init.fresh", "POST /session/{id}/init", "runs", init, AFTERWARDS, events=True)
    commands: dict[str, Json] = {
        "init": {"command": "init", "arguments": ""},
        "init-with-arguments": {"command": "init", "arguments": "for Bob", "agent": "plan"},
        "review": {"command": "review", "arguments": "it"},
        "unknown": {"command": "nosuch", "arguments": ""},
        "unknown-agent": {"command": "init", "arguments": "", "agent": "nosuch"},
        "unknown-model": {"command": "init", "arguments": "", "model": "scripted/nosuch"},
    }
    for word, body in commands.items():
        command = post(f"{_ONE}/command", body)
        yield case(f"command.{word}", "POST /session/{id}/command", "runs", command, AFTERWARDS, events=True)


def _subtasks() -> Iterator[Case]:
    route = "POST /session/{id}/message"
    task: dict[str, Json] = {"type": "subtask", "prompt": "play subtask", "description": "Sub it", "agent": "general"}
    child = (get(f"{_ONE}/children", child="0.id"), get("/session/{child}/message"), get("/session/{child}"))
    prompts: dict[str, Json] = {"alone": [task], "with-text": [{"type": "text", "text": "play plain"}, task]}
    for word, parts in prompts.items():
        prompt = post(f"{_ONE}/message", {"parts": parts})
        yield case(f"subtask.{word}", route, "runs", prompt, AFTERWARDS, child, events=True)
    one = post(f"{_ONE}/message", {"parts": [task]})
    below = post("/session", {"parentID": "{ses}"}, below="id")
    family = (one, Settle(), below, get(f"{_ONE}/children"), delete(_ONE))
    yield case("delete.with-subagent", "DELETE /session/{id}", "runs", *family, events=True)
    limits = patch(_ONE, {"permission": _LIMITS})
    yield case("subtask.with-rules", route, "runs", limits, one, AFTERWARDS, child, events=True)
    planned = post(f"{_ONE}/message", {"agent": "plan", "parts": [{**task, "agent": "explore"}]})
    yield case("subtask.of-the-planner", route, "runs", planned, AFTERWARDS, child, events=True)
    shown = get("/session/{below}/message")
    nested = (post("/session/{below}/message", {"parts": [task]}), Settle(), shown)
    yield case("subtask.below-another", route, "runs", below, *nested, events=True)
    orphaned = post("/session", {"parentID": "ses_000000000000AAAAAAAAAAAAAA"}, below="id")
    yield case("subtask.below-nothing", route, "runs", orphaned, *nested, events=True)
