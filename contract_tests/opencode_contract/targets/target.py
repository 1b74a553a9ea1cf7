"""What every kind of target can do."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import ClassVar, Protocol

from opencode_contract.targets.levels import Level
from opencode_contract.targets.subject import Subject


class Target(Protocol):
    """A server that the contract can be run against."""

    default_level: ClassVar[Level]
    """How far a check goes unless told otherwise."""

    @property
    def text(self) -> str:
        """The target as it is written."""
        ...

    def open(self) -> AbstractAsyncContextManager[Subject]:
        """Does what blocks (fetches a server, asks for a password); what is entered then yields the server, ready."""
        ...
