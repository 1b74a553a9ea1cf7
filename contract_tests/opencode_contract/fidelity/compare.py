"""Compares what two stages showed in one case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from opencode_contract.evidence import Json
from opencode_contract.fidelity import background
from opencode_contract.fidelity.normalise import Normaliser
from opencode_contract.fidelity.scene import EVENTS, Seen
from opencode_contract.fidelity.times import order_differences

MISSING = "(absent)"


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where two stages differ, and what each of them has there."""

    place: str
    real: Json
    fake: Json

    def __str__(self) -> str:
        return f"{self.place}: {_short(self.real)} is {_short(self.fake)} on the fake"


@dataclass(slots=True)
class Performance:
    """What one stage showed in one case, and what it takes to compare it."""

    seen: Sequence[Seen]
    normaliser: Normaliser
    normal: list[Seen] = field(init=False)
    log: background.Log | None = None

    def __post_init__(self) -> None:
        self.normal = list(self._normalised())

    def _normalised(self) -> Iterator[Seen]:
        for each in self.seen:
            if each.what != EVENTS:
                yield Seen(each.what, self.normaliser.answer(each.value))
                continue
            self.log = background.take_apart(self.normaliser.value(each.value))
            yield Seen(EVENTS, list[Json](self.log.foreground))
            yield Seen("events in the background", self.log.histories)
        yield Seen("order of ids", {kind: list[Json](ids) for kind, ids in self.normaliser.order.items()})


def compare(real: Performance, fake: Performance) -> tuple[Difference, ...]:
    """The differences, in the order in which they were seen; those of times only where everything else is the same."""
    return tuple(_differences(real, fake)) or tuple(time_differences(real.normaliser, fake.normaliser))


def _differences(real: Performance, fake: Performance) -> Iterator[Difference]:
    for number, (one, other) in enumerate(zip(real.normal, fake.normal, strict=False), 1):
        yield from _between(f"{number}. {one.what}", one.value, other.value)
    if len(real.normal) != len(fake.normal):
        yield Difference("what was seen", [each.what for each in real.normal], [each.what for each in fake.normal])
    if real.log is not None and fake.log is not None:
        yield from _between("progress", real.log.progress_beside(fake.log), fake.log.progress_beside(real.log))


def time_differences(real: Normaliser, fake: Normaliser) -> Iterator[Difference]:
    """Where times come in another order."""
    if sorted(moment.field for moment in real.moments) != sorted(moment.field for moment in fake.moments):
        # Events from the background may come at other places, and their number may differ.
        return
    if [moment.field for moment in real.moments] != [moment.field for moment in fake.moments]:
        return
    for place, left, right in order_differences(real.moments, fake.moments):
        yield Difference(f"times: {place}", left, right)


def _between(place: str, left: Json, right: Json) -> Iterator[Difference]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in [*left, *(key for key in right if key not in left)]:
            yield from _between(f"{place} · {key}", left.get(key, MISSING), right.get(key, MISSING))
    elif isinstance(left, list) and isinstance(right, list):
        yield from _between_lists(place, left, right)
    elif type(left) is not type(right) or left != right:
        yield Difference(place, left, right)


def _between_lists(place: str, left: list[Json], right: list[Json]) -> Iterator[Difference]:
    for number, (one, other) in enumerate(zip(left, right, strict=False)):
        yield from _between(f"{place}[{number}]", one, other)
    for number in range(min(len(left), len(right)), max(len(left), len(right))):
        yield Difference(
            f"{place}[{number}]",
            left[number] if number < len(left) else MISSING,
            right[number] if number < len(right) else MISSING,
        )


def _short(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
