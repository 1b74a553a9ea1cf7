"""Everything that can go wrong, as one tree.

::

    SandboxError
    ├── ConfigurationError           the URL, the password or the file is not usable
    ├── InvalidArgument              refused before anything was sent
    │   └── InvalidAction            not one of the five actions, or wrong arguments
    ├── ConnectionFailed             nothing answered
    │   ├── ConnectionLost           something may have been received, the answer is missing
    │   └── TlsFailed                no trustworthy encrypted connection
    ├── UnexpectedResponse           an answer, but not the one that was due
    │   ├── NotOpenCode              not as an OpenCode server answers: often the path prefix
    │   ├── WrongPassword            401
    │   ├── RedirectRefused          3xx; credentials are never sent on
    │   ├── SessionNotFound          404
    │   ├── RequestRejected          another 4xx
    │   └── ServerFailed             5xx
    └── ReplyError                   the prompt was sent, but there is no good answer
        ├── NoReply                  the server accepted it and did nothing
        ├── ReplyFailed              the reply ended with an error
        │   ├── ReplyAborted         somebody aborted it
        │   └── ReplyInterrupted     it stopped half-way: the server was restarted
        └── ReplyTimeout             the deadline passed first

Every message says what to do; none ever holds a password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencode_sandbox.models import MessageError
    from opencode_sandbox.waiting.progress import Progress
    from opencode_sandbox.waiting.reply import Reply


class SandboxError(Exception):
    """The base of all errors of this package."""


class ConfigurationError(SandboxError, ValueError):
    """The configuration cannot be used; the message says what to write instead."""


class InvalidArgument(SandboxError, ValueError):
    """An argument was refused before anything was sent."""


class InvalidAction(InvalidArgument):
    """Not one of the document's five actions, or not its arguments."""


class ConnectionFailed(SandboxError):
    """Nothing answered at the server's address."""


class ConnectionLost(ConnectionFailed):
    """The connection broke or timed out after the request may have been received."""


class TlsFailed(ConnectionFailed):
    """No trustworthy encrypted connection could be made."""


class UnexpectedResponse(SandboxError):
    """The server answered, but not as it should; ``status`` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class NotOpenCode(UnexpectedResponse):
    """The answer is not one of an OpenCode server."""


class WrongPassword(UnexpectedResponse):
    """The server refused the user name or the password."""


class RedirectRefused(UnexpectedResponse):
    """The server sent the client elsewhere; ``target`` is where to, without credentials."""

    def __init__(self, message: str, status: int, target: str) -> None:
        super().__init__(message, status)
        self.target = target


class SessionNotFound(UnexpectedResponse):
    """The server knows no such session; ``progress`` is what was seen of a reply before the session was deleted."""

    def __init__(self, session_id: str, progress: Progress | None = None) -> None:
        super().__init__(
            f"the server has no session {session_id!r}; list the sessions to see which there are, or create one",
            404,
        )
        self.session_id = session_id
        self.progress = progress


class RequestRejected(UnexpectedResponse):
    """The server found fault with the request."""


class ServerFailed(UnexpectedResponse):
    """The server, or the proxy before it, failed."""


class ReplyError(SandboxError):
    """A prompt was sent and got no good answer; ``progress`` is everything seen until then."""

    def __init__(self, message: str, progress: Progress) -> None:
        super().__init__(message)
        self.progress = progress

    @property
    def reply(self) -> Reply:
        """What there is of the reply."""
        return self.progress.reply


class NoReply(ReplyError):
    """The prompt was accepted, and then nothing happened."""


class ReplyFailed(ReplyError):
    """The reply ended with an error; ``error`` is the server's own, when it gave one."""

    @property
    def error(self) -> MessageError | None:
        """The error that the server stored with the message."""
        return self.progress.reply.error


class ReplyAborted(ReplyFailed):
    """Somebody aborted the run."""


class ReplyInterrupted(ReplyFailed):
    """The reply stopped half-way and nobody goes on with it."""


class ReplyTimeout(ReplyError):
    """The deadline passed before the reply was finished; the server goes on with it."""
