"""All cases, and choosing some of them."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase

from opencode_contract.errors import TargetError
from opencode_contract.fidelity.cases import asks, bad_bodies, bad_ids, history, runs, sessions, wire
from opencode_contract.fidelity.cases.model import Case

_TOPICS = (wire, sessions, bad_ids, bad_bodies, runs, asks, history)


def catalogue() -> tuple[Case, ...]:
    """Every case, those that are alone last."""
    found = [case for topic in _TOPICS for case in topic.cases()]
    twice = [name for name, count in Counter(case.name for case in found).items() if count > 1]
    if twice:
        raise ValueError(f"these names stand for more than one case: {', '.join(twice)}")
    return tuple(sorted(found, key=lambda case: case.alone))


def chosen(pattern: str) -> tuple[Case, ...]:
    """The cases whose name or route a shell pattern fits; patterns are joined by commas, and none fits all."""
    patterns = [each.strip() for each in pattern.split(",") if each.strip()] or ["*"]
    found = tuple(case for case in catalogue() if any(_fits(case, each) for each in patterns))
    if not found:
        raise TargetError(f"no case fits {pattern!r}: see 'opencode-contract fidelity --list'")
    return found


def _fits(case: Case, pattern: str) -> bool:
    return fnmatchcase(case.name, pattern) or fnmatchcase(case.route, pattern)
