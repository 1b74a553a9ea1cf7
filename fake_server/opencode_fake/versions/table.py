"""The table of differences: one row for each value that a behaviour took, with the version it came in.

A version is the first *tried* one that shows the value (tried here: 1.1.34, 1.1.53, 1.1.56, 1.1.58, 1.1.65). Rows are
measured on real servers; adding a version is adding rows.
"""

from __future__ import annotations

from typing import NamedTuple

FIRST = "1.1.34"
"""The oldest version that the rows describe."""
LAST = "1.1.65"
"""The newest version that the rows describe."""


class Row(NamedTuple):
    """From version ``since`` on, ``behaviour`` has ``value``."""

    behaviour: str
    since: str
    value: bool | int


ROWS = (
    Row("preflight_needs_password", "1.1.34", True),
    Row("preflight_needs_password", "1.1.56", False),
    Row("idle_announced_with_error", "1.1.34", False),
    Row("idle_announced_with_error", "1.1.53", True),
    Row("idle_announced_when_not_running", "1.1.34", False),
    Row("idle_announced_when_not_running", "1.1.53", True),
    Row("diff_has_status", "1.1.34", False),
    Row("diff_has_status", "1.1.53", True),
    Row("unknown_model_is_an_event", "1.1.34", False),
    Row("unknown_model_is_an_event", "1.1.56", True),
    Row("assistant_variant", "1.1.34", False),
    Row("assistant_variant", "1.1.56", True),
    Row("tokens_have_total", "1.1.34", False),
    Row("tokens_have_total", "1.1.58", True),
    Row("user_message_title", "1.1.34", True),
    Row("heartbeat_seconds", "1.1.34", 30),
)
