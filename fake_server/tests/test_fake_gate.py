"""The password and the origins."""

from __future__ import annotations

import base64

import pytest
from conftest import Serving, plain_http


def basic(text: str, scheme: str = "Basic") -> str:
    """An Authorization header."""
    return f"{scheme} {base64.b64encode(text.encode()).decode()}"


REFUSED = {
    "none": None,
    "wrong password": basic("opencode:x"),
    "wrong user": basic("bob:secret"),
    "empty user": basic(":secret"),
    "bearer": "Bearer secret",
    "bad base64": "Basic !!!",
    "no colon": basic("opencode"),
    "empty": "",
}


@pytest.mark.parametrize("given", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("path", ["/global/health", "/session", "/event", "/", "/nope"])
async def test_every_path_wants_the_password(serving: Serving, path: str, given: str | None) -> None:
    """401 with the real server's words, unknown paths included."""
    async with serving(password="secret") as served, plain_http() as stranger:
        answer = await stranger.get(
            served.server.url + path, headers={"Authorization": given} if given is not None else {}
        )
    assert (answer.status_code, answer.text) == (401, "Unauthorized")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Secure Area"'
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "Vary" not in answer.headers


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
async def test_the_right_password_opens(serving: Serving, scheme: str) -> None:
    """However the scheme is written; also with letters beyond ASCII in it."""
    async with serving(password="sécret", username="bob") as served, plain_http() as stranger:
        answer = await stranger.get(
            f"{served.server.url}/session", headers={"Authorization": basic("bob:sécret", scheme)}
        )
    assert answer.status_code == 200


async def test_without_a_password_everybody_is_let_in(serving: Serving) -> None:
    """Whatever they bring."""
    async with serving(password=None) as served:
        assert (await served.http.get("/session")).status_code == 200
        assert (await served.http.get("/session", headers={"Authorization": "Bearer x"})).status_code == 200


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("http://localhost:3000", True), ("http://127.0.0.1:3000", True), ("tauri://localhost", True),
     ("https://app.opencode.ai", True), ("http://evil.example", False), ("https://mine.example", True),
     ("http://localhost.evil.example", False)],
)  # fmt: skip
async def test_browsers_may_come_from_these_origins(serving: Serving, origin: str, allowed: bool) -> None:
    """The request succeeds all the same; only the header differs."""
    async with serving(cors=["https://mine.example"]) as served:
        answer = await served.http.get("/session", headers={"Origin": origin})
    assert answer.status_code == 200
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)


@pytest.mark.parametrize(
    ("version", "origin", "allowed"),
    [
        ("1.1.53", "http://localhost", False),
        ("1.1.53", "https://localhost:3000", False),
        ("1.1.53", "http://localhost:x.evil.example", True),
        ("1.1.53", "https://tauri.localhost", False),
        ("1.1.65", "https://tauri.localhost", True),
        ("1.3.2", "oc://renderer", False),
        ("1.14.34", "oc://renderer", True),
        ("1.18.34", "http://127.0.0.1", False),
        ("1.18.34", "https://x_y.opencode.ai", False),
    ],
)
async def test_odd_origins_are_judged_as_measured(serving: Serving, version: str, origin: str, allowed: bool) -> None:
    """What begins like an address of this machine with a port is let in, and nothing but that."""
    async with serving(version=version) as served:
        answer = await served.http.get("/session", headers={"Origin": origin})
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)


async def test_a_refusal_without_a_body_has_no_type(serving: Serving) -> None:
    """As HEAD gets it."""
    async with serving() as served, plain_http() as stranger:
        answer = await stranger.head(f"{served.server.url}/session")
    assert answer.status_code == 401
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize(("version", "status"), [("1.1.53", 401), ("1.1.56", 204)])
async def test_a_preflight_needs_the_password_up_to_1_1_53(serving: Serving, version: str, status: int) -> None:
    """So that browsers could not use those versions with a password."""
    ask = {
        "Origin": "http://localhost:3000",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "a,b",
    }
    async with serving(version=version) as served, plain_http() as stranger:
        answer = await stranger.options(f"{served.server.url}/session", headers=ask)
    assert answer.status_code == status
    if status == 204:
        assert answer.headers["Access-Control-Allow-Headers"] == "a,b"
        assert answer.headers["Access-Control-Allow-Methods"] == "GET,HEAD,PUT,POST,DELETE,PATCH"


async def test_the_password_is_shown_nowhere(serving: Serving) -> None:
    """Not in the server's repr, the journal, or the gate."""
    async with serving(password="hunter2-very-secret") as served:
        await served.http.get("/session")
        shown = repr(served.server) + repr(list(served.server.journal)) + repr(served.server._app._gate)
    assert "hunter2" not in shown
    assert basic("opencode:hunter2-very-secret") not in shown
