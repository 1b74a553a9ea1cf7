"""Every kind of difference there is, with what it means for a client. The direction is always from A to B."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from opencode_contract.compare.severity import Severity

_BREAKING, _RISKY, _ADDITIVE, _COSMETIC = Severity.BREAKING, Severity.RISKY, Severity.ADDITIVE, Severity.COSMETIC


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of difference."""

    id: str
    severity: Severity
    sentence: str
    """What B does otherwise."""
    reverse: str
    """The rule that finds the same from B to A."""


def _pair(one: tuple[str, Severity, str], other: tuple[str, Severity, str]) -> tuple[Rule, Rule]:
    return Rule(*one, reverse=other[0]), Rule(*other, reverse=one[0])


def _alike(id: str, severity: Severity, sentence: str) -> tuple[Rule]:  # noqa: A002 - it is the rule's id
    """A kind of difference that is the same in either direction."""
    return (Rule(id, severity, sentence, reverse=id),)


_ALL = (
    *_pair(
        ("route.gone", _BREAKING, "A route is no longer there."),
        ("route.added", _ADDITIVE, "There is a new route."),
    ),
    *_pair(
        ("request.field.gone", _RISKY, "A field or parameter is no longer taken: it may be ignored, or refused."),
        ("request.field.added", _ADDITIVE, "A request may carry a new field or parameter."),
    ),
    *_pair(
        ("request.field.required", _BREAKING, "A request must carry a field or parameter that could be left out."),
        ("request.field.optional", _ADDITIVE, "A request may leave out what it had to carry."),
    ),
    *_pair(
        ("request.narrowed", _BREAKING, "A field of a request takes fewer kinds of values."),
        ("request.widened", _ADDITIVE, "A field of a request takes more kinds of values."),
    ),
    *_pair(
        ("request.enum.narrowed", _BREAKING, "A word is no longer taken."),
        ("request.enum.widened", _ADDITIVE, "A new word is taken."),
    ),
    *_pair(
        ("request.restricted", _RISKY, "A value has to have a form or to keep a bound that it had not."),
        ("request.relaxed", _ADDITIVE, "A value need no longer have a form or keep a bound."),
    ),
    *_pair(
        ("request.closed", _COSMETIC, "Further fields are declared forbidden."),
        ("request.opened", _COSMETIC, "Further fields are no longer declared forbidden."),
    ),
    *_pair(
        ("request.refused", _BREAKING, "A good request that was answered is refused."),
        ("request.accepted", _ADDITIVE, "A good request that was refused is answered."),
    ),
    *_pair(
        ("odd.refused", _RISKY, "A request that no client should send was answered, and is refused."),
        ("odd.accepted", _RISKY, "A request that no client should send was refused, and is answered."),
    ),
    *_alike("odd.content-type", _RISKY, "A request that no client should send is answered with another content type."),
    *_alike("status.changed", _RISKY, "An error comes with another status."),
    *_alike("status.success.changed", _RISKY, "A success comes with another status."),
    *_alike("error.form.changed", _RISKY, "An error's body has another form."),
    *_alike("error.value.changed", _COSMETIC, "An error says it in other words."),
    *_alike("answer.content-type", _BREAKING, "An answer is of another content type."),
    *_pair(
        ("answer.field.removed", _BREAKING, "An answer no longer holds a field."),
        ("answer.field.added", _ADDITIVE, "An answer holds a new field."),
    ),
    *_pair(
        ("answer.field.optional.removed", _RISKY, "A description no longer names a field that could be absent."),
        ("answer.field.optional.added", _ADDITIVE, "A description names a new field that may be absent."),
    ),
    *_pair(
        ("answer.field.optional", _BREAKING, "A field that was always there may be absent."),
        ("answer.field.always", _ADDITIVE, "A field that could be absent is always there."),
    ),
    *_alike("answer.field.type-changed", _BREAKING, "A field of an answer holds another kind of value."),
    *_pair(
        ("answer.widened", _RISKY, "A field of an answer may hold one more kind of value."),
        ("answer.narrowed", _COSMETIC, "A field of an answer holds fewer kinds of values."),
    ),
    *_pair(
        ("enum.answer.widened", _RISKY, "A field of an answer may hold a new word."),
        ("enum.answer.narrowed", _COSMETIC, "A field of an answer no longer holds a word."),
    ),
    *_pair(
        ("answer.variant.gone", _RISKY, "One of several kinds of object no longer comes."),
        ("answer.variant.added", _RISKY, "One more kind of object may come."),
    ),
    *_alike("answer.word.changed", _RISKY, "The same request is answered with another word."),
    *_alike("answer.value.changed", _RISKY, "The same request is answered with another value."),
    *_alike("answer.text.changed", _COSMETIC, "The same request is answered with another text."),
    *_pair(
        ("answer.fewer", _RISKY, "The same request is answered with fewer items."),
        ("answer.more", _RISKY, "The same request is answered with more items."),
    ),
    *_alike("answer.order", _RISKY, "The same request is answered with the same items in another order."),
    *_pair(
        ("header.gone", _RISKY, "A header is no longer sent."),
        ("header.added", _ADDITIVE, "A new header is sent."),
    ),
    *_alike("header.changed", _COSMETIC, "A header says something else."),
    *_pair(
        ("event.gone", _BREAKING, "An event no longer comes at all."),
        ("event.added", _ADDITIVE, "There is a new event."),
    ),
    *_pair(
        ("event.scenario.gone", _RISKY, "An event no longer comes in a situation where it did."),
        ("event.scenario.added", _ADDITIVE, "An event comes in a situation where it did not."),
    ),
    *_pair(
        ("event.state.gone", _RISKY, "An event still comes, but not of this kind."),
        ("event.state.added", _ADDITIVE, "An event comes of one more kind."),
    ),
    *_alike("event.order", _RISKY, "Events come in another order."),
    *_pair(
        ("contract.broken", _BREAKING, "A requirement of the contract that held no longer holds."),
        ("contract.mended", _ADDITIVE, "A requirement of the contract that did not hold does."),
    ),
)
RULES = MappingProxyType({rule.id: rule for rule in _ALL})
