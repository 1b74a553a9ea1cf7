"""Permissions and questions, which block a run until they are answered."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from opencode_contract.evidence import Json
from opencode_contract.fidelity.rules.base import (
    NUMBERS,
    Acting,
    while_permission_is_asked,
    while_question_is_asked,
    with_sessions,
)
from opencode_contract.fidelity.steps import Await, Settle, get, post, text

_ANSWERS: tuple[Json, ...] = ([["Red"]], [["Neither"]], [["Red", "Blue"]], [[]])


class AskRules(Acting):
    """What asks, and the answers."""

    @with_sessions
    @rule(number=NUMBERS)
    def ask_permission(self, number: int) -> None:
        """Lets a tool ask for leave."""
        path = self.prompted_path(number, "/prompt_async")
        asked = Await("permission.asked", save={"permission": "id"})
        self.do(post(path, text("play leave")), asked, Settle(running=True), get("/permission"))
        self.running, self.asks = self.sessions[number % len(self.sessions)], "permission"

    @while_permission_is_asked
    @rule(reply=st.sampled_from(("once", "reject")), message=st.booleans())
    def answer_permission(self, reply: str, message: bool) -> None:
        """Answers it."""
        body: dict[str, Json] = {"reply": reply, "message": "Not that one."} if message else {"reply": reply}
        self.running, self.asks = None, None
        self.do(post("/permission/{permission}/reply", body), Settle(), get("/permission"))

    @while_permission_is_asked
    @rule(reply=st.sampled_from(("once", "reject")))
    def answer_permission_of_session(self, reply: str) -> None:
        """Answers it by the older route."""
        path = f"/session/{{{self.running}}}/permissions/{{permission}}"
        self.running, self.asks = None, None
        self.do(post(path, {"response": reply}), Settle(), get("/permission"))

    @with_sessions
    @rule(number=NUMBERS)
    def allow_always(self, number: int) -> None:
        """Lets a tool ask, and allows it for ever: whoever asks later is not kept waiting."""
        path = self.prompted_path(number, "/prompt_async")
        pending = get("/permission", permission="0.id")
        # It asks only as long as it was never allowed, so that it works is what both do for sure.
        works = Await("message.part.updated", where={"part.tool": "bash", "part.state.status": "running"})
        self.do(post(path, text("play always leave")), works, Settle(running=True), pending)
        self.do(post("/permission/{permission}/reply", {"reply": "always"}), Settle())

    @with_sessions
    @rule(play=st.sampled_from(("question", "several colours")), number=NUMBERS)
    def ask_question(self, play: str, number: int) -> None:
        """Lets the assistant ask a question."""
        path = self.prompted_path(number, "/prompt_async")
        asked = Await("question.asked", save={"question": "id"})
        self.do(post(path, text(f"play {play}")), asked, Settle(running=True), get("/question"))
        self.running, self.asks = self.sessions[number % len(self.sessions)], "question"

    @while_question_is_asked
    @rule(answers=st.sampled_from(_ANSWERS))
    def answer_question(self, answers: Json) -> None:
        """Answers it."""
        self.running, self.asks = None, None
        self.do(post("/question/{question}/reply", {"answers": answers}), Settle(), get("/question"))

    @while_question_is_asked
    @rule()
    def reject_question(self) -> None:
        """Refuses to answer."""
        self.running, self.asks = None, None
        self.do(post("/question/{question}/reject"), Settle(), get("/question"))

    @with_sessions
    @rule()
    def list_asks(self) -> None:
        """Looks at what is asked, and at what runs."""
        self.do(get("/permission"), get("/question"), get("/session/status"))
