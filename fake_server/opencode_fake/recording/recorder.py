"""Listens to a server while a client talks to it through the proxy, and writes down what it does."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from opencode_fake.recording.file import write, written
from opencode_fake.recording.redaction import Redaction, with_open_prompts
from opencode_fake.recording.script_of import script_of
from opencode_fake.recording.targets import NotRecordable
from opencode_fake.recording.transcript import Transcript

LINE = 64 * 1024 * 1024
"""Bytes of one event at most."""
_GLOBAL = "/global/event"


class Recorder:
    """Hears all events of the server at ``target`` and keeps ``file`` up to date with what it heard."""

    def __init__(self, target: str, file: Path, *, username: str, password: str | None) -> None:
        self.transcript = Transcript()
        self.redaction = Redaction.of_password(password, (username,))
        self.version = ""
        self._target = target.rstrip("/")
        self._file = file
        credentials = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}"} if password else {}
        self._since = datetime.now(UTC)
        self._http: aiohttp.ClientSession | None = None
        self._stream: aiohttp.ClientResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._counts = Counter[str]()
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        """Finds the server and opens its stream. Raises NotRecordable."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=30)
        self._http = aiohttp.ClientSession(headers=self._headers, timeout=timeout, read_bufsize=LINE, trust_env=True)
        try:
            self.version = await self._find()
            self._stream = await self._http.get(f"{self._target}{_GLOBAL}")
        except aiohttp.ClientError as problem:
            await self._http.close()
            raise NotRecordable(f"{self._target} does not answer: {problem}") from problem
        except NotRecordable:
            await self._http.close()
            raise
        self._reader = asyncio.create_task(self._read(self._stream))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends, and writes the file a last time."""
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
        if self._stream is not None:
            self._stream.close()
        if self._http is not None:
            await self._http.close()
        self.save()

    def save(self) -> None:
        """Writes what was heard so far, redacted."""
        redaction = self.redaction.fresh()
        words = redaction.all(script_of(self.transcript))
        assert isinstance(words, dict)
        text = written(
            with_open_prompts(words),
            version=self.version,
            at=self._since,
            unfinished=self.transcript.unfinished,
            redacted=redaction.report(),
        )
        write(self._file, text)
        self.redaction = redaction

    async def heard(self, event: str, times: int) -> None:
        """Returns when an event of this type was heard so many times, and of what came with it nothing is left."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._counts[event] >= times)

    async def ended(self) -> None:
        """Returns when the server ends the stream. Raises what the reader failed with."""
        assert self._reader is not None
        await asyncio.shield(self._reader)

    async def _find(self) -> str:
        assert self._http is not None
        async with self._http.get(f"{self._target}/global/health") as answer:
            if answer.status == 401:
                raise NotRecordable(
                    f"{self._target} refuses the password: put the right one into OPENCODE_SERVER_PASSWORD"
                )
            try:
                health = json.loads(await answer.read())
                return str(health["version"])
            except (ValueError, KeyError, TypeError) as problem:
                raise NotRecordable(
                    f"{self._target} is no OpenCode server (GET /global/health answers {answer.status}): "
                    "is the path prefix missing, or one too many?"
                ) from problem

    async def _read(self, stream: aiohttp.ClientResponse) -> None:
        async for line in stream.content:
            if not line.startswith(b"data:"):
                continue
            told = json.loads(line.removeprefix(b"data:"))
            event = told.get("payload", told)
            self.transcript.hear(str(event.get("type")), event.get("properties") or {}, time.monotonic())
            if event.get("type") == "session.idle":
                self.save()
            async with self._changed:
                self._counts[str(event.get("type"))] += 1
                self._changed.notify_all()
