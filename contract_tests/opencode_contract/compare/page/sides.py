"""Two texts side by side: what is the same, what differs, and which of it a finding is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["same", "gone", "new", "changed", "skipped"]
Opcode: TypeAlias = tuple[str, int, int, int, int]
CONTEXT = 2
"""Lines around a difference."""
STRANGERS = 0.25
"""Texts that have a smaller part in common are shown as they are, one beside the other."""
MOST_HUNKS = 4
MOST_LINES = 24
"""Lines of one block that are shown."""
WIDEST = 240
"""Characters of a line that are shown."""
_LEAD = 60
"""Characters before a difference, where the whole line is too long."""
_KINDS: dict[str, Kind] = {"equal": "same", "delete": "gone", "insert": "new", "replace": "changed"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line, with what differs in it set apart."""

    start: str
    differing: str = ""
    end: str = ""
    named: bool = False
    """Whether it holds the field that the finding names."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that are all the same, or all differ."""

    kind: Kind
    before: tuple[Line, ...] = ()
    after: tuple[Line, ...] = ()
    skipped: int = 0
    """How many lines stand here that are the same on both sides, and not shown."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What is shown of two texts, and how many places that differ are not."""

    blocks: tuple[Block, ...]
    left_out: int = 0


def sides(before: list[str], after: list[str], name: str = "") -> Sides:
    """The places that differ; those with the field ``name`` only, if there are any."""
    hunks = _hunks(before, after)
    if not hunks:
        return Sides(tuple(_alike(before)))
    field = re.compile(rf'"?{re.escape(name)}"?:|^"?{re.escape(name)}"?$') if name else None
    telling = [hunk for hunk in hunks if field and _names(field, hunk, before, after)]
    shown = (telling or hunks)[:MOST_HUNKS]
    return Sides(tuple(_blocks(shown, before, after, field)), len(hunks) - len(shown))


def _hunks(before: list[str], after: list[str]) -> list[list[Opcode]]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < STRANGERS:
        # What they share are brackets: lines that are paired by these would only confuse.
        return [[("replace", 0, len(before), 0, len(after))]]
    return list(matcher.get_grouped_opcodes(CONTEXT))


def _alike(lines: list[str]) -> Iterator[Block]:
    """Both sides say the same: the head of it is enough."""
    yield _block("equal", lines[:MOST_LINES], lines[:MOST_LINES], None)
    if len(lines) > MOST_LINES:
        yield Block("skipped", skipped=len(lines) - MOST_LINES)


def _names(field: re.Pattern[str], hunk: list[Opcode], before: list[str], after: list[str]) -> bool:
    return any(
        field.search(line.strip())
        for tag, i1, i2, j1, j2 in hunk
        if tag != "equal"
        for line in (*before[i1:i2], *after[j1:j2])
    )


def _blocks(
    hunks: Iterable[list[Opcode]], before: list[str], after: list[str], field: re.Pattern[str] | None
) -> Iterator[Block]:
    reached = 0
    for hunk in hunks:
        if hunk[0][1] > reached:
            yield Block("skipped", skipped=hunk[0][1] - reached)
        for tag, i1, i2, j1, j2 in hunk:
            yield _block(tag, before[i1:i2], after[j1:j2], field)
        reached = hunk[-1][2]
    if reached < len(before):
        yield Block("skipped", skipped=len(before) - reached)


def _block(tag: str, before: list[str], after: list[str], field: re.Pattern[str] | None) -> Block:
    if tag == "replace" and len(before) == len(after):
        pairs = [_differing(one, other) for one, other in zip(before, after, strict=True)]
        left, right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    else:
        left, right = [Line(each) for each in before], [Line(each) for each in after]
    named = field if tag != "equal" else None
    return Block(_KINDS[tag], _shown(left, named), _shown(right, named))


def _differing(one: str, other: str) -> tuple[Line, Line]:
    """Two lines, with what they do not have in common at both ends set apart."""
    least = min(len(one), len(other))
    start = next((at for at in range(least) if one[at] != other[at]), least)
    end = next((at for at in range(least - start) if one[-1 - at] != other[-1 - at]), least - start)
    return tuple(Line(each[:start], each[start : len(each) - end], each[len(each) - end :]) for each in (one, other))  # type: ignore[return-value]  # two in, two out


def _shown(lines: list[Line], field: re.Pattern[str] | None) -> tuple[Line, ...]:
    shown = [_cut(each, named=bool(field and field.search((each.start + each.differing).strip()))) for each in lines]
    if len(shown) > MOST_LINES:
        shown[MOST_LINES:] = [Line(f"… {len(lines) - MOST_LINES} more lines")]
    return tuple(shown)


def _cut(line: Line, *, named: bool) -> Line:
    start = line.start
    if len(start) > WIDEST // 2 and line.differing:
        start = f"{start[: _LEAD // 2]}…{start[-_LEAD:]}"
    room = max(WIDEST - len(start), 0)
    return Line(_clipped(start, WIDEST), _clipped(line.differing, room), _clipped(line.end, room // 2), named)


def _clipped(text: str, room: int) -> str:
    return text if len(text) <= room + 1 else f"{text[:room]}…"
