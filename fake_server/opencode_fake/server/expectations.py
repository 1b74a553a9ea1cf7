"""What a test says that the server should have received, and what it is told where that is not so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from fnmatch import fnmatchcase

from opencode_fake.scripts.model import Exactly, JsonValue, Regex
from opencode_fake.scripts.notation import PromptLike
from opencode_fake.server.journal import Received
from opencode_fake.server.record import Happened, Prompt

NEAREST = 3


def fits(pattern: PromptLike, text: str) -> bool:
    """Whether a prompt fits a pattern, as the prompts of a script do."""
    match pattern:
        case str():
            return pattern.casefold() in text.casefold()
        case Exactly(exactly=wanted):
            return wanted.strip() == text.strip()
        case Regex(regex=expression):
            return re.search(expression, text) is not None
        case re.Pattern():
            return pattern.search(text) is not None


def find_prompt(prompts: Sequence[Prompt], what: int | PromptLike) -> Prompt | None:
    """The prompt of a number, counted from 1, or the first that fits a pattern."""
    if isinstance(what, int):
        return prompts[what - 1] if len(prompts) >= what else None
    return next((prompt for prompt in prompts if fits(what, prompt.text)), None)


def awaited(what: int | PromptLike) -> str:
    """What ``find_prompt`` looks for, in words."""
    return f"{what} prompts" if isinstance(what, int) else f"a prompt like {_shown(what)}"


def check_prompted(prompts: Sequence[Prompt], pattern: PromptLike, times: int | None) -> tuple[Prompt, ...]:
    """The prompts that fit. Raises AssertionError where there is none, or not as many as wanted."""
    __tracebackhide__ = True
    found = tuple(prompt for prompt in prompts if fits(pattern, prompt.text))
    if (times is None and found) or len(found) == times:
        return found
    wanted = f"a prompt like {_shown(pattern)}" + (f" {_times(times)}" if times is not None else "")
    nearest = sorted(prompts, key=lambda prompt: -_likeness(_shown(pattern), prompt.text))[:NEAREST]
    shown = found or nearest
    heading = "these fit" if found else "the nearest of those received" if nearest else "no prompt was received at all"
    raise AssertionError("\n".join([f"expected {wanted}; {heading}", *(f"  - {prompt}" for prompt in shown)]))


def check_prompts(prompts: Sequence[Prompt], patterns: Iterable[PromptLike]) -> None:
    """Raises AssertionError, with a diff, unless exactly these prompts were received, in this order."""
    __tracebackhide__ = True
    listed = list(patterns)
    received = [prompt.text for prompt in prompts]
    if len(listed) == len(received) and all(map(fits, listed, received)):
        return
    # A prompt that fits is shown as the pattern, so that the diff is about those that do not.
    same = [
        _shown(listed[place]) if place < len(listed) and fits(listed[place], text) else repr(text)
        for place, text in enumerate(received)
    ]
    lines = unified_diff([_shown(each) for each in listed], same, "expected", "received", lineterm="", n=10)
    raise AssertionError("other prompts were received than expected\n" + "\n".join(lines))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request that should have come."""

    method: str
    path: str
    """Below the base path; ``*`` stands for anything."""
    headers: Mapping[str, str]
    query: Mapping[str, str]
    json: JsonValue
    """What the body has to hold; it may hold more. None where that does not matter."""

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def misfits(self, received: Received) -> Iterator[str]:
        """What keeps a request from being this one."""
        if received.method != self.method.upper():
            yield f"the method is {received.method}, not {self.method.upper()}"
        if not fnmatchcase(received.path, self.path):
            yield f"the path is {received.path}, not {self.path}"
        lowered = {name.lower(): value for name, value in received.headers.items()}
        for name, value in self.headers.items():
            if lowered.get(name.lower()) != value:
                yield f"the header {name} is {lowered.get(name.lower())!r}, not {value!r}"
        for name, value in self.query.items():
            if received.query.get(name) != value:
                yield f"the query's {name} is {received.query.get(name)!r}, not {value!r}"
        if self.json is not None:
            yield from self._body_misfits(received)

    def _body_misfits(self, received: Received) -> Iterator[str]:
        try:
            body = received.json
        except ValueError:
            yield f"the body is no JSON: {received.body[:60]!r}"
        else:
            yield from _differences("body", self.json, body)


def check_requested(journal: Iterable[Received], wanted: Wanted, times: int | None) -> tuple[Received, ...]:
    """The requests that fit. Raises AssertionError where there is none, or not as many as wanted."""
    __tracebackhide__ = True
    reasons = [(each, list(wanted.misfits(each))) for each in journal]
    found = tuple(each for each, misfits in reasons if not misfits)
    if (times is None and found) or len(found) == times:
        return found
    expected = f"expected {wanted}" + (f" {_times(times)}" if times is not None else "")
    if found:
        raise AssertionError("\n".join([f"{expected}; these fit", *(f"  - {each}" for each in found)]))
    if not reasons:
        raise AssertionError(f"{expected}; no request was received at all")
    lines = [f"{expected}; the nearest of those received"]
    for each, misfits in sorted(reasons, key=lambda pair: len(pair[1]))[:NEAREST]:
        lines += [f"  - {each}", *(f"      {misfit}" for misfit in misfits)]
    raise AssertionError("\n".join(lines))


def holds(wanted: Mapping[str, object] | None, happened: Happened) -> bool:
    """Whether an event's properties hold what is wanted; None where that does not matter."""
    return wanted is None or next(_differences("", wanted, happened.event.properties), None) is None


def _differences(place: str, wanted: object, got: object) -> Iterator[str]:
    """Where ``got`` does not hold what is wanted; what it holds besides does not matter."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key, value in wanted.items():
            if key not in got:
                yield f"{place}.{key} is missing"
            else:
                yield from _differences(f"{place}.{key}", value, got[key])
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for number, (one, other) in enumerate(zip(wanted, got, strict=True)):
            yield from _differences(f"{place}[{number}]", one, other)
    elif type(wanted) is not type(got) or wanted != got:
        yield f"{place} is {got!r}, not {wanted!r}"


def _shown(pattern: PromptLike) -> str:
    match pattern:
        case str():
            return repr(pattern)
        case Exactly(exactly=text):
            return f"exactly {text!r}"
        case Regex(regex=expression) | re.Pattern(pattern=expression):
            return f"regex {expression!r}"


def _times(times: int) -> str:
    return "never" if times == 0 else "once" if times == 1 else f"{times} times"


def _likeness(pattern: str, text: str) -> float:
    return SequenceMatcher(None, pattern.casefold(), text.casefold()[:2000], autojunk=False).ratio()
