"""A server's process as its owner sees it: what it prints, whether it lives, and its end."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

TAIL_LINES = 40
TAIL_BYTES = 65536
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02

_KEEPER = Path(__file__).with_name("keeper.py")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LISTENING = re.compile(r"listening on (https?://\S+)")


class ServerProcess:
    """A server under a keeper, which ends it when this program ends, however that happens."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @classmethod
    async def start(
        cls, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], folder: Path
    ) -> ServerProcess:
        """Starts ``command``, what it prints goes to a file in ``folder``; the folder goes when the server is ended."""
        log = folder / "server.log"
        # A file, not a pipe: whatever the server leaves behind could hold a pipe open for ever.
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                # Isolated and without site-packages: quick, and no variable of the server's can change it.
                *(sys.executable, "-I", "-S", str(_KEEPER), str(folder), *command),
                stdin=asyncio.subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=cwd,
                env=dict(environment),
                # Ctrl-C on the terminal reaches us, and only through us the server.
                start_new_session=True,
            )
        return cls(process, log)

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.returncode

    @property
    def tail(self) -> str:
        """The last lines that it printed, colours left out; nothing when it was ended."""
        try:
            with self._log.open("rb") as printed:
                printed.seek(0, os.SEEK_END)
                printed.seek(max(0, printed.tell() - TAIL_BYTES))
                text = printed.read().decode("utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(_COLOUR.sub("", text).splitlines()[-TAIL_LINES:])

    async def listening(self) -> str | None:
        """The URL that it says it listens on, or None when it ends before it says so."""
        while True:
            ended = self.exit_code is not None
            found = _LISTENING.search(self.tail)
            if found or ended:
                return found[1] if found else None
            await asyncio.sleep(POLL_SECONDS)

    async def ended(self) -> int:
        """The exit code, once it has ended by itself."""
        return await self._process.wait()

    async def stop(self) -> None:
        """Ends it, with all that it started."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
