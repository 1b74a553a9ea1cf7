"""A server that somebody runs elsewhere."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from opencode_contract.errors import PasswordMissing
from opencode_contract.targets.connecting import connected
from opencode_contract.targets.levels import Level
from opencode_contract.targets.subject import Access, Subject

PASSWORD_VARIABLE = "OPENCODE_SERVER_PASSWORD"  # noqa: S105 - the name of a variable, not a password


@dataclass(frozen=True, slots=True)
class Deployment:
    """A server at a URL. Prompts cost money there, so they have to be asked for."""

    url: str

    @property
    def text(self) -> str:
        """The target as it is written."""
        return self.url

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Subject]:
        """Finds the server."""
        access = Access(
            kind="deployment",
            url=self.url,
            password=await asyncio.to_thread(_password, self.url),
            default_level=Level.WRITE,
            poll_seconds=0.5,
        )
        async with connected(access) as subject:
            yield subject


def _password(url: str) -> SecretStr:
    password = os.environ.get(PASSWORD_VARIABLE, "")
    if not password and sys.stdin.isatty() and sys.stderr.isatty():
        password = getpass.getpass(f"Password of {url}: ", stream=sys.stderr)
    if not password:
        raise PasswordMissing(
            f"the server's password is not known: put it into the environment variable {PASSWORD_VARIABLE} "
            "(it is never an argument: those can be seen by everyone on this machine)"
        )
    return SecretStr(password)
