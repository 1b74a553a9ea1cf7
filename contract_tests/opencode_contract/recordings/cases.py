"""What is recorded: a conversation each, as a client has it."""

from __future__ import annotations

from importlib.resources import files

from opencode_contract.evidence import Json
from opencode_contract.fidelity.cases.model import Case, case
from opencode_contract.fidelity.steps import Await, Send, Settle, Step, get, text
from opencode_fake.scripts import Script, loads_script

_ONE = "/session/{ses}"
_RUNNING = Await("message.part.updated", {"part.type": "tool", "part.state.status": "running"})
_CALM = Settle(running=True)
_BUSY = Await("session.status", {"status.type": "busy"})


def recorded_script() -> Script:
    """What the assistant does in them."""
    name = "script.yaml"
    return loads_script(files("opencode_contract.recordings").joinpath(name).read_text(encoding="utf-8"), name)


def recorded_cases() -> tuple[Case, ...]:
    """Each under the name of its recording."""
    return (
        _case("text", _prompt("Say hello")),
        _case("reasoning", _prompt("Why is the sky blue?")),
        _case("tool-loop", _prompt("Fix the sum, please")),
        _case("two-prompts", _prompt("Say hello"), Settle(), _prompt("Why is the sky blue?")),
        _case("rate-limit", _prompt("That was too much at once")),
        _case("provider-error", _prompt("Try it with a wrong key")),
        _case("permission", _asking("Remove the build folder"), _told("/permission/{per}/reply", {"reply": "once"})),
        _case("refusal", _asking("Remove the build folder"), _told("/permission/{per}/reply", {"reply": "reject"})),
        _case("question", _questioned("Choose a colour"), _told("/question/{que}/reply", {"answers": [["Blue"]]})),
        _case("abort", (*_prompt("Start the server"), _RUNNING, _CALM, _told(f"{_ONE}/abort", {}))),
    )


def _case(name: str, *steps: Step | tuple[Step, ...]) -> Case:
    return case(name, "", "runs", *steps, Settle(), get(f"{_ONE}/message"), get(_ONE), events=True)


def _prompt(words: str) -> tuple[Step, ...]:
    return _told(f"{_ONE}/prompt_async", text(words)), _BUSY


def _told(path: str, body: Json) -> Step:
    return Send("POST", path, body, observe=False)


def _asking(words: str) -> tuple[Step, ...]:
    return *_prompt(words), Await("permission.asked", save={"per": "id"}), _CALM


def _questioned(words: str) -> tuple[Step, ...]:
    return *_prompt(words), Await("question.asked", save={"que": "id"}), _CALM
