"""A state machine whose rules act on both stages at once, and which shrinks what it finds to the shortest sequence."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as with_seed
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from opencode_contract.fidelity.compare import Difference
from opencode_contract.fidelity.rules.asks import AskRules
from opencode_contract.fidelity.rules.history import HistoryRules
from opencode_contract.fidelity.rules.runs import RunRules
from opencode_contract.fidelity.rules.sessions import SessionRules
from opencode_contract.fidelity.stagehand import Diverged, Stagehand, Tired


class Sessions(SessionRules, RunRules, AskRules, HistoryRules):
    """Sessions on both stages, and all that can be done to them."""


def explore(hand: Stagehand, *, sequences: int, steps: int, seed: int) -> Diverged | None:
    """Runs the machine; returns the shortest sequence that it has found, if any. The same seed tries the same."""
    machine = type("Machine", (Sessions,), {"hand": hand})
    try:
        run_state_machine_as_test(
            with_seed(seed)(machine),
            settings=settings(
                max_examples=sequences,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                derandomize=False,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
                report_multiple_bugs=False,
                print_blob=False,
            ),
        )
    except (Diverged, Tired):
        pass
    except Flaky as confused:
        # A machine that is ended in the middle of shrinking looks flaky to Hypothesis; so does one whose servers do not
        # do the same each time, which is worth a report, too.
        if hand.shortest is None:
            said = " ".join(f"{type(confused).__name__}: {confused}".split())
            hand.chances.append(Difference(f"a sequence that was done again ({hand.steps})", "not the same", said))
    return hand.shortest
