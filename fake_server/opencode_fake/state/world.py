"""Everything that one server knows: what the endpoints read and what a run changes."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from opencode_fake.identifiers import Identifiers
from opencode_fake.scripts.matching import Casting
from opencode_fake.scripts.model import JsonObject
from opencode_fake.scripts.permissions import Rule, script_rules
from opencode_fake.state.asks import Asks
from opencode_fake.state.barriers import Barriers
from opencode_fake.state.store import Session, Store
from opencode_fake.state.wire import SessionInfo, SessionModel, Status, TokenCount
from opencode_fake.state.workspace import Workspace
from opencode_fake.versions import Behaviours

DATA_DIRECTORY = "/home/user/.local/share/opencode"
"""Where the real server keeps its files; its errors name paths below it."""
GLOBAL_PROJECT = "global"
"""The project of every directory that is no git repository."""


@dataclass(slots=True)
class World:
    """The state of one server. ``now`` gives epoch milliseconds; nothing here waits or sends."""

    version: str
    behaviours: Behaviours
    directory: str
    casting: Casting
    identifiers: Identifiers
    now: Callable[[], int]
    store: Store = field(default_factory=Store)
    statuses: dict[str, Status] = field(default_factory=dict)
    asks: Asks = field(default_factory=Asks)
    barriers: Barriers = field(default_factory=Barriers)
    rules: tuple[Rule, ...] = field(init=False)
    """What tools may do by the script, whichever agent calls them."""
    announced: set[str] = field(default_factory=set)
    """The directories whose plugins were announced."""
    workspace: Workspace = field(init=False)
    project_id: str = field(init=False)
    seen: dict[str, int] = field(default_factory=dict)
    """When projects were asked for first."""

    def __post_init__(self) -> None:
        self.workspace = Workspace(self.directory)
        self.learn_rules()
        self.project_id = hashlib.sha1(self.directory.encode(), usedforsecurity=False).hexdigest()

    def learn_rules(self) -> None:
        """Reads from the script what its tools may do."""
        self.rules = script_rules(self.casting.script, self.directory)

    def place(self, named: str) -> str:
        """The directory that a request means; without a name that of the server, which relative ones begin at."""
        if not named or not self.behaviours.directories_resolved:
            return named or self.directory
        return _resolved(self.directory, named)

    def project(self, directory: str) -> str:
        """The project of a directory: the workspace is the only git repository."""
        return self.project_id if self._is_inside(directory) else GLOBAL_PROJECT

    def root(self, directory: str) -> str:
        """The root of a directory's project: the file system's where it is in none."""
        return self.directory if self._is_inside(directory) else "/"

    def create_session(
        self,
        directory: str,
        *,
        title: str | None = None,
        parent_id: str | None = None,
        permission: list[JsonObject] | None = None,
        agent: str | None = None,
        model: SessionModel | None = None,
        metadata: JsonObject | None = None,
    ) -> Session:
        """Makes and keeps a session. Without a title it gets the default one."""
        created = self.now()
        info: SessionInfo = {
            "id": self.identifiers.session(created),
            "slug": self.identifiers.slug(),
            "version": self.version,
            "projectID": self.project(directory),
            "directory": directory,
            "title": default_title(created, child=parent_id is not None) if title is None else title,
            "time": {"created": created, "updated": created},
        }
        if self.behaviours.sessions_have_path:
            info["path"] = self._path(directory)
        if self.behaviours.sessions_count_cost:
            info["cost"], info["tokens"] = 0, no_tokens()
        if parent_id is not None:
            info["parentID"] = parent_id
        if permission is not None:
            info["permission"] = permission
        if agent is not None:
            info["agent"] = agent
        if model is not None:
            info["model"] = model
        if metadata is not None:
            info["metadata"] = metadata
        session = Session(info)
        self.store.add(session)
        return session

    def touch(self, session: Session) -> None:
        """Notes that a session was updated now."""
        session.info["time"]["updated"] = self.now()
        self.store.moved_up(session)

    def _path(self, directory: str) -> str:
        """A directory below its project's: all of it where there is none."""
        root = self.root(directory)
        return "" if directory == root else directory.removeprefix(root).lstrip("/")

    def _is_inside(self, directory: str) -> bool:
        """Whether a directory is the workspace or below it. The search for a relative one's project ends there, too."""
        if directory == self.directory or not directory.startswith("/"):
            return True
        return f"{_resolved(self.directory, directory)}/".startswith(f"{self.directory}/")


def _resolved(base: str, directory: str) -> str:
    """An absolute directory without anything to resolve in it."""
    return posixpath.normpath("/" + posixpath.join(base, directory).lstrip("/"))


def no_tokens() -> TokenCount:
    """The count before the first token."""
    return {"input": 0, "output": 0, "reasoning": 0, "cache": {"read": 0, "write": 0}}


def default_title(created: int, *, child: bool) -> str:
    """The title of a session that was given none."""
    return f"{'Child' if child else 'New'} session - {iso(created)}"


def iso(moment: int) -> str:
    """Epoch milliseconds as JavaScript's ``toISOString`` writes them."""
    seconds, milliseconds = divmod(moment, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z"
