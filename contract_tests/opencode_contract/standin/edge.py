"""The edge: ends TLS, starts the machine on demand, cuts what is silent, and makes troubles when told to."""

from __future__ import annotations

import asyncio
import re
from types import TracebackType
from typing import Self

from opencode_contract.errors import StartFailed
from opencode_contract.standin.certificates import HOST, Certificates
from opencode_contract.standin.machine import Machine
from opencode_contract.standin.troubles import ANSWERS, Trouble, answer

IDLE_SECONDS = 60.0
"""Fly cuts a connection on which neither side has said anything for so long."""
SOON_SECONDS = 0.5
"""The same while it suffers IDLE_CUT."""
_LOOPBACK = "127.0.0.1"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Edge:
    """A proxy that passes bytes on, as Fly's edge does, from TLS to the machine's port."""

    def __init__(self, machine: Machine, certificates: Certificates, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self.port = 0
        self.connections = 0
        """How many connections came so far."""
        self._machine = machine
        self._certificates = certificates
        self._idle_seconds = idle_seconds
        self._trouble: Trouble | None = None
        self._times: int | None = None
        self._server: asyncio.Server | None = None
        self._serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._failures: list[BaseException] = []

    @property
    def host(self) -> str:
        """The name that its certificate is for."""
        return HOST

    async def __aenter__(self) -> Self:
        """Listens."""
        await self._listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cuts all connections, and listens no more; a machine that did not start is told here."""
        await self._close()
        if error is None and self._failures:
            raise self._failures[0]

    async def suffer(self, trouble: Trouble | None, times: int | None = None) -> None:
        """Makes ``trouble`` from now on, or for so many connections; None ends it. Open connections are cut."""
        if trouble in {Trouble.COLD_START, Trouble.COLD_START_REFUSED}:
            await self._machine.stop()
        self._trouble, self._times = trouble, times
        await self._close()
        await self._listen()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._accept, _LOOPBACK, self.port, ssl=self._certificates.context(self._trouble), reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task, writer in self._serving.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._attend(reader, writer, self._next_trouble()))
        self._serving[task] = writer
        task.add_done_callback(self._served)

    def _served(self, task: asyncio.Task[None]) -> None:
        self._serving.pop(task).close()
        failure = None if task.cancelled() else task.exception()
        if failure is not None:
            self._failures.append(failure)

    async def _attend(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, trouble: Trouble | None
    ) -> None:
        try:
            await self._serve(reader, writer, trouble)
        except (ConnectionError, asyncio.IncompleteReadError):
            # The client went away, or the machine did.
            return

    def _next_trouble(self) -> Trouble | None:
        if self._times is None:
            return self._trouble
        self._times -= 1
        return self._trouble if self._times >= 0 else None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, trouble: Trouble | None) -> None:
        if trouble is Trouble.RESET:
            writer.transport.abort()
        elif trouble in ANSWERS:
            await _say(reader, writer, answer(trouble))
        elif trouble is Trouble.COLD_START_REFUSED and not self._machine.listens:
            starting = asyncio.create_task(self._machine.start())
            try:
                await _say(reader, writer, answer(Trouble.BAD_GATEWAY))
            finally:
                await starting
        else:
            await self._pass_on(reader, writer, trouble)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, trouble: Trouble | None
    ) -> None:
        try:
            await self._machine.start()
        except StartFailed:
            await _say(reader, writer, answer(Trouble.BAD_GATEWAY))
            raise
        port = self._machine.opencode_port if trouble is Trouble.PREFIX_KEPT else self._machine.port
        silence = SOON_SECONDS if trouble is Trouble.IDLE_CUT else self._idle_seconds
        up_reader, up_writer = await asyncio.open_connection(_LOOPBACK, port)
        try:
            await _exchange((reader, up_writer), (up_reader, writer), silence)
        finally:
            up_writer.close()


async def _exchange(
    up: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    down: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    silence: float,
) -> None:
    """Passes bytes both ways until a side ends, or both are silent for too long."""
    clock = asyncio.get_running_loop().time

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            patience.reschedule(clock() + silence)
            writer.write(chunk)
            await writer.drain()

    ways: list[asyncio.Task[None]] = []
    try:
        async with asyncio.timeout(silence) as patience:
            ways = [asyncio.create_task(pump(*up)), asyncio.create_task(pump(*down))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    except TimeoutError:
        # The cut; nobody is told.
        return
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: bytes) -> None:
    """Reads one request to its end, lest the answer be lost with it, and answers."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    if length:
        await reader.readexactly(int(length[1]))
    writer.write(said)
    await writer.drain()
