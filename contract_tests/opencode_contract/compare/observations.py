"""Differences between what two servers were seen to answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from opencode_contract.capture.model import Answer, Capture, Observation
from opencode_contract.capture.shape import Member, Shape, merged, shape_of
from opencode_contract.compare.difference import Difference, Place
from opencode_contract.compare.model import Evidence, Exchange
from opencode_contract.compare.shapes import Comparer
from opencode_contract.compare.values import Values

HTML = "text/html"
CATALOGUES = frozenset({"GET /provider", "GET /config/providers"})
"""Routes that answer with the models of the day: which fields a model has says nothing of the server."""
LONGEST_LIST = 10
LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Pair:
    """The same exchange on both sides."""

    before: Observation
    after: Observation

    @property
    def evidence(self) -> Evidence:
        """Both exchanges."""
        return Evidence(
            source="observation",
            place=f"{self.before.route} ({self.before.probe})",
            before=_exchange(self.before),
            after=_exchange(self.after),
        )

    def difference(self, rule: str, place: Place, before: str, after: str) -> Difference:
        """A difference that this pair shows."""
        return Difference(rule, place, before, after, self.before.route, self.evidence)


@dataclass(slots=True)
class Observed:
    """Compares all that was observed on both sides."""

    before: Capture
    after: Capture
    comparer: Comparer = field(default_factory=lambda: Comparer("answer", observed=True))
    """Knows what was seen on both sides and is the same."""
    answered: set[str] = field(default_factory=set)
    """Routes whose good requests are answered on both sides."""

    @property
    def controlled(self) -> bool:
        """Whether all that was answered is the kit's own on both sides, so that values and presence say something."""
        return self.before.contents == self.after.contents == "own"

    @property
    def undescribed(self) -> set[str]:
        """Routes that are still answered, though the description no longer names them."""
        return self.answered & self.before.document.routes.keys() - self.after.document.routes.keys()

    def pairs(self) -> list[Pair]:
        """The exchanges that both sides have."""
        known = {each.key: each for each in self.after.observations}
        return [Pair(each, known[each.key]) for each in self.before.observations if each.key in known]

    def differences(self) -> Iterator[Difference]:
        """All differences."""
        pairs = self.pairs()
        for pair in pairs:
            yield from _statuses(pair)
            yield from _headers(pair)
        good = [pair for pair in pairs if _both_answer_json(pair)]
        self.answered |= {pair.before.route for pair in good if not pair.before.odd}
        yield from self._shapes(good)
        if self.controlled:
            values = Values(self.before.version, self.after.version)
            for pair in (each for each in good if each.before.route not in CATALOGUES):
                body, place = pair.before.answer.body, Place(pair.before.route)
                for each in values.differences(body, pair.after.answer.body, place):
                    yield replace(each, shown=pair.before.route, evidence=pair.evidence)

    def _shapes(self, pairs: list[Pair]) -> Iterator[Difference]:
        by_route: defaultdict[str, list[Pair]] = defaultdict(list)
        for pair in pairs:
            by_route[pair.before.route].append(pair)
        for route, some in by_route.items():
            sides = [(shape_of(pair.before.answer.body), shape_of(pair.after.answer.body)) for pair in some]
            here, there = (merged(side) for side in zip(*sides, strict=True))
            found = list(self.comparer.differences(here, there, Place(route)))
            telling = _telling(some, sides, Place(route)) if found else {}
            for each in found:
                controlled = self.controlled and route not in CATALOGUES
                if controlled or each.rule == "answer.field.type-changed":
                    pair = telling.get(each, some[0])
                    yield replace(each, shown=route, evidence=pair.evidence)


def _telling(pairs: list[Pair], sides: list[tuple[Shape, Shape]], place: Place) -> dict[Difference, Pair]:
    """For each difference the first pair that shows it by itself."""
    found: dict[Difference, Pair] = {}
    comparer = Comparer("answer", observed=True)
    for pair, (before, after) in zip(pairs, sides, strict=True):
        for each in comparer.differences(before, after, place):
            found.setdefault(each, pair)
    return found


def _both_answer_json(pair: Pair) -> bool:
    return all(each.answer.good and each.answer.content_type.endswith("json") for each in (pair.before, pair.after))


def _statuses(pair: Pair) -> Iterator[Difference]:
    one, other, odd = pair.before.answer, pair.after.answer, pair.before.odd
    said = (_status(one), _status(other))
    if one.good and other.good:
        if one.status != other.status:
            yield pair.difference("status.success.changed", Place(pair.before.route), *said)
        if one.content_type != other.content_type:
            yield from _content_types(pair)
    elif one.good:
        yield pair.difference("odd.refused" if odd else "request.refused", Place(pair.before.route), *said)
    elif other.good:
        yield pair.difference("odd.accepted" if odd else "request.accepted", Place(pair.before.route), *said)
    else:
        if one.status != other.status:
            yield pair.difference("status.changed", Place(pair.before.route), *said)
        forms = (_form(one), _form(other))
        if forms[0] != forms[1]:
            yield pair.difference("error.form.changed", Place(pair.before.route), *forms)
        elif one.status == other.status:
            for each in Values("", "").differences(one.body, other.body, Place("errors")):
                yield pair.difference("error.value.changed", each.place, each.before, each.after)


def _content_types(pair: Pair) -> Iterator[Difference]:
    one, other = pair.before.answer.content_type, pair.after.answer.content_type
    place = Place(pair.before.route)
    if HTML in (one, other) and not pair.before.odd:
        rule = "route.gone" if other == HTML else "route.added"
        yield pair.difference(rule, place, one or "no body", other or "no body")
    elif one and other:
        rule = "odd.content-type" if pair.before.odd else "answer.content-type"
        yield pair.difference(rule, place, one, other)


def _headers(pair: Pair) -> Iterator[Difference]:
    one, other = pair.before.answer, pair.after.answer
    if one.good != other.good:
        return
    kind = "answers" if one.good else "errors"
    for name in sorted(one.headers.keys() | other.headers.keys()):
        here, there = one.headers.get(name), other.headers.get(name)
        place = Place(f"header {name} of {kind}")
        if there is None and here is not None:
            yield pair.difference("header.gone", place, here, "absent")
        elif here is None and there is not None:
            yield pair.difference("header.added", place, "absent", there)
        elif here != there and name not in {"content-type", "link", "x-next-cursor"}:
            yield pair.difference("header.changed", place, str(here), str(there))


def _status(answer: Answer) -> str:
    return str(answer.status or "connection broken")


def _form(answer: Answer) -> str:
    """The form of an error's body, in a few words."""
    body = answer.body
    if not answer.content_type.endswith("json"):
        return f"{answer.content_type or 'no content type'}, {'no body' if body in ({'text': ''}, None) else 'a text'}"
    return _outline(shape_of(body))


def _outline(shape: Shape) -> str:
    for tag, members in shape.objects.items():
        fields = sorted(members.fields.items())
        if tag:
            return f"{tag} {{{', '.join(_field(name, member) for name, member in fields)}}}"
        return f"{{{', '.join(name for name, _ in fields)}}}"
    return shape.title


def _field(name: str, member: Member) -> str:
    return f"{name} {_outline(member.shape)}" if member.shape.objects else name


def _exchange(seen: Observation) -> Exchange:
    body = _excerpt(seen.answer.body)
    return Exchange(request=seen.request, answer=seen.answer.model_copy(update={"body": body}))


def _excerpt(body: JsonValue) -> JsonValue:
    """What a reader needs of a long answer: the beginnings of its lists and texts."""
    match body:
        case list():
            left = len(body) - LONGEST_LIST
            more: list[JsonValue] = [f"… and {left} more"] if left > 0 else []
            return [*map(_excerpt, body[:LONGEST_LIST]), *more]
        case dict():
            return {key: _excerpt(each) for key, each in body.items()}
        case str() if len(body) > LONGEST_TEXT:
            return f"{body[:LONGEST_TEXT]}…"
        case _:
            return body
