"""A client of the OpenCode server: the five actions of a sandbox, done right, blocking and awaiting.

::

    config = SandboxConfig.from_env()
    with SandboxClient(config) as client:
        session = client.create_session()
        reply = client.ask(session.id, "list the files", timeout=120)
        print(reply.text, reply.cost)
"""

from __future__ import annotations

from opencode_sandbox.async_client import AsyncSandboxClient
from opencode_sandbox.client import SandboxClient
from opencode_sandbox.config import SandboxConfig
from opencode_sandbox.connection import ConnectionReport, ConnectionState
from opencode_sandbox.errors import (
    ConfigurationError,
    ConnectionFailed,
    ConnectionLost,
    InvalidAction,
    InvalidArgument,
    NoReply,
    NotOpenCode,
    RedirectRefused,
    ReplyAborted,
    ReplyError,
    ReplyFailed,
    ReplyInterrupted,
    ReplyTimeout,
    RequestRejected,
    SandboxError,
    ServerFailed,
    SessionNotFound,
    TlsFailed,
    UnexpectedResponse,
    WrongPassword,
)
from opencode_sandbox.models import (
    AssistantInfo,
    Event,
    Health,
    Message,
    Session,
    SessionStatus,
    Tokens,
    UserInfo,
    total_cost,
    total_tokens,
)
from opencode_sandbox.retrying import RetryPolicy
from opencode_sandbox.waiting.progress import Progress
from opencode_sandbox.waiting.reply import Reply
from opencode_sandbox.waiting.tracker import ReplyTracker

__all__ = [
    "AssistantInfo",
    "AsyncSandboxClient",
    "ConfigurationError",
    "ConnectionFailed",
    "ConnectionLost",
    "ConnectionReport",
    "ConnectionState",
    "Event",
    "Health",
    "InvalidAction",
    "InvalidArgument",
    "Message",
    "NoReply",
    "NotOpenCode",
    "Progress",
    "RedirectRefused",
    "Reply",
    "ReplyAborted",
    "ReplyError",
    "ReplyFailed",
    "ReplyInterrupted",
    "ReplyTimeout",
    "ReplyTracker",
    "RequestRejected",
    "RetryPolicy",
    "SandboxClient",
    "SandboxConfig",
    "SandboxError",
    "ServerFailed",
    "Session",
    "SessionNotFound",
    "SessionStatus",
    "TlsFailed",
    "Tokens",
    "UnexpectedResponse",
    "UserInfo",
    "WrongPassword",
    "total_cost",
    "total_tokens",
]
