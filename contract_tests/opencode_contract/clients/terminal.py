"""A terminal of tmux, with a program in it: type into it, read its screen."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from opencode_contract.errors import ClientFailed

COLUMNS, LINES = 120, 40
SECONDS = 60.0
POLL_SECONDS = 0.1


class Terminal:
    """A terminal; ``async with`` opens it and ends what runs in it."""

    def __init__(self, *command: str, environment: Mapping[str, str], folder: Path) -> None:
        tmux = shutil.which("tmux")
        if tmux is None:
            raise ClientFailed("a terminal interface is driven with tmux, and tmux is not installed: install tmux")
        self._command = command
        self._environment = {**environment, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        self._folder = folder
        self._program = 0
        # A server of its own: nothing of the user's sessions is seen or touched.
        self._tmux = [tmux, "-u", "-f", "/dev/null", "-L", f"opencode-{secrets.token_hex(4)}"]

    async def __aenter__(self) -> Self:
        """Opens the terminal and starts the program."""
        size = ["-x", str(COLUMNS), "-y", str(LINES)]
        told = await self._ask("new-session", "-d", "-P", "-F", "#{pane_pid}", *size, "--", *self._command)
        self._program = int(told)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the program and the terminal; a program that has ended by itself has taken it along."""
        # The terminal interface of 1.1.53 outlives its terminal. It leads a group of its own, as all programs of tmux.
        code, _ = await self._run("has-session")
        if code == 0:
            with suppress(ProcessLookupError):
                os.killpg(self._program, signal.SIGKILL)
        await self._run("kill-server")

    async def type(self, text: str) -> None:
        """Types a text, without Enter."""
        await self._ask("send-keys", "-l", text)

    async def press(self, *keys: str) -> None:
        """Presses keys by their names, such as ``Enter`` or ``C-c``."""
        await self._ask("send-keys", *keys)

    async def screen(self) -> str:
        """What stands on the screen."""
        return await self._ask("capture-pane", "-p")

    async def shows(self, *texts: str, seconds: float = SECONDS) -> str:
        """The screen, as soon as all of these texts stand on it. Raises ClientFailed where they do not come."""
        screen = ""
        try:
            async with asyncio.timeout(seconds):
                while not all(text in screen for text in texts):
                    await asyncio.sleep(POLL_SECONDS)
                    screen = await self.screen()
        except TimeoutError:
            missing = [text for text in texts if text not in screen]
            raise ClientFailed(f"{missing} did not come within {seconds:g} s; the screen shows:\n{screen}") from None
        return screen

    async def _ask(self, *arguments: str) -> str:
        code, said = await self._run(*arguments)
        if code != 0:
            raise ClientFailed(f"tmux {arguments[0]} failed, the program may have ended: {said.strip()}")
        return said

    async def _run(self, *arguments: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *self._tmux,
            *arguments,
            cwd=self._folder,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode, said.decode("utf-8", "replace")
