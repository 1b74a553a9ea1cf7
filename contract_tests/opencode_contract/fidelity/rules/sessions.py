"""Sessions: made, renamed, archived, deleted, listed, looked at."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from opencode_contract.evidence import Json
from opencode_contract.fidelity.rules.base import NUMBERS, Acting, with_sessions
from opencode_contract.fidelity.steps import Close, Open, Pass, Settle, delete, get, patch, post

TITLES = st.sampled_from(("one", "two", "", "ünï", "Needle in it"))
_LIMITS = st.sampled_from(("", "limit=1", "limit=2", "limit=100", "limit=-1"))
_FILTERS = st.sampled_from(("", "roots=true", "search=ne", "search=one", "start=0", "start=99999999999999"))
_VIEWS = st.sampled_from(("", "/children", "/diff", "/message", "/message?limit=1", "/message?limit=3", "/todo"))
_STREAMS = st.sampled_from(("/event", "/global/event", "/event?directory=/nowhere/else"))

SECONDS_TO_LISTEN = 0.3
"""A real server may greet a moment before it listens itself: 1.18.34 does on ``/global/event``, when it is busy."""


class SessionRules(Acting):
    """What needs no run."""

    @rule(title=st.none() | TITLES, child=st.booleans(), number=NUMBERS)
    def create(self, title: str | None, child: bool, number: int) -> None:
        """Makes a session, a child of another one perhaps."""
        body: dict[str, Json] = {} if title is None else {"title": title}
        if child and self.sessions:
            body["parentID"] = self.path(number).removeprefix("/session/")
        name = self.named()
        self.do(post("/session", body, **{name: "id"}))
        self.sessions.append(name)

    @with_sessions
    @rule(title=TITLES, number=NUMBERS)
    def rename(self, title: str, number: int) -> None:
        """Gives a session another title."""
        self.do(patch(self.path(number), {"title": title}))

    @with_sessions
    @rule(archived=st.sampled_from((0, 5, 1.5)), number=NUMBERS)
    def archive(self, archived: float, number: int) -> None:
        """Archives a session."""
        self.do(patch(self.path(number), {"time": {"archived": archived}}))

    @with_sessions
    @rule(number=NUMBERS)
    def remove(self, number: int) -> None:
        """Deletes a session; its name stays in use."""
        path = self.idle_path(number)
        self.do(delete(path), get(path))

    @with_sessions
    @rule(limit=_LIMITS, more=_FILTERS)
    def list_sessions(self, limit: str, more: str) -> None:
        """Lists sessions."""
        self.do(get(f"/session?{'&'.join(filter(None, (limit, more)))}"))

    @with_sessions
    @rule(view=_VIEWS, number=NUMBERS)
    def look(self, view: str, number: int) -> None:
        """Looks at a session."""
        self.do(get(self.path(number, view)), get("/session/status"))

    @with_sessions
    @rule(limit=st.integers(1, 3), number=NUMBERS)
    def page(self, limit: int, number: int) -> None:
        """Reads two pages of messages, the second by the cursor of the first, where the version has any."""
        path, cursor = self.path(number, "/message"), self.named()
        self.do(get(f"{path}?limit={limit}", **{cursor: "headers.x-next-cursor"}))
        self.do(get(f"{path}?limit={limit}&before={{{cursor}}}"))

    @with_sessions
    @rule(stream=_STREAMS, number=NUMBERS)
    def listen(self, stream: str, number: int) -> None:
        """Opens one more event stream, lets something happen, and compares what the stream told."""
        path, name = self.path(number), self.named()
        heard = patch(path, {"title": "heard"})
        self.do(Open(name, stream), Pass(SECONDS_TO_LISTEN), heard, Settle(running=True), Close(name))
