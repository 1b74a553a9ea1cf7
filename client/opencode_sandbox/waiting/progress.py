"""How far a reply has come."""

from __future__ import annotations

from dataclasses import dataclass

from opencode_sandbox.models import IDLE, Event, SessionStatus, ToolPending, ToolRunning
from opencode_sandbox.waiting.reply import Reply


@dataclass(frozen=True)
class Progress:
    """Everything seen so far: the reply as it grows, the session's status, the last event."""

    reply: Reply
    status: SessionStatus = IDLE
    last_event: Event | None = None

    def describe(self) -> str:
        """Say in one readable paragraph what was seen."""
        return " ".join([self._about_messages(), *self._about_tools(), self._about_status(), *self._about_events()])

    def _about_messages(self) -> str:
        if self.reply.user is None:
            return "The prompt has not appeared among the session's messages."
        if not self.reply.answers:
            return "The prompt is stored, and no answer has begun."
        text = self.reply.text
        tail = f", its text ends in {text[-80:]!r}" if text else ", without text"
        last = self.reply.last
        state = "complete" if last and last.is_complete else "incomplete"
        finish = f" (finish {last.finish!r})" if last and last.finish else ""
        return f"Assistant messages so far: {len(self.reply.answers)}, the last one {state}{finish}{tail}."

    def _about_tools(self) -> list[str]:
        open_tools = [t.tool for t in self.reply.tools if isinstance(t.state, ToolPending | ToolRunning)]
        return [f"Tools still running: {', '.join(open_tools)}."] if open_tools else []

    def _about_status(self) -> str:
        if self.status.is_retrying:
            reason = self.status.message or "no reason given"
            return (
                f"The model's provider is failing ({reason}); the server asks it again, attempt {self.status.attempt}."
            )
        return f"The session is {self.status.type}."

    def _about_events(self) -> list[str]:
        return [f"The last event was {self.last_event.type}."] if self.last_event else []
