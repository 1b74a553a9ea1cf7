"""Prompts, commands and aborts."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from opencode_contract.evidence import Json
from opencode_contract.fidelity.rules.base import NUMBERS, Acting, while_busy, with_sessions
from opencode_contract.fidelity.steps import Await, Settle, get, post, text

_TALKING = ("plain", "bash", "thinking", "nothing", "unicode", "second", "two at once", "todos", "task", "failing bash")
_FAILING = ("refused", "broken", "refused later", "denial")
_WRITING = ("write and edit", "overwrite", "failing edits", "read")
PLAYS = st.sampled_from((*_TALKING, *_FAILING, *_WRITING))
_MORE: dict[str, dict[str, Json]] = {
    "": {},
    "explore": {"agent": "explore"},
    "general": {"agent": "general"},
    "plan": {"agent": "plan"},
    "variant": {"variant": "high"},
    "system": {"system": "Be brief."},
    "no bash": {"tools": {"bash": False}},
}


class RunRules(Acting):
    """What makes a session run, and ends it."""

    @with_sessions
    @rule(play=PLAYS, more=st.sampled_from(sorted(_MORE)), number=NUMBERS)
    def prompt(self, play: str, more: str, number: int) -> None:
        """Sends a prompt and waits for the answer."""
        self.do(post(self.prompted_path(number, "/message"), text(f"play {play}", **_MORE[more])), Settle())

    @with_sessions
    @rule(play=PLAYS, number=NUMBERS)
    def prompt_async(self, play: str, number: int) -> None:
        """Sends a prompt without waiting for the answer."""
        self.do(post(self.prompted_path(number, "/prompt_async"), text(f"play {play}")), Settle())

    @with_sessions
    @rule(synchronous=st.booleans(), number=NUMBERS)
    def prompt_silently(self, synchronous: bool, number: int) -> None:
        """Sends a prompt that wants no answer."""
        path = self.prompted_path(number, "/message" if synchronous else "/prompt_async")
        self.do(post(path, text("by the way", noReply=True)), Settle())

    @with_sessions
    @rule(number=NUMBERS)
    def keep_busy(self, number: int) -> None:
        """Sends a prompt whose answer takes very long."""
        path = self.prompted_path(number, "/prompt_async")
        begun = Await("message.updated", {"info.role": "assistant"})
        self.do(post(path, text("play a long pause")), begun, Settle(running=True))
        self.running = self.sessions[number % len(self.sessions)]

    @while_busy
    @rule()
    def prompt_while_busy(self) -> None:
        """Sends a prompt that has to wait."""
        path = f"/session/{{{self.running}}}"
        told = Await("message.part.updated", {"part.text": "play second"})
        self.do(post(f"{path}/prompt_async", text("play second")), told, Settle(running=True), get(f"{path}/message"))

    @while_busy
    @rule()
    def abort_busy(self) -> None:
        """Aborts what runs, or asks."""
        path = f"/session/{{{self.running}}}"
        self.do(self.abort(), get("/session/status"), Settle(), get(f"{path}/message"))

    @with_sessions
    @rule(number=NUMBERS)
    def abort_idle(self, number: int) -> None:
        """Aborts where nothing runs."""
        self.do(post(self.idle_path(number, "/abort")), get("/session/status"))

    @with_sessions
    @rule(number=NUMBERS)
    def shell(self, number: int) -> None:
        """Runs a shell command beside the conversation."""
        self.do(post(self.prompted_path(number, "/shell"), {"agent": "build", "command": "true"}), Settle())

    @with_sessions
    @rule(name=st.sampled_from(("init", "review")), agent=st.sampled_from(("", "general", "plan")), number=NUMBERS)
    def command(self, name: str, agent: str, number: int) -> None:
        """Lets the session do a command: a prompt, or a job for a subagent."""
        body: dict[str, Json] = {"command": name, "arguments": "it"}
        if agent:
            body["agent"] = agent
        self.do(post(self.prompted_path(number, "/command"), body), Settle())
