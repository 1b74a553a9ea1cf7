"""What the fake costs a test: start and stop, one turn, one read. Each beside a bare aiohttp server in the same run.

Medians of several rounds; quote the ratios, a single time says more about the machine.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import web
from rich.console import Console
from rich.table import Table

from benchmarks.startup import BOUND_MS, startup
from opencode_fake import FakeServer
from opencode_fake.scripts.model import Script

ROUNDS = 200
WARM_UP = 20
SCRIPT = Script.model_validate({"replies": [{"steps": [{"text": "Done."}]}]})
PROMPT = {"parts": [{"type": "text", "text": "go"}]}


async def median_ms(measured: Callable[[], Awaitable[float | None]], rounds: int = ROUNDS) -> float:
    """The median milliseconds of a coroutine; it may return the seconds that count, else all of it counts."""
    times = []
    for number in range(rounds + WARM_UP):
        begin = time.perf_counter()
        seconds = await measured()
        times.append(time.perf_counter() - begin if seconds is None else seconds)
        if number < WARM_UP:
            times.clear()
    return statistics.median(times) * 1000


async def start_and_stop() -> float:
    """An in-process server that nobody asks anything."""

    async def once() -> None:
        async with FakeServer(SCRIPT):
            pass

    return await median_ms(once)


async def bare_start_and_stop() -> float:
    """The same of aiohttp alone."""

    async def once() -> None:
        runner = web.ServerRunner(web.Server(_nothing))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await runner.cleanup()

    return await median_ms(once)


async def _nothing(_: web.BaseRequest) -> web.StreamResponse:
    return web.json_response({})


async def turn(client: aiohttp.ClientSession, server: FakeServer) -> float:
    """From sending ``prompt_async`` to reading ``session.idle``, for a reply of one text step without delays."""
    async with client.get(f"{server.url}/event") as stream:
        await stream.content.readline()

        async def once() -> float:
            async with client.post(f"{server.url}/session") as created:
                session = (await created.json())["id"]
            begin = time.perf_counter()
            async with client.post(f"{server.url}/session/{session}/prompt_async", json=PROMPT):
                pass
            while b'"session.idle"' not in await stream.content.readline():
                pass
            return time.perf_counter() - begin

        return await median_ms(once)


async def read(client: aiohttp.ClientSession, url: str) -> float:
    """One GET."""

    async def once() -> None:
        async with client.get(url) as answer:
            await answer.read()

    return await median_ms(once, rounds=2000)


async def main() -> None:
    """Measures all and prints a table."""
    started, bare_started = await start_and_stop(), await bare_start_and_stop()
    async with FakeServer(SCRIPT) as server:
        headers = {"Authorization": aiohttp.encode_basic_auth(server.username, server.password or "")}
        async with aiohttp.ClientSession(headers=headers) as client:
            turned = await turn(client, server)
            async with client.post(f"{server.url}/session") as created:
                session = await created.json()
            reading = await read(client, f"{server.url}/session/{session['id']}")
            bare_reading = await _bare_read(client, json.dumps(session))
    table = Table("what", "fake, ms", "bare aiohttp, ms", "ratio", "bound, ms")
    table.add_row(
        "start and stop in-process", f"{started:.2f}", f"{bare_started:.2f}", f"{started / bare_started:.2f}", "10"
    )
    table.add_row("prompt_async to session.idle", f"{turned:.2f}", "", f"{turned / bare_reading:.1f} reads", "5")
    table.add_row("GET /session/{id}", f"{reading:.3f}", f"{bare_reading:.3f}", f"{reading / bare_reading:.2f}", "")
    unused = startup()
    judged = "holds" if unused.holds else "is missed"
    table.add_row(
        "the pytest plugins, unused",
        f"{unused.plugins_ms:.1f}",
        "",
        f"of {unused.whole_ms:.0f}",
        f"{BOUND_MS:.0f} {judged}",
    )
    Console(width=110).print(table)


async def _bare_read(client: aiohttp.ClientSession, body: str) -> float:
    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text=body, content_type="application/json")

    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        return await read(client, f"http://127.0.0.1:{runner.addresses[0][1]}/")
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
