from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from opencode_contract import cli
from opencode_contract.safety.budget import FIRST_PROMPT_USD, Limits
from opencode_contract.targets import Access, Level
from opencode_contract.targets.connecting import connected
from opencode_fake import FakeServer
from opencode_fake.scripts import reply, text

BINARY = os.environ.get("OPENCODE_TESTKIT_BINARY", "")
PASSWORD = "tell-nobody"
PROMPTING = "prompts.accepted,prompts.synchronous,replies.by-polling,replies.by-events,actions.send-prompt"


@contextmanager
def costing(*costs: float) -> Iterator[FakeServer]:
    """A deployment whose replies cost what is told, the last of it from then on."""
    replies = [reply(None, text("ready"), cost=cost, nth=nth) for nth, cost in enumerate(costs[:-1], 1)]
    with FakeServer([*replies, reply(None, text("ready"), cost=costs[-1])], password=PASSWORD) as server:
        yield server


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", PASSWORD)


def check(target: str, *options: str) -> tuple[int, dict[str, object], list[tuple[str, str]], str]:
    """Exit code, what was spent, outcomes with messages, and what was said on the way."""
    result = CliRunner().invoke(cli.app, ["check", target, "--json", *options])
    report = json.loads(result.stdout)
    outcomes = [(each["outcome"], each["message"]) for each in report["results"]]
    return result.exit_code, report["spent"], outcomes, result.stderr


def prompted(server: FakeServer) -> int:
    """How many prompts the server was given."""
    return len(server.prompts)


def test_prompts_stop_before_they_cost_too_much() -> None:
    """Two of 0.004 USD fit into a cent, a third might not: what is left is skipped, and says why."""
    with costing(0.004) as server:
        code, spent, outcomes, said = check(
            server.url, "--level", "prompt", "--only", PROMPTING, "--max-cost", "0.01", "--no-sweep"
        )
        assert prompted(server) == 2
    assert code == 0
    assert spent == {"prompts": 2, "usd": 0.008, "max_prompts": None, "max_usd": 0.01}
    assert [outcome for outcome, _ in outcomes] == ["passed", "passed", "skipped", "skipped", "skipped"]
    assert outcomes[-1][1] == (
        "the budget is used up: 2 prompts have cost 0.0080 of 0.01 USD; the next is taken to cost 0.0040"
    )
    assert "The first is taken to cost 0.01 USD" in said


def test_the_dearest_reply_so_far_is_what_counts() -> None:
    """One dear reply is enough to stop, although a cheap one would fit."""
    with costing(0.01, 0.03, 0.001) as server:
        _, spent, _, _ = check(server.url, "--level", "prompt", "--only", PROMPTING, "--max-cost", "0.06")
        assert prompted(server) == 2
    assert spent["usd"] == 0.04


def test_what_even_the_first_prompt_might_exceed_sends_none() -> None:
    """Before the first reply its cost is assumed; the reason says so."""
    with costing(0.0) as server:
        _, spent, outcomes, _ = check(server.url, "--level", "prompt", "--only", PROMPTING, "--max-cost", "0.005")
        assert prompted(server) == 0
    assert spent["prompts"] == 0
    assert {outcome for outcome, _ in outcomes} == {"skipped"}
    assert f"the first prompt is taken to cost {FIRST_PROMPT_USD:.4f}" in outcomes[0][1]


def test_the_number_of_prompts_is_bounded() -> None:
    """However little they cost."""
    with costing(0.0) as server:
        code, spent, outcomes, _ = check(server.url, "--level", "prompt", "--only", PROMPTING, "--max-prompts", "3")
        assert prompted(server) == 3
    assert (code, spent["prompts"]) == (0, 3)
    assert outcomes[-1] == ("skipped", "the budget is used up: 3 of 3 prompts were sent")


def test_a_deployment_has_a_limit_without_being_told_one() -> None:
    """A dollar, and that is said before anything is done."""
    with costing(0.4) as server:
        _, spent, _, said = check(server.url, "--level", "prompt", "--only", PROMPTING)
        assert prompted(server) == 2
    assert spent["max_usd"] == 1.0
    assert "Prompts: 1 USD." in said


def test_prompts_that_are_refused_or_ask_for_no_reply_are_free() -> None:
    """What calls no model is not counted."""
    only = "history,prompts.refused-is-not-stored,prompts.without-reply"
    with costing(0.0) as server:
        code, spent, outcomes, _ = check(server.url, "--level", "prompt", "--only", only, "--max-prompts", "1")
    assert (code, spent["prompts"]) == (0, 0)
    assert "skipped" not in {outcome for outcome, _ in outcomes}


@pytest.mark.parametrize("option", ["--max-cost", "--max-prompts"])
def test_a_budget_without_prompts_is_refused(option: str) -> None:
    """Who gives a budget expects prompts; on a deployment they have to be asked for."""
    result = CliRunner().invoke(cli.app, ["check", "https://your-app.fly.dev/opencode", option, "1"])
    assert result.exit_code == 2
    assert "add --level prompt" in result.stderr


def test_what_was_spent_is_said() -> None:
    """The table ends with it."""
    with costing(0.004) as server:
        arguments = ["check", server.url, "--level", "prompt", "--only", "prompts.accepted", "--max-cost", "0.5"]
        result = CliRunner().invoke(cli.app, arguments)
    assert "Sent 1 prompt, which cost 0.0040 USD (limit: 0.5 USD)." in result.stdout


async def test_a_prompt_that_runs_is_not_free() -> None:
    """Until a reply is finished its cost is not known, however little of it has been counted so far."""
    with costing(0.0) as server:
        async with connected(Access("deployment", server.url, SecretStr(PASSWORD), Level.PROMPT)) as subject:
            budget = subject.budget
            assert budget.dearest == FIRST_PROMPT_USD
            talk = await budget.admit("ses_x")
            assert (budget.dearest, budget.running) == (FIRST_PROMPT_USD, 1)
            talk.costs["msg_x"], talk.answered = 0.002, 1
            assert (budget.dearest, budget.running, budget.spent) == (0.002, 0, 0.002)


def test_limits_are_written_out() -> None:
    """As people read them."""
    assert str(Limits()) == "no limit"
    assert str(Limits(0.5, 3)) == "0.5 USD and 3 prompts"


@pytest.mark.local
@pytest.mark.skipif(not BINARY, reason="OPENCODE_TESTKIT_BINARY names no OpenCode executable")
def test_the_real_server_is_stopped_in_time() -> None:
    """The real server counts what the scripted model claims: the run ends before the limit, and says what it spent."""
    code, spent, outcomes, _ = check(
        f"local:{BINARY}", "--only", "prompts,messages,tools,replies", "--max-cost", "0.01"
    )
    assert code == 0, outcomes
    assert isinstance(spent["usd"], float)
    assert 0.004 < spent["usd"] <= 0.01
    assert "skipped" in {outcome for outcome, _ in outcomes}
    assert {outcome for outcome, _ in outcomes} <= {"passed", "skipped", "not applicable"}
