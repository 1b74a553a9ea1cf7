from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from aiohttp import web

from opencode_contract.evidence import Recorder, Redactor
from opencode_contract.evidence.exchange import SHOWN_CHARACTERS

SECRET = "tell-nobody"


async def handle(request: web.BaseRequest) -> web.Response:
    """Answers as a server does that knows no session but makes one for everybody."""
    match request.method, request.path:
        case "POST", "/prefix/session":
            return web.json_response(
                {"id": f"ses_{request.query.get('n', '1')}", "echo": (await request.read()).decode()}
            )
        case "DELETE", "/prefix/session/ses_gone":
            return web.json_response({}, status=404)
        case "DELETE", "/prefix/session/ses_stuck":
            return web.json_response({}, status=500)
        case "GET", "/prefix/event":
            return web.Response(text="data: {}\n\n", content_type="text/event-stream")
        case _:
            return web.json_response(True)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """The address of a server behind a prefix."""
    runner = web.ServerRunner(web.Server(handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/prefix"
    await runner.cleanup()


@pytest.fixture
async def recorder(url: str) -> AsyncIterator[Recorder]:
    """A recorder of what goes to that server."""
    recording = Recorder(url, Redactor(SECRET), httpx.AsyncClient(trust_env=False))
    yield recording
    await recording.disconnect()


async def send(recorder: Recorder, url: str, method: str, path: str, **options: str) -> httpx.Response:
    """Sends one request through the recorder."""
    async with httpx.AsyncClient(transport=recorder, auth=("opencode", SECRET)) as client:
        return await client.request(method, f"{url}{path}", **options)  # type: ignore[arg-type]  # passed on


async def test_an_exchange_is_kept_without_secrets(recorder: Recorder, url: str) -> None:
    """Path, bodies and status are kept; the password, the credentials and the prefix are not."""
    await send(recorder, url, "POST", f"/session?p={SECRET}", content=f"it is {SECRET}")
    kept = str(recorder.latest[-1])
    assert kept.splitlines()[:3] == [
        "POST /session?p=[password]",
        "it is [password]",
        "-> 200 application/json; charset=utf-8",
    ]
    assert SECRET not in kept
    assert "prefix" not in kept
    assert "Basic" not in kept


async def test_what_is_judged_is_what_the_server_sent(recorder: Recorder, url: str) -> None:
    """Only what is shown of an exchange lacks the password: its parts are as they were on the wire."""
    await send(recorder, url, "POST", f"/session?p={SECRET}", content=f"it is {SECRET}")
    kept = recorder.latest[-1]
    assert kept.path == f"/session?p={SECRET}"
    assert kept.sent == f"it is {SECRET}"
    assert kept.json("answer")["echo"].text() == f"it is {SECRET}"
    assert SECRET not in repr(kept)
    assert SECRET not in repr(kept.json("answer"))


async def test_a_body_is_cut_behind_its_password(recorder: Recorder, url: str) -> None:
    """Where an answer is too long to be shown, no part of the password is left at the end."""
    await send(recorder, url, "POST", "/session", content="x" * (SHOWN_CHARACTERS - len(SECRET) // 2) + SECRET)
    assert SECRET[:4] not in str(recorder.latest[-1])


async def test_created_sessions_are_remembered_until_they_are_deleted(recorder: Recorder, url: str) -> None:
    """What was created is known in order; what was deleted, or is gone already, is forgotten; what is stuck is not."""
    for name in ("1", "gone", "stuck"):
        await send(recorder, url, "POST", f"/session?n={name}")
    assert list(recorder.sessions) == ["ses_1", "ses_gone", "ses_stuck"]
    for name in ("1", "gone", "stuck"):
        await send(recorder, url, "DELETE", f"/session/ses_{name}")
    assert list(recorder.sessions) == ["ses_stuck"]


async def test_streams_of_events_are_not_read_to_their_end(recorder: Recorder, url: str) -> None:
    """A stream that may never end is passed on as it is, and not kept."""
    assert (await send(recorder, url, "GET", "/event")).text == "data: {}\n\n"
    assert list(recorder.latest) == []


async def test_only_the_latest_exchanges_are_kept(recorder: Recorder, url: str) -> None:
    """The memory of a recorder is bounded."""
    for number in range(30):
        await send(recorder, url, "GET", f"/{number}")
    assert [exchange.path for exchange in recorder.latest] == [f"/{number}" for number in range(10, 30)]
