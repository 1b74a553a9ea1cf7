"""Which call of which performance answers a request: all that the scripted model remembers of its sessions."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from opencode_fake.scripted_model.request import ModelRequest, Purpose
from opencode_fake.scripts.calls import Call
from opencode_fake.scripts.matching import Casting, Performance, default_title
from opencode_fake.scripts.model import Failure

TITLE_PATIENCE = 5.0
"""Seconds that a request for a title waits for the prompt itself, which may come a little later."""


@dataclass(slots=True)
class Run:
    """A performance that a session is being given."""

    number: int
    performance: Performance
    user_messages: int
    prompt: str
    answered: int = 0
    """How many of its calls were answered to the end."""
    over: bool = False
    """The conversation was summarised meanwhile: what comes next is another run, even for the same prompt."""
    _refused: Counter[int] = field(default_factory=Counter)

    def continues(self, request: ModelRequest) -> bool:
        """Whether ``request`` goes on with this run: the same prompt, and nothing of the answer taken back."""
        same_prompt = (request.user_messages, request.prompt) == (self.user_messages, self.prompt)
        return same_prompt and request.answered >= self.answered and not self.over

    def refusal(self, index: int) -> Failure | None:
        """The failure that the call ``index`` meets now. Counts it."""
        step = self.performance.calls[index].refusal
        failure = None if step is None else step.error
        if failure is None or (failure.times is not None and self._refused[index] >= failure.times):
            return None
        self._refused[index] += 1
        return failure


@dataclass(frozen=True, slots=True)
class Cue:
    """One call of a run."""

    run: Run
    index: int

    @property
    def call(self) -> Call:
        """What the model answers."""
        return self.run.performance.calls[self.index]

    @property
    def key(self) -> str:
        """A name of its own, the same when the call is repeated."""
        return f"{self.run.number:04d}{self.index:03d}"

    def refusal(self) -> Failure | None:
        """The failure that this attempt meets. Counts it."""
        return self.run.refusal(self.index)

    def done(self) -> None:
        """Notes that the call was answered to the end."""
        self.run.answered = max(self.run.answered, self.index + 1)


@dataclass(slots=True)
class Runs:
    """The runs of all sessions."""

    casting: Casting
    patience: float = TITLE_PATIENCE
    titles: Titles = field(init=False)
    _current: dict[str, Run] = field(default_factory=dict)
    _started: int = 0

    def __post_init__(self) -> None:
        self.titles = Titles(self.casting, self.patience)

    def cue(self, request: ModelRequest) -> Cue:
        """The call that answers ``request``: the next one of its run, the same one again, or the first of a new run."""
        run = self._current.get(request.session_id)
        if run is None or not run.continues(request):
            run = self._start(request)
        # A server that calls again after the last call is given that one again.
        return Cue(run, min(request.answered, len(run.performance.calls) - 1))

    def summarise(self, request: ModelRequest) -> None:
        """Notes that the conversation is being summarised, which ends the session's run."""
        run = self._current.get(request.session_id)
        if run is not None:
            run.over = True

    def _start(self, request: ModelRequest) -> Run:
        self._started += 1
        performance = self.casting.perform(request.prompt, request.session_id)
        first = request.session_id not in self._current
        run = Run(self._started, performance, request.user_messages, request.prompt)
        self._current[request.session_id] = run
        self.titles.publish(performance, request.session_id, first=first)
        return run


class Titles:
    """Answers the requests for titles: at once where the script says it, or else with that of the performance.

    A title that depends on what was prompted before is that of a performance, whose request may come a little later.
    Such a request names the prompt, and from 1.14 or so on the session too; so each title is filed under both.
    """

    def __init__(self, casting: Casting, patience: float) -> None:
        self._casting = casting
        self._patience = patience
        self._waiting: defaultdict[tuple[Purpose, str, str], asyncio.Queue[str]] = defaultdict(asyncio.Queue)

    def publish(self, performance: Performance, session_id: str, *, first: bool) -> None:
        """Files the title of a performance; only the first of a session names the session."""
        if self._casting.title_of(performance.prompt) is not None:
            return
        purposes: tuple[Purpose, ...] = ("title", "summary") if first else ("summary",)
        for purpose in purposes:
            for session in {session_id, ""}:
                self._waiting[purpose, session, performance.prompt].put_nowait(performance.title)

    async def title(self, request: ModelRequest) -> str:
        """The title that ``request`` asks for; the default one where its prompt is never performed."""
        known = self._casting.title_of(request.prompt)
        if known is not None:
            return known
        queue = self._waiting[request.purpose, request.session_id, request.prompt]
        try:
            async with asyncio.timeout(self._patience):
                return await queue.get()
        except TimeoutError:
            return default_title(request.prompt)
