"""What came back for one prompt."""

from __future__ import annotations

from dataclasses import dataclass

from opencode_sandbox.models import (
    AssistantInfo,
    Message,
    MessageError,
    Tokens,
    ToolPart,
    total_cost,
    total_tokens,
)


@dataclass(frozen=True)
class Reply:
    """The user's message and the assistant's messages that answer it, in the server's order."""

    session_id: str
    prompt: str | None
    user: Message | None
    answers: tuple[Message, ...]

    @property
    def text(self) -> str:
        """What the assistant wrote, a line break between its messages; summaries of a compaction left out."""
        texts = (answer.text for answer in self.answers if not _is_summary(answer))
        return "\n".join(text for text in texts if text)

    @property
    def messages(self) -> list[Message]:
        """The user's message, when it was seen, and the answers."""
        return [*([self.user] if self.user else []), *self.answers]

    @property
    def tools(self) -> list[ToolPart]:
        """The tool calls of all answers, in order."""
        return [tool for answer in self.answers for tool in answer.tools]

    @property
    def cost(self) -> float:
        """What all answers cost together."""
        return total_cost(self.answers)

    @property
    def tokens(self) -> Tokens:
        """The tokens of all answers together."""
        return total_tokens(self.answers)

    @property
    def last(self) -> AssistantInfo | None:
        """About the newest answer."""
        info = self.answers[-1].info if self.answers else None
        return info if isinstance(info, AssistantInfo) else None

    @property
    def finish(self) -> str | None:
        """Why the last answer ended: ``stop``, ``length``, ..."""
        return self.last.finish if self.last else None

    @property
    def error(self) -> MessageError | None:
        """The error the last answer ended with."""
        return self.last.error if self.last else None


def _is_summary(message: Message) -> bool:
    return isinstance(message.info, AssistantInfo) and bool(message.info.summary)
