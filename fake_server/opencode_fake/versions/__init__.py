"""Versions are data: every difference between versions is one row of one table."""

from opencode_fake.versions.behaviours import Behaviours
from opencode_fake.versions.lookup import DEFAULT_VERSION, UnknownVersion, UnprovenVersion, Version, behaviours

__all__ = ["DEFAULT_VERSION", "Behaviours", "UnknownVersion", "UnprovenVersion", "Version", "behaviours"]
