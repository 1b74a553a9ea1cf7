"""All requirements, in the order in which they are checked."""

from __future__ import annotations

import difflib
from types import ModuleType

from opencode_contract.errors import TargetError
from opencode_contract.requirements import (
    actions,
    auth,
    browsers,
    changes,
    commands,
    costs,
    errors,
    events,
    everywhere,
    failures,
    history,
    listing,
    messages,
    permissions,
    prompts,
    questions,
    replies,
    runs,
    sessions,
    subagents,
    tools,
)
from opencode_contract.requirements.requirement import Requirement

_TOPICS: tuple[ModuleType, ...] = (
    *(
        auth,
        browsers,
        sessions,
        listing,
        prompts,
        messages,
        history,
        errors,
        tools,
        permissions,
        questions,
        subagents,
        commands,
    ),
    *(changes, costs, failures, runs, events, everywhere, replies, actions),
)


def _collect() -> tuple[Requirement, ...]:
    found = [value for topic in _TOPICS for value in vars(topic).values() if isinstance(value, Requirement)]
    return tuple(sorted(found, key=lambda requirement: requirement.level))


ALL: tuple[Requirement, ...] = _collect()


class UnknownRequirement(TargetError):
    """No requirement has this id."""


def by_id(ids: list[str]) -> tuple[Requirement, ...]:
    """The requirements with these ids, or all of a topic where an id is only a topic."""
    for wanted in ids:
        if not any(wanted in {requirement.id, requirement.topic} for requirement in ALL):
            raise UnknownRequirement(_advice(wanted))
    return tuple(requirement for requirement in ALL if requirement.id in ids or requirement.topic in ids)


def _advice(wanted: str) -> str:
    names = sorted({name for requirement in ALL for name in (requirement.id, requirement.topic)})
    near = difflib.get_close_matches(wanted, names, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "see 'opencode-contract requirements'"
    return f"there is no requirement {wanted!r}: {hint}"
