"""A state machine whose rules act on both stages at once, and which shrinks what it finds to the shortest sequence."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from opencode_contract.evidence import Json
from opencode_contract.fidelity.compare import Difference
from opencode_contract.fidelity.duo import Duo
from opencode_contract.fidelity.steps import Await, Settle, Step, delete, get, patch, post, text

_T = TypeVar("_T")

PLAYS = ("plain", "bash", "thinking", "refused", "nothing", "two at once", "broken", "unicode")
TITLES = ("one", "two", "", "ünï", "Needle in it")
STEP_SECONDS = 90.0


class Diverged(AssertionError):
    """The stages differ, and do so again when the same steps are done once more."""

    def __init__(self, steps: tuple[Step, ...], differences: tuple[Difference, ...]) -> None:
        super().__init__(str(differences[0]))
        self.steps = steps
        self.differences = differences


class Stopped(Exception):
    """The stages are gone."""


class Stagehand:
    """Lets a machine, which does not know of event loops, act on a duo that lives in one."""

    def __init__(self, duo: Duo, loop: asyncio.AbstractEventLoop) -> None:
        self.duo = duo
        self.sequences = 0
        self.routes = frozenset[str]()
        self.confirmed: dict[str, tuple[Difference, ...]] = {}
        """What was found for which steps. Hypothesis does them again and wants to see the same."""
        self._loop = loop
        self._stopped = False

    def stop(self) -> None:
        """Nothing more is done: whoever waited for the machine has gone."""
        self._stopped = True

    def do(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Waits for work in the loop."""
        if self._stopped:
            work.close()
            raise Stopped("the stages are gone")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(STEP_SECONDS)

    def learn_routes(self) -> None:
        """Finds out which of the routes that some rules need the fake has."""
        probes = {
            "fork": post("/session/ses_doesnotexist/fork", {}),
            "revert": post("/session/ses_doesnotexist/revert", {"messageID": "msg_doesnotexist"}),
            "todo": get("/session/ses_doesnotexist/todo"),
        }
        self.routes = frozenset(name for name, probe in probes.items() if self.do(self.duo.implements(probe)))


def explore(hand: Stagehand, *, sequences: int, steps: int, seed: int) -> Diverged | None:
    """Runs the machine; returns the shortest sequence that it has found, if any. The same seed tries the same."""
    hand.learn_routes()
    machine = _machine(hand)
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
    except Diverged as found:
        return found
    return None


def _machine(hand: Stagehand) -> type[RuleBasedStateMachine]:
    class Sessions(RuleBasedStateMachine):
        """Sessions on both stages."""

        def __init__(self) -> None:
            super().__init__()
            self.sessions: list[str] = []
            self.made = 0
            self.prompts: dict[str, int] = {}
            self.running: str | None = None
            self.over = False

        @initialize()
        def begin(self) -> None:
            hand.sequences += 1
            hand.do(hand.duo.begin())

        @rule(title=st.sampled_from((None, *TITLES)), child=st.booleans(), number=st.integers(0, 9))
        def create(self, title: str | None, child: bool, number: int) -> None:
            body: dict[str, Json] = {} if title is None else {"title": title}
            if child and self.sessions:
                body["parentID"] = f"{{{self._pick(number)}}}"
            name = self._named()
            self._do(post("/session", body, **{name: "id"}))
            self.sessions.append(name)

        @precondition(lambda self: self.sessions)
        @rule(play=st.sampled_from(PLAYS), synchronous=st.booleans(), number=st.integers(0, 9))
        def prompt(self, play: str, synchronous: bool, number: int) -> None:
            self._let_end()
            name = self._pick(number)
            path = "message" if synchronous else "prompt_async"
            self._do(post(f"/session/{{{name}}}/{path}", text(f"play {play}")), Settle())
            self.prompts[name] = self.prompts.get(name, 0) + 1

        @precondition(lambda self: self.sessions)
        @rule(number=st.integers(0, 9))
        def silent_prompt(self, number: int) -> None:
            self._let_end()
            name = self._pick(number)
            self._do(post(f"/session/{{{name}}}/message", text("by the way", noReply=True)), Settle())
            self.prompts[name] = self.prompts.get(name, 0) + 1

        @precondition(lambda self: self.sessions)
        @rule(number=st.integers(0, 9))
        def begin_to_run(self, number: int) -> None:
            self._let_end()
            name = self._pick(number)
            answered = Await("message.updated", {"info.role": "assistant"})
            prompt = post(f"/session/{{{name}}}/prompt_async", text("play a long pause"))
            self._do(prompt, answered, Settle(running=True))
            self.running = name
            self.prompts[name] = self.prompts.get(name, 0) + 1

        @precondition(lambda self: self.running)
        @rule()
        def prompt_while_busy(self) -> None:
            self._do(post(f"/session/{{{self.running}}}/prompt_async", text("play second")))
            self._do(Await("message.part.updated", {"part.text": "play second"}), Settle(running=True))

        @precondition(lambda self: self.sessions)
        @rule(number=st.integers(0, 9))
        def abort(self, number: int) -> None:
            name = self.running or self._pick(number)
            self._do(post(f"/session/{{{name}}}/abort"), get("/session/status"), Settle())
            self.running = None

        @precondition(lambda self: self.sessions)
        @rule(title=st.sampled_from(TITLES), number=st.integers(0, 9))
        def rename(self, title: str, number: int) -> None:
            self._do(patch(f"/session/{{{self._pick(number)}}}", {"title": title}))

        @precondition(lambda self: self.sessions)
        @rule(archived=st.sampled_from((0, 5, 1.5)), number=st.integers(0, 9))
        def archive(self, archived: float, number: int) -> None:
            self._do(patch(f"/session/{{{self._pick(number)}}}", {"time": {"archived": archived}}))

        @precondition(lambda self: self.sessions)
        @rule(number=st.integers(0, 9))
        def remove(self, number: int) -> None:
            self._let_end()
            name = self._pick(number)
            self._do(delete(f"/session/{{{name}}}"), get(f"/session/{{{name}}}"))

        @rule(
            limit=st.sampled_from(("", "limit=1", "limit=2", "limit=100", "limit=-1")),
            more=st.sampled_from(("", "roots=true", "search=ne", "search=one", "start=0", "start=99999999999999")),
        )
        def list_sessions(self, limit: str, more: str) -> None:
            self._do(get(f"/session?{limit}&{more}"))

        @precondition(lambda self: self.sessions)
        @rule(
            part=st.sampled_from(("", "/children", "/diff", "/message", "/message?limit=1", "/message?limit=3")),
            number=st.integers(0, 9),
        )
        def look(self, part: str, number: int) -> None:
            self._do(get(f"/session/{{{self._pick(number)}}}{part}"), get("/session/status"))

        @precondition(lambda self: self.sessions and "fork" in hand.routes)
        @rule(number=st.integers(0, 9), place=st.integers(-1, 3))
        def fork(self, number: int, place: int) -> None:
            self._let_end()
            name, made = self._pick(number), self._named()
            body: Json = {}
            if place >= 0:
                self._do(get(f"/session/{{{name}}}/message", **{f"{made}m": f"{place}.info.id"}))
                body = {"messageID": f"{{{made}m}}"}
            self._do(post(f"/session/{{{name}}}/fork", body, **{made: "id"}), get(f"/session/{{{made}}}/message"))
            self.sessions.append(made)

        @precondition(lambda self: self.sessions and "revert" in hand.routes)
        @rule(number=st.integers(0, 9), place=st.integers(0, 3), back=st.booleans())
        def revert(self, number: int, place: int, back: bool) -> None:
            self._let_end()
            name, found = self._pick(number), self._named()
            path = f"/session/{{{name}}}"
            self._do(get(f"{path}/message", **{f"{found}m": f"{place}.info.id"}))
            self._do(post(f"{path}/revert", {"messageID": f"{{{found}m}}"}), Settle(), get(path))
            if back:
                self._do(post(f"{path}/unrevert"), Settle(), get(path))

        def teardown(self) -> None:
            if not self.over and hand.duo.steps:
                self._judge(hand.do(hand.duo.finish()), "in the end")

        def _named(self) -> str:
            self.made += 1
            return f"s{self.made}"

        def _pick(self, number: int) -> str:
            return self.sessions[number % len(self.sessions)]

        def _let_end(self) -> None:
            """Steps whose outcome would depend on how far a run has come wait for its end."""
            if self.running is not None:
                self._do(post(f"/session/{{{self.running}}}/abort"), Settle())
                self.running = None

        def _do(self, *steps: Step) -> None:
            for step in steps:
                self._judge(hand.do(hand.duo.perform(step)))

        def _judge(self, differences: tuple[Difference, ...], when: str = "") -> None:
            steps = tuple(hand.duo.steps)
            key = f"{steps} {when}"
            if key in hand.confirmed or differences:
                self.over = True
                confirmed = hand.confirmed.get(key) or hand.do(hand.duo.confirm(steps))
                if confirmed:
                    hand.confirmed[key] = confirmed
                    raise Diverged(steps, confirmed)

    return Sessions
