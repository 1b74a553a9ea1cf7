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
    late: bool = False
    """Whether something was waited for in vain, see ``Scene.late``."""
    normal: list[Seen] = field(init=False)
    log: background.Log | None = None

    def __post_init__(self) -> None:
        self.normal = list(self._normalised())

    def _normalised(self) -> Iterator[Seen]:
        for each in self.seen:
            if not each.what.startswith(EVENTS):
                yield Seen(each.what, self.normaliser.answer(each.value))
                continue
            # What may come earlier or later must not number the ids of what may not.
            self.normaliser.sight(list[Json](background.take_apart(each.value).foreground))
            log = background.take_apart(self.normaliser.value(each.value))
            yield Seen(each.what, list[Json](log.foreground))
            yield Seen(f"{each.what} in the background", log.histories)
            self.log = log if each.what == EVENTS else self.log
        yield _order_of_ids(self.normaliser)


class Unfolding:
    """Compares two stages while a case goes on: what was answered since the last look, not times and events."""

    def __init__(self, real: Normaliser, fake: Normaliser) -> None:
        self._normalisers = (real, fake)
        self._number = 0

    def differences(self, real: Sequence[Seen], fake: Sequence[Seen]) -> tuple[Difference, ...]:
        """The differences in what was seen since the last call."""
        return tuple(self._news(real, fake))

    def _news(self, real: Sequence[Seen], fake: Sequence[Seen]) -> Iterator[Difference]:
        while self._number < min(len(real), len(fake)):
            pair = real[self._number], fake[self._number]
            self._number += 1
            if pair[0].what.startswith(EVENTS):
                continue
            left, right = (each.answer(seen.value) for each, seen in zip(self._normalisers, pair, strict=True))
            yield from _between(f"{self._number}. {pair[0].what}", left, right)
        if len(real) != len(fake):
            yield _of_another_number(real, fake)
        one, other = map(_order_of_ids, self._normalisers)
        yield from _between(one.what, one.value, other.value)


def compare(real: Performance, fake: Performance) -> tuple[Difference, ...]:
    """The differences, in the order in which they were seen; those of times only where everything else is the same."""
    return tuple(_differences(real, fake)) or tuple(time_differences(real.normaliser, fake.normaliser))


def seen_differences(real: Sequence[Seen], fake: Sequence[Seen]) -> Iterator[Difference]:
    """The differences of what was seen, both normalised."""
    for number, (one, other) in enumerate(zip(real, fake, strict=False), 1):
        yield from _between(f"{number}. {one.what}", one.value, other.value)
    if len(real) != len(fake):
        yield _of_another_number(real, fake)


def _differences(real: Performance, fake: Performance) -> Iterator[Difference]:
    yield from seen_differences(real.normal, fake.normal)
    if real.log is not None and fake.log is not None:
        yield from _between("progress", real.log.progress_beside(fake.log), fake.log.progress_beside(real.log))


def _order_of_ids(normaliser: Normaliser) -> Seen:
    return Seen("order of ids", {kind: list[Json](ids) for kind, ids in normaliser.order.items()})


def _of_another_number(real: Sequence[Seen], fake: Sequence[Seen]) -> Difference:
    return Difference("what was seen", [each.what for each in real], [each.what for each in fake])


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
