"""Ids and slugs."""

from __future__ import annotations

import re

from opencode_fake.identifiers import Identifiers

MOMENT = 1_795_328_548_124
"""A time that was seen with the session id ses_dfe1462e3ffe... on 1.1.53."""


def test_ids_hold_the_time_as_the_real_ones_do() -> None:
    """The digits of a session id made at that millisecond on 1.1.53."""
    assert Identifiers(0).session(MOMENT).startswith("ses_dfe1462e3ffe")
    assert Identifiers(0).ascending("msg", 1_795_328_549_247).startswith("msg_201eba17f001")


def test_an_id_has_thirty_characters() -> None:
    """Prefix, twelve hexadecimal digits, fourteen random ones."""
    assert re.fullmatch(r"prt_[0-9a-f]{12}[0-9A-Za-z]{14}", Identifiers(0).ascending("prt", MOMENT))


def test_message_ids_rise_and_session_ids_fall() -> None:
    """Also within one millisecond."""
    identifiers = Identifiers(0)
    messages = [identifiers.ascending("msg", MOMENT + number // 3) for number in range(9)]
    sessions = [identifiers.session(MOMENT + number // 3) for number in range(9)]
    assert messages == sorted(messages)
    assert sessions == sorted(sessions, reverse=True)


def test_the_same_seed_gives_the_same_ids() -> None:
    """And another seed gives others."""

    def made(seed: int) -> list[str]:
        identifiers = Identifiers(seed)
        return [identifiers.session(MOMENT), identifiers.slug(), identifiers.call_id()]

    assert made(1) == made(1)
    assert made(1) != made(2)


def test_a_slug_is_an_adjective_and_a_noun() -> None:
    """As in the document's eager-harbor."""
    identifiers = Identifiers(0)
    slugs = {identifiers.slug() for _ in range(20_000)}
    assert "eager-harbor" in slugs
    assert len(slugs) == 29 * 31
