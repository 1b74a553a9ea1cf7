"""Which reply answers a prompt, and for a prompt that none answers: which were nearest, and what kept them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from textwrap import shorten

from opencode_fake.scripts.calls import Call, calls
from opencode_fake.scripts.model import Exactly, Failure, Regex, Reply, Script, Turn

TITLE_LENGTH = 50
LONGEST_TITLE = 100
NEAREST = 3
SHOWN = 80
"""Characters of a prompt that a reply did not answer."""
_THOUGHTS = re.compile(r"<think>.*?</think>\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Performance:
    """A turn that was chosen for a prompt, cut into calls."""

    prompt: str
    turn: Turn
    calls: tuple[Call, ...]
    reply: Reply | None
    """The reply that was used, or None for the script's default and for an unmatched prompt."""

    @property
    def title(self) -> str:
        """The title for a session that still has the default one, as the model gives it."""
        return _title(self.turn, self.prompt)


@dataclass(frozen=True, slots=True)
class Miss:
    """A reply that did not answer a prompt, and why."""

    reply: Reply
    reason: str
    likeness: float
    """0 to 1: how much of the prompt the reply's pattern has in common with it."""

    def __str__(self) -> str:
        return f"{label(self.reply)}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A prompt that no reply answered."""

    prompt: str
    session_id: str
    misses: tuple[Miss, ...]
    """The nearest replies, nearest first."""

    def __str__(self) -> str:
        lines = [f"no reply of the script answers the prompt {self.prompt!r}"]
        if self.misses:
            lines += ["nearest replies:", *(f"  - {miss}" for miss in self.misses)]
        else:
            lines.append("the script has no replies")
        lines.append("add a reply for this prompt, or a 'default' one for all others")
        return "\n".join(lines)


@dataclass(slots=True)
class Casting:
    """Chooses replies and remembers what was used: the state of one script on one stage."""

    script: Script
    unmatched: list[Unmatched] = field(default_factory=list)
    performances: list[Performance] = field(default_factory=list)
    _uses: Counter[int] = field(default_factory=Counter)
    _fits: Counter[int] = field(default_factory=Counter)
    _sessions: dict[str, int] = field(default_factory=dict)

    def perform(self, prompt: str, session_id: str) -> Performance:
        """Chooses the turn for ``prompt``. One that nothing matches becomes a refusal that says why."""
        ordinal = self._sessions.setdefault(session_id, len(self._sessions) + 1)
        chosen: int | None = None
        misses: list[Miss] = []
        for index, reply in enumerate(self.script.replies):
            reason = self._why_not(index, reply, prompt, session_id, ordinal)
            if reason is None and chosen is None:
                chosen = index
            elif reason is not None:
                misses.append(Miss(reply, reason, _likeness(reply, prompt)))
        performance = self._performance(prompt, session_id, chosen, misses)
        self.performances.append(performance)
        return performance

    def title_of(self, prompt: str) -> str | None:
        """The title that ``prompt`` gives, whenever it comes; None where that depends on what came before."""
        for reply in self.script.replies:
            if _prompt_mismatch(reply, prompt):
                continue
            limited = (reply.session, reply.nth, reply.uses) != (None, None, None)
            return None if limited or reply.sequence else _title(reply, prompt)
        return _title(self.script.default or Turn(), prompt)

    def add(self, replies: Iterable[Reply]) -> None:
        """Replies that are asked before all others from now on, the first of them first."""
        added = tuple(replies)
        self.script = self.script.model_copy(update={"replies": (*added, *self.script.replies)})
        for counts in (self._uses, self._fits):
            moved = {index + len(added): count for index, count in counts.items()}
            counts.clear()
            counts.update(moved)

    def unused(self) -> tuple[Reply, ...]:
        """The replies that answered nothing so far."""
        return tuple(reply for index, reply in enumerate(self.script.replies) if not self._uses[index])

    def passed_over(self) -> tuple[Miss, ...]:
        """The replies that answered nothing so far, each with what kept it from the prompt that is most like it."""
        return tuple(self._passed_over(reply) for reply in self.unused())

    def _passed_over(self, reply: Reply) -> Miss:
        nearest = max(self.performances, key=lambda each: _likeness(reply, each.prompt), default=None)
        if nearest is None:
            return Miss(reply, "no prompt came", 0.0)
        prompt = shorten(nearest.prompt, SHOWN, placeholder="...")
        reason = _prompt_mismatch(reply, nearest.prompt)
        if reason is not None:
            reason = f"{reason}; the nearest was {prompt!r}"
        elif nearest.reply is not None:
            reason = f"fits {prompt!r}, but {label(nearest.reply)} answered: the first that fits does"
        else:
            reason = f"fits {prompt!r}, but not this session or time"
        return Miss(reply, reason, _likeness(reply, nearest.prompt))

    def _performance(self, prompt: str, session_id: str, chosen: int | None, misses: list[Miss]) -> Performance:
        reply: Reply | None = None
        turn: Turn
        if chosen is not None:
            reply = self.script.replies[chosen]
            turn = reply.turn(self._uses[chosen])
            self._uses[chosen] += 1
        elif self.script.default is not None:
            turn = self.script.default
        else:
            nearest = sorted(misses, key=lambda miss: -miss.likeness)[:NEAREST]
            self.unmatched.append(Unmatched(prompt, session_id, tuple(nearest)))
            turn = Turn(error=Failure(kind="provider", status=400, message=str(self.unmatched[-1])))
        return Performance(prompt, turn, calls(turn, self.script.tokens), reply)

    def _why_not(self, index: int, reply: Reply, prompt: str, session_id: str, ordinal: int) -> str | None:
        """None where the reply answers. Counts the prompts that fit, so each prompt is asked about once."""
        reason = _prompt_mismatch(reply, prompt) or _session_mismatch(reply, session_id, ordinal)
        if reason:
            return reason
        self._fits[index] += 1
        if reply.nth is not None and self._fits[index] != reply.nth:
            return f"fits, but this is time {self._fits[index]} and it answers time {reply.nth} only"
        if reply.uses is not None and self._uses[index] >= reply.uses:
            return f"fits, but was used {self._uses[index]} of {reply.uses} times"
        return None


def kept_title(title: str) -> str:
    """What the server makes of a session's title: its first line with text, no thoughts, 100 characters at most."""
    lines = (line.strip() for line in _THOUGHTS.sub("", title).split("\n"))
    line = next((line for line in lines if line), "")
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 3] + "..."


def _title(turn: Turn, prompt: str) -> str:
    return turn.title if turn.title is not None else default_title(prompt)


def default_title(prompt: str) -> str:
    """The title of a session whose script names none: the prompt's first line with text, cut to 50 characters."""
    line = next((line.strip() for line in prompt.splitlines() if line.strip()), "Untitled")
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"


def label(reply: Reply) -> str:
    """What messages call a reply: its name, or else its pattern."""
    if reply.name is not None:
        return f"reply {reply.name!r}"
    if reply.prompt is None:
        return "reply to any prompt"
    if isinstance(reply.prompt, str):
        return f"reply to {reply.prompt!r}"
    return f"reply to {reply.prompt.model_dump()}"


def _pattern(reply: Reply) -> str:
    match reply.prompt:
        case None:
            return ""
        case str(part):
            return part
        case Exactly(exactly=text):
            return text
        case Regex(regex=expression):
            return expression


def _prompt_mismatch(reply: Reply, prompt: str) -> str | None:
    match reply.prompt:
        case str(part) if part.casefold() not in prompt.casefold():
            return f"the prompt does not contain {part!r}"
        case Exactly(exactly=text) if text.strip() != prompt.strip():
            return f"the prompt is not exactly {text!r}{_first_difference(text.strip(), prompt.strip())}"
        case Regex(regex=expression) if not re.search(expression, prompt):
            return f"the regular expression {expression!r} is not found in the prompt"
        case _:
            return None


def _first_difference(expected: str, got: str) -> str:
    if expected.casefold() == got.casefold():
        return " (upper and lower case differ)"
    position = next((i for i, (a, b) in enumerate(zip(expected, got, strict=False)) if a != b), None)
    if position is None:
        position = min(len(expected), len(got))
    return f" (they part at character {position + 1}: {got[position : position + 12]!r})"


def _session_mismatch(reply: Reply, session_id: str, ordinal: int) -> str | None:
    if isinstance(reply.session, int) and reply.session != ordinal:
        return f"it answers session number {reply.session} only, this is number {ordinal}"
    if isinstance(reply.session, str) and reply.session != session_id:
        return f"it answers session {reply.session} only, this is {session_id}"
    return None


def _likeness(reply: Reply, prompt: str) -> float:
    pattern, text = _pattern(reply).casefold(), prompt.casefold()
    if not pattern:
        return 1.0
    matched = sum(
        block.size for block in SequenceMatcher(None, pattern, text[:2000], autojunk=False).get_matching_blocks()
    )
    return matched / len(pattern)
