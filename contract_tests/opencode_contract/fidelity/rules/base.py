"""What all rules share: the sessions that were made, and which of them is busy."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition

from opencode_contract.fidelity.stagehand import Diverged, Stagehand
from opencode_contract.fidelity.steps import Pass, Settle, Step, post

Ask: TypeAlias = Literal["permission", "question"]

NUMBERS = st.integers(0, 9)
"""Picks a session: the shrunk choice is the first."""

SECONDS_TO_END = 1.0
"""What a real server needs at most to end an aborted run."""


class Acting(RuleBasedStateMachine):
    """The state of a sequence, and how rules do steps."""

    hand: ClassVar[Stagehand]

    def __init__(self) -> None:
        super().__init__()
        self.sessions: list[str] = []
        """The names of all sessions that were made; some are deleted."""
        self.running: str | None = None
        """The session that is kept busy: by a long pause, or by an ask."""
        self.asks: Ask | None = None
        """What it asks."""
        self._aborted: set[str] = set()
        """The sessions whose run was aborted, since time last passed."""
        self._made = 0
        self._over = False

    @initialize()
    def begin(self) -> None:
        """Begins anew on both stages."""
        self.hand.begin()

    def teardown(self) -> None:
        """Compares what is there in the end, unless something was found already."""
        if self._over or not self.hand.steps:
            return
        self.let_end()
        self.hand.finish()

    def do(self, *steps: Step) -> None:
        """Does steps on both stages."""
        try:
            self.hand.perform(*steps)
        except Diverged:
            self._over = True
            raise

    def named(self) -> str:
        """A new name."""
        self._made += 1
        return f"s{self._made}"

    def path(self, number: int, below: str = "") -> str:
        """A path of one of the sessions."""
        return f"/session/{{{self.sessions[number % len(self.sessions)]}}}{below}"

    def idle_path(self, number: int, below: str = "") -> str:
        """The same, when no session runs: for steps whose outcome would depend on how far a run has come."""
        self.let_end()
        return self.path(number, below)

    def prompted_path(self, number: int, below: str) -> str:
        """The same, for what makes the session run.

        A real server may lose a prompt that comes while an aborted run is still on its way out, so time passes first.
        """
        path = self.idle_path(number, below)
        if self.sessions[number % len(self.sessions)] in self._aborted:
            self._aborted.clear()
            self.do(Pass(SECONDS_TO_END))
        return path

    def let_end(self) -> None:
        """Aborts what is still under way."""
        if self.running is not None:
            self.do(self.abort(), Settle())

    def abort(self) -> Step:
        """The step that aborts what is under way."""
        busy, self.running, self.asks = self.running, None, None
        if busy is not None:
            self._aborted.add(busy)
        return post(f"/session/{{{busy}}}/abort")


def _has_sessions(machine: Acting) -> bool:
    return bool(machine.sessions)


def _is_busy(machine: Acting) -> bool:
    return machine.running is not None


def _asks_permission(machine: Acting) -> bool:
    return machine.asks == "permission"


def _asks_question(machine: Acting) -> bool:
    return machine.asks == "question"


with_sessions = precondition(_has_sessions)
while_busy = precondition(_is_busy)
while_permission_is_asked = precondition(_asks_permission)
while_question_is_asked = precondition(_asks_question)
