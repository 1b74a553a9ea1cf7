"""A server's process as its owner sees it: what it prints, whether it lives, and its end."""

from __future__ import annotations

import asyncio
import re
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

TAIL_LINES = 40
STOP_SECONDS = 10.0

_KEEPER = Path(__file__).with_name("keeper.py")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LISTENING = re.compile(r"listening on (https?://\S+)")


class ServerProcess:
    """A server under a keeper, which ends it when this program ends, however that happens."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._listening: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._readers = [
            asyncio.create_task(self._read(stream)) for stream in (process.stdout, process.stderr) if stream is not None
        ]
        self._end = asyncio.create_task(self._await_end())

    @classmethod
    async def start(
        cls, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], remove: Path
    ) -> ServerProcess:
        """Starts ``command``; the folder ``remove`` goes when it is ended."""
        return cls(
            await asyncio.create_subprocess_exec(
                # Isolated and without site-packages: quick, and no variable of the server's can change it.
                *(sys.executable, "-I", "-S", str(_KEEPER), str(remove), *command),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=cwd,
                env=dict(environment),
                # Ctrl-C on the terminal reaches us, and only through us the server.
                start_new_session=True,
            )
        )

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.returncode

    @property
    def tail(self) -> str:
        """The last lines that it printed."""
        return "\n".join(self._tail)

    async def listening(self) -> str | None:
        """The URL that it says it listens on, or None when it ends before it says so."""
        return await asyncio.shield(self._listening)

    async def stop(self) -> None:
        """Ends it, with all that it started."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        finally:
            for task in (self._end, *self._readers):
                task.cancel()

    async def _await_end(self) -> None:
        await self._process.wait()
        # What it printed last may still be on its way; an orphan of its may hold the pipe open.
        await asyncio.wait(self._readers, timeout=1)
        if not self._listening.done():
            self._listening.set_result(None)

    async def _read(self, stream: asyncio.StreamReader) -> None:
        partial = b""
        # Not line by line: a line longer than the reader's buffer would be an error.
        while chunk := await stream.read(65536):
            *lines, partial = (partial + chunk).split(b"\n")
            partial = partial[-65536:]
            for line in lines:
                self._keep(line.decode("utf-8", errors="replace"))
        if partial:
            self._keep(partial.decode("utf-8", errors="replace"))

    def _keep(self, line: str) -> None:
        self._tail.append(_COLOUR.sub("", line)[:2000])
        found = _LISTENING.search(line)
        if found and not self._listening.done():
            self._listening.set_result(found[1])
