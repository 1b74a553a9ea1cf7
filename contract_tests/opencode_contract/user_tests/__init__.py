"""Real servers in the place of the fake, for the tests of an integration: ``--opencode-target local:1.18.34``."""

from __future__ import annotations

from opencode_contract.user_tests.choosing import server_for

__all__ = ["server_for"]
