"""The page of what changed when is the table's."""

from __future__ import annotations

from pathlib import Path

from opencode_fake.versions.page import meanings, page
from opencode_fake.versions.table import HISTORIES

PAGE = Path(__file__).resolve().parents[1] / "versions.md"


def test_the_page_of_versions_is_the_table() -> None:
    """A row that is changed is changed there too."""
    assert PAGE.read_text(encoding="utf-8") == page(), "docs/versions.md is behind the table: make versions"


def test_every_behaviour_is_explained() -> None:
    """In a sentence of its own, which the page shows."""
    said = meanings()
    assert set(said) == set(HISTORIES)
    assert all(meaning and "|" not in meaning and meaning.endswith(".") for meaning in said.values())
