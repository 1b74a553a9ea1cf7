"""Which of two states of the same thing is the older one.

Events wait in a queue while a snapshot is read, so an event may tell of a time before the snapshot.
"""

from __future__ import annotations

from opencode_sandbox.models import (
    AssistantInfo,
    Info,
    Part,
    ReasoningPart,
    TextPart,
    ToolPart,
    ToolPending,
    ToolRunning,
)


def grows(part: Part) -> bool:
    """Whether a part is a text that has not ended yet."""
    return isinstance(part, TextPart | ReasoningPart) and part.time is not None and part.time.end is None


def is_stale_part(part: Part, known: Part | None) -> bool:
    """Whether a part that an event tells of is older than the one known."""
    if isinstance(part, TextPart | ReasoningPart) and isinstance(known, TextPart | ReasoningPart):
        # An ended text may be shorter: servers cut white space off its end.
        return grows(part) and (not grows(known) or len(part.text) < len(known.text))
    if isinstance(part, ToolPart) and isinstance(known, ToolPart):
        return _steps_of(part) < _steps_of(known)
    return False


def is_stale_info(info: Info, known: Info | None) -> bool:
    """Whether what an event tells about a message is older than what is known."""
    return isinstance(info, AssistantInfo) and isinstance(known, AssistantInfo) and _ends(info) < _ends(known)


def _steps_of(call: ToolPart) -> int:
    if isinstance(call.state, ToolPending):
        return 0
    return 1 if isinstance(call.state, ToolRunning) else 2


def _ends(info: AssistantInfo) -> int:
    return (info.finish is not None) + info.is_complete
