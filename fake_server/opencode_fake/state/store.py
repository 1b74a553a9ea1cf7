"""Sessions and their messages, found quickly by id."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from opencode_fake.scripts.model import JsonObject
from opencode_fake.state.wire import (
    AssistantInfo,
    FileDiff,
    MessageInfo,
    MessageWithParts,
    Part,
    SessionInfo,
    UserInfo,
)

TOLD = "The following tool was executed by the user"
"""What the model is told of what the user had done."""
_WORDS = {"subtask": TOLD, "compaction": "What did we do so far?"}
"""What the model is told of parts without a text."""


@dataclass(slots=True)
class Message:
    """A message and its parts, by id in the order they came."""

    info: MessageInfo
    parts: dict[str, Part] = field(default_factory=dict)

    def wire(self) -> MessageWithParts:
        """The message as the endpoints answer it: parts sorted by id."""
        return {"info": self.info, "parts": [self.parts[key] for key in sorted(self.parts)]}

    @property
    def prompt(self) -> str:
        """The text that the model is asked: the user's own text parts, or the server's where there are none."""
        texts = [part for part in self.parts.values() if part["type"] == "text"]
        own = [part for part in texts if not part.get("synthetic")]
        others = [_WORDS[part["type"]] for part in self.parts.values() if part["type"] in _WORDS]
        return "\n".join([*(part["text"] for part in own or texts), *others])

    @property
    def subject(self) -> str:
        """What a session is named after: the prompt, or the tasks where it consists of nothing else."""
        tasks = [part for part in self.parts.values() if part["type"] == "subtask"]
        if len(tasks) < len(self.parts):
            return self.prompt
        return "\n".join(f"{task.get('prompt')}" for task in tasks)

    @property
    def is_given(self) -> bool:
        """Whether anything of it comes from the user."""
        return any(not part.get("synthetic") for part in self.parts.values())


@dataclass(slots=True)
class Session:
    """A session, its messages by id, the files it changed, and its todo list."""

    info: SessionInfo
    messages: dict[str, Message] = field(default_factory=dict)
    diff: list[FileDiff] = field(default_factory=list)
    todos: list[JsonObject] = field(default_factory=list)
    deleted: bool = False
    """It is in no list any more, but a run may be left that writes into it."""

    @property
    def id(self) -> str:
        """The session's id."""
        return self.info["id"]

    def count(self, part: Part, times: int = 1) -> None:
        """Adds what a step cost to the sums of the session, where it has any; -1 times takes it back."""
        total = self.info.get("tokens")
        if total is None or part["type"] != "step-finish":
            return
        tokens = part["tokens"]
        cost = self.info.get("cost", 0) + times * part["cost"]
        # JavaScript knows no 0.0.
        self.info["cost"] = cost or 0
        total["input"] += times * tokens["input"]
        total["output"] += times * tokens["output"]
        total["reasoning"] += times * tokens["reasoning"]
        total["cache"]["read"] += times * tokens["cache"]["read"]
        total["cache"]["write"] += times * tokens["cache"]["write"]

    def remove(self, message_id: str) -> None:
        """Forgets a message, if there is one, and what it cost."""
        message = self.messages.pop(message_id, None)
        for part in message.parts.values() if message is not None else ():
            self.count(part, -1)

    def ordered(self) -> list[Message]:
        """The messages by id: the order in which they were made, unless a client chose its own ids."""
        return [self.messages[key] for key in sorted(self.messages)]

    def last_user(self) -> UserInfo | None:
        """The newest prompt."""
        return next((info for info in self._newest_first() if info["role"] == "user"), None)

    def last_assistant(self) -> AssistantInfo | None:
        """The newest answer."""
        return next((info for info in self._newest_first() if info["role"] == "assistant"), None)

    def answers_to(self, user_id: str) -> Iterator[Message]:
        """The assistant messages made for one prompt."""
        return (m for m in self.ordered() if m.info["role"] == "assistant" and m.info["parentID"] == user_id)

    def _newest_first(self) -> Iterator[MessageInfo]:
        return (self.messages[key].info for key in sorted(self.messages, reverse=True))


class Store:
    """All sessions of one server."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._ids: list[str] = []
        self._updated: OrderedDict[str, Session] = OrderedDict()
        self._remains: dict[str, Session] = {}

    def add(self, session: Session) -> None:
        """Keeps a new session."""
        self._sessions[session.id] = session
        insort(self._ids, session.id)
        self._updated[session.id] = session

    def moved_up(self, session: Session) -> None:
        """Notes that a session was updated last of all."""
        if session.id in self._updated:
            self._updated.move_to_end(session.id)

    def find(self, session_id: str) -> Session | None:
        """The session of that id in any project."""
        return self._sessions.get(session_id)

    def get(self, session_id: str, project_id: str) -> Session | None:
        """The session of that id in one project: versions that keep a folder a project look nowhere else."""
        session = self._sessions.get(session_id)
        return session if session is not None and session.info["projectID"] == project_id else None

    def remove(self, session_id: str, *, written: bool) -> None:
        """Forgets a session with all its messages. What a run, if one is left, writes from now on remains of it."""
        session = self._sessions.pop(session_id)
        del self._ids[bisect_left(self._ids, session_id)]
        del self._updated[session_id]
        session.deleted = True
        for message in session.messages.values():
            message.parts.clear()
        session.messages.clear()
        if written:
            self._remains[session_id] = session

    def message(self, message_id: str) -> Message | None:
        """The message of that id in any session."""
        return next((each.messages[message_id] for each in self.by_age() if message_id in each.messages), None)

    def holding(self, part_id: str) -> Message | None:
        """The message with a part of that id in any session."""
        messages = (message for each in self.by_age() for message in each.messages.values())
        return next((message for message in messages if part_id in message.parts), None)

    def remains(self, session_id: str) -> Session | None:
        """What there is of a session: where a run outlived it, what that has written since."""
        return self._sessions.get(session_id) or self._remains.get(session_id)

    def by_id(self) -> Iterable[Session]:
        """All sessions in the order of their ids: the newest first."""
        return (self._sessions[key] for key in self._ids)

    def by_age(self) -> Iterable[Session]:
        """All sessions in the order in which they were made."""
        return self._sessions.values()

    def by_update(self) -> Iterable[Session]:
        """All sessions, the last updated first."""
        return reversed(self._updated.values())

    def children(self, parent_id: str) -> list[Session]:
        """The sessions that name this parent, newest first."""
        return [session for session in self.by_id() if session.info.get("parentID") == parent_id]

    def __len__(self) -> int:
        return len(self._sessions)
