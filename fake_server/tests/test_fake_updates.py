"""When a session counts as updated."""

from __future__ import annotations

from itertools import count

import pytest

from opencode_fake.identifiers import Identifiers
from opencode_fake.run.summary import entitle
from opencode_fake.scripts.matching import Casting
from opencode_fake.scripts.model import Script
from opencode_fake.state.world import World
from opencode_fake.versions import behaviours


@pytest.mark.parametrize(
    ("version", "updated"), [("1.1.65", False), ("1.2.1", True), ("1.14.41", True), ("1.15.0", False)]
)
def test_a_title_of_the_model_is_an_update_from_1_2_1_to_1_14_41(version: str, updated: bool) -> None:
    """As any other change of a session is there."""
    moments = count(10**12).__next__
    world = World(version, behaviours(version), "/data/workspace", Casting(Script(replies=())), Identifiers(0), moments)
    session = world.create_session("/data/workspace")
    entitle(world, session, "Named")
    assert session.info["title"] == "Named"
    assert (session.info["time"]["updated"] > session.info["time"]["created"]) is updated
