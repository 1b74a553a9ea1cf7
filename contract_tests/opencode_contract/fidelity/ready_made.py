"""How the ready-made scripts are performed: for each what a client sends, the same on both stages."""

from __future__ import annotations

import asyncio

from opencode_contract.evidence import Json
from opencode_contract.fidelity.accepted import Accepted, accepted_differences
from opencode_contract.fidelity.cases.model import Case, case
from opencode_contract.fidelity.cases.runs import AFTERWARDS
from opencode_contract.fidelity.cast import Cast
from opencode_contract.fidelity.measure import Theatre
from opencode_contract.fidelity.outcome import Result
from opencode_contract.fidelity.scene import QUIET
from opencode_contract.fidelity.stages import fake_stage, real_stage
from opencode_contract.fidelity.steps import Await, Settle, Step, get, post, text
from opencode_contract.local import Binary
from opencode_fixtures import script

_ONE = "/session/{ses}"
_CALM = Settle(running=True)
_TOOL_RUNS = Await("message.part.updated", {"part.type": "tool", "part.state.status": "running"})
_BEGUN = Await("message.part.updated", {"part.type": "step-start"})
_PERMISSION: Json = {"reply": "once"}
_ANSWER: Json = {"answers": [["SQLite"]]}


def _ask(prompt: str = "Go on") -> Step:
    return post(f"{_ONE}/message", text(prompt))


def _send(prompt: str = "Go on") -> Step:
    return post(f"{_ONE}/prompt_async", text(prompt))


def _aborted_when(told: Await) -> tuple[Step, ...]:
    return (_send(), told, _CALM, get(f"{_ONE}/message"), post(f"{_ONE}/abort"), get("/session/status"))


PERFORMANCES: dict[str, tuple[Step, ...]] = {
    "aborted": _aborted_when(_TOOL_RUNS),
    "broken-stream": (_ask(),),
    "code-analysis": (_ask("Analyze the codebase structure and identify the main technologies used"),),
    "context-overflow": (_ask(),),
    "document": (_ask("Please list the files in the current directory"), Settle(), _ask("fail")),
    "feature-implementation": (_ask("Add a new API endpoint for user authentication"),),
    "huge-tool-output": (_ask(),),
    "no-answer": _aborted_when(_BEGUN),
    "permission-asked": (
        _send(),
        Await("permission.asked", save={"per": "id"}),
        _CALM,
        get("/permission"),
        post("/permission/{per}/reply", _PERMISSION),
    ),
    "provider-error": (_ask(),),
    "question-asked": (
        _send(),
        Await("question.asked", save={"que": "id"}),
        _CALM,
        get("/question"),
        post("/question/{que}/reply", _ANSWER),
    ),
    "rate-limit": (_ask(),),
    "refactoring": (_ask("Refactor the database connection code to use connection pooling"),),
    "repository-cloning": (_ask("Clone https://github.com/user/repo and explain its architecture"),),
    "slow-reply": _aborted_when(_TOOL_RUNS),
    "tool-failure": (_ask(),),
    "unicode": (_ask("Schöne Grüße 漢字 🎉"),),
    "very-long-answer": (_ask(),),
}
"""What is sent for each script, by its name."""

ACCEPTED = (
    Accepted(
        case="ready-made.document", place="*cost*", reason="a real server computes the cost from tokens and prices"
    ),
)


def performance_of(name: str) -> Case:
    """The performance of a ready-made script; the session that it made is looked at in the end. Raises KeyError."""
    route = "POST /session/{id}/message"
    return case(f"ready-made.{name}", route, "runs", *PERFORMANCES[name], AFTERWARDS, events=True, alone=True)


async def perform(name: str, binary: Binary) -> Result:
    """Performs a ready-made script on a real server and on the fake as its version, side by side."""
    played = script(name)
    # Language servers that this machine happens to have would look at the files that are written.
    async with real_stage(binary, played, lsp=False) as real, fake_stage(binary.version, played) as fake:
        theatre = Theatre(Cast(real), Cast(fake), (*ACCEPTED, *accepted_differences()))
        await asyncio.gather(theatre.real.learn_unknown(), theatre.fake.learn_unknown())
        return await theatre.calmly(await theatre.judged(performance_of(name), QUIET))
