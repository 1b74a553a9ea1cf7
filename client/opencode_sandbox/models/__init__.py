"""Typed models of what the server sends; unknown fields, parts and roles survive."""

from __future__ import annotations

from opencode_sandbox.models.base import JsonObject, Number, WireModel
from opencode_sandbox.models.events import Event
from opencode_sandbox.models.messages import (
    AssistantInfo,
    Info,
    Message,
    MessageError,
    MessageTime,
    UnknownInfo,
    UserInfo,
)
from opencode_sandbox.models.parts import (
    FilePart,
    Part,
    PartTime,
    PatchPart,
    ReasoningPart,
    StepFinishPart,
    StepStartPart,
    TextPart,
    ToolPart,
    UnknownPart,
)
from opencode_sandbox.models.sessions import IDLE, Health, Session, SessionStatus, SessionSummary, SessionTime
from opencode_sandbox.models.tools import (
    ToolCompleted,
    ToolError,
    ToolPending,
    ToolRunning,
    ToolState,
    ToolTime,
    UnknownToolState,
)
from opencode_sandbox.models.totals import total_cost, total_tokens
from opencode_sandbox.models.usage import CacheTokens, Tokens

__all__ = [
    "IDLE",
    "AssistantInfo",
    "CacheTokens",
    "Event",
    "FilePart",
    "Health",
    "Info",
    "JsonObject",
    "Message",
    "MessageError",
    "MessageTime",
    "Number",
    "Part",
    "PartTime",
    "PatchPart",
    "ReasoningPart",
    "Session",
    "SessionStatus",
    "SessionSummary",
    "SessionTime",
    "StepFinishPart",
    "StepStartPart",
    "TextPart",
    "Tokens",
    "ToolCompleted",
    "ToolError",
    "ToolPart",
    "ToolPending",
    "ToolRunning",
    "ToolState",
    "ToolTime",
    "UnknownInfo",
    "UnknownPart",
    "UnknownToolState",
    "UserInfo",
    "WireModel",
    "total_cost",
    "total_tokens",
]
