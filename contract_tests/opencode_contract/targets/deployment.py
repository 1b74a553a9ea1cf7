"""A server that somebody runs elsewhere."""

from __future__ import annotations

import getpass
import os
import sys
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import ClassVar

from pydantic import SecretStr

from opencode_contract.errors import BadTarget, PasswordMissing
from opencode_contract.network import Patience
from opencode_contract.safety.budget import Limits
from opencode_contract.targets.connecting import connected
from opencode_contract.targets.levels import Level
from opencode_contract.targets.subject import DEFAULT_USERNAME, Access, Subject

USERNAME_VARIABLE = "OPENCODE_SERVER_USERNAME"
PASSWORD_VARIABLE = "OPENCODE_SERVER_PASSWORD"  # noqa: S105 - the name of a variable, not a password

DEFAULT_LIMITS = Limits(max_cost=1.0)
DEFAULT_PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Deployment:
    """A server at a URL. Prompts cost money there, so they have to be asked for."""

    url: str
    limits: Limits = DEFAULT_LIMITS
    patience: Patience = DEFAULT_PATIENCE

    default_level: ClassVar[Level] = Level.WRITE

    @property
    def text(self) -> str:
        """The target as it is written."""
        return self.url

    def open(self) -> AbstractAsyncContextManager[Subject]:
        """Asks for the password, if it has to; then finds the server."""
        return connected(self.access())

    def access(self) -> Access:
        """Where it is and how to get in. Asks for the password, if it has to."""
        return Access(
            kind="deployment",
            url=self.url,
            password=_password(self.url),
            username=_utf_8(USERNAME_VARIABLE) or DEFAULT_USERNAME,
            default_level=self.default_level,
            poll_seconds=0.5,
            limits=self.limits,
            patience=self.patience,
        )


def _password(url: str) -> SecretStr:
    password = _utf_8(PASSWORD_VARIABLE)
    if not password and sys.stdin.isatty() and sys.stderr.isatty():
        password = getpass.getpass(f"Password of {url}: ", stream=sys.stderr)
    if not password:
        raise PasswordMissing(
            f"the server's password is not known: put it into the environment variable {PASSWORD_VARIABLE} "
            "(it is never an argument: those can be seen by everyone on this machine)"
        )
    return SecretStr(password)


def _utf_8(variable: str) -> str:
    value = os.environ.get(variable, "")
    # What is not UTF-8 stands in the environment as characters that cannot be sent.
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise BadTarget(f"{variable} is not UTF-8: servers take names and passwords in that only")
    return value
