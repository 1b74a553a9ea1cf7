from __future__ import annotations

import re

import pytest

from opencode_contract.requirements import ALL, by_id
from opencode_contract.requirements.registry import UnknownRequirement
from opencode_contract.requirements.requirement import Requirement, requirement
from opencode_contract.targets import Level
from opencode_contract.targets.contract_script import contract_script


def test_every_id_is_there_once() -> None:
    """Ids are unique, and made of a topic and a name."""
    ids = [each.id for each in ALL]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z]+\.[a-z-]+", each) for each in ids)


def test_there_are_enough_requirements_of_every_level() -> None:
    """The contract is more than a smoke test, on a deployment too."""
    assert len(ALL) >= 200
    assert {each.level for each in ALL} == set(Level)
    assert len([each for each in ALL if not each.scripted]) >= 60


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.id)
def test_every_requirement_is_one_sentence_with_a_source(each: Requirement) -> None:
    """The sentence ends with a full stop; the source is a place in the document or a measurement."""
    assert re.fullmatch(r".+\.", each.sentence)
    assert re.match(r"document: |measured: \d", each.source)


def test_every_action_of_the_document_is_a_source() -> None:
    """Each of the five actions, and each practice that a server can keep, stands behind a requirement."""
    sources = " ".join(each.source for each in ALL)
    for word in (
        *("opencodeCreateSession", "opencodeSendPrompt", "opencodeGetMessages", "opencodeGetSession"),
        *("opencodeListSessions", "Required Credentials", "Response Handling", "Cost Awareness"),
    ):
        assert f"document: {word}" in sources or f"; document: {word}" in sources


def test_levels_come_in_order() -> None:
    """What creates nothing is checked first, what costs money last."""
    assert [each.level for each in ALL] == sorted(each.level for each in ALL)


def test_only_scripted_requirements_read_what_the_script_says() -> None:
    """What a real model cannot know is scripted, so that a deployment is not asked for it."""
    for topic in ("tools", "changes", "failures"):
        assert all(each.scripted for each in by_id([topic]))


def test_requirements_are_chosen_by_id_and_by_topic() -> None:
    """An id chooses one, a topic all of its requirements."""
    assert [each.id for each in by_id(["health.version"])] == ["health.version"]
    assert {each.topic for each in by_id(["health", "costs.price"])} == {"health", "costs"}


def test_an_unknown_id_names_the_nearest() -> None:
    """A misspelt id is told with what it may have been meant to be."""
    with pytest.raises(UnknownRequirement, match=r"health\.version"):
        by_id(["health.verson"])


def test_a_requirement_needs_its_sentence() -> None:
    """A check without docstring is no requirement."""

    async def silent(_: object) -> None:
        return

    with pytest.raises(ValueError, match="docstring"):
        requirement("x.y", Level.READ, "document: x")(silent)


def test_the_script_is_valid() -> None:
    """The script that both stages perform loads, and no reply hides another."""
    assert len(contract_script().replies) > 10
