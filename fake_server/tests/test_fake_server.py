"""The life of a fake server."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import httpx
import pytest
from conftest import Served, Serving, plain_http, prompt_body

from opencode_fake import FakeFailed, FakeServer, ManualClock, RealClock, UnknownVersion
from opencode_fake.scripts.errors import ScriptError
from opencode_fake.scripts.model import Script

ATTEMPTS = 1000
SLOW = {
    "replies": [
        {"prompt": "slow", "steps": [{"text": "one two three", "pace": 10}]},
        {"prompt": "quick", "steps": [{"text": "done"}]},
    ]
}


async def busy(served: Served) -> None:
    """Returns when a run has begun."""
    for _ in range(ATTEMPTS):
        if (await served.http.get("/session/status")).json():
            return
    raise AssertionError("no run began")


async def stored(served: Served, session: str, count: int) -> None:
    """Returns when a session has so many messages."""
    for _ in range(ATTEMPTS):
        if len(await served.messages(session)) >= count:
            return
    raise AssertionError(f"there never were {count} messages")


async def test_the_whole_story_is_the_same_for_the_same_seed(serving: Serving) -> None:
    """Byte for byte: ids, slugs and times."""

    async def story(seed: int) -> list[str]:
        async with serving(SLOW, seed=seed) as served:
            session = await served.session()
            await served.prompt(session, "quick")
            return [(await served.http.get(path)).text for path in ("/session", f"/session/{session}/message")]

    assert await story(7) == await story(7)
    assert await story(7) != await story(8)


async def test_two_fakes_side_by_side_know_nothing_of_each_other(serving: Serving) -> None:
    """Neither sessions nor prompts nor passwords."""
    async with serving(SLOW, password="one") as one, serving(SLOW, password="two", seed=1) as two:
        session = await one.session()
        await asyncio.gather(one.prompt(session, "quick"), two.prompt(await two.session(), "quick"))
        assert (await two.http.get(f"/session/{session}")).status_code == 404
        assert (len(one.server.journal), len(two.server.journal)) == (2, 3)
        stranger = await one.http.get(f"{two.server.url}/session")
        assert stranger.status_code == 401


def test_it_runs_without_an_event_loop_of_the_caller() -> None:
    """In a thread of its own, and again after it was stopped."""
    server = FakeServer(Script.model_validate(SLOW))
    for _ in range(2):
        with server:
            with httpx.Client(base_url=server.url, auth=(server.username, server.password or "")) as http:
                session = http.post("/session").json()["id"]
                answer = http.post(f"/session/{session}/message", json=prompt_body("quick"))
            assert answer.json()["parts"][1]["text"] == "done"


def test_an_error_at_the_start_reaches_the_caller_without_a_loop() -> None:
    """Port in use, told in the thread that asked."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="address already in use"), FakeServer(port=taken.getsockname()[1]):
            raise AssertionError("it must not start")


async def test_a_port_in_use_is_an_error_and_leaves_nothing_behind() -> None:
    """OSError, as from any server."""
    async with FakeServer() as first:
        with pytest.raises(OSError, match="address already in use"):
            async with FakeServer(port=first.port):
                raise AssertionError("it must not start")


def test_asking_for_the_address_before_the_start_says_what_to_do() -> None:
    """Instead of some port that is none."""
    server = FakeServer()
    assert repr(server) == "<FakeServer 1.1.53 not started>"
    with pytest.raises(RuntimeError, match="async with FakeServer"):
        _ = server.url


def test_a_server_that_could_not_be_made_can_still_be_shown() -> None:
    """A traceback with local variables shows it, and is to show the real error."""
    half = FakeServer.__new__(FakeServer)
    with pytest.raises(UnknownVersion):
        half.__init__(version="latest")  # type: ignore[misc]  # the object is to be seen after its making failed
    assert "not started" in repr(half)


async def test_a_server_is_started_once(serving: Serving) -> None:
    """A second start would leave the first one listening for ever."""
    async with serving() as served:
        with pytest.raises(RuntimeError, match="started already"):
            await served.server.start()


def test_a_manual_clock_can_be_moved_without_an_event_loop() -> None:
    """From a test that has none; the clock must be one that can be moved, and forwards."""
    with FakeServer(Script.model_validate(SLOW), clock=ManualClock()) as server:
        auth = (server.username, server.password or "")
        with httpx.Client(base_url=server.url, auth=auth, trust_env=False) as http:
            session = http.post("/session").json()["id"]
            http.post(f"/session/{session}/prompt_async", json=prompt_body("slow"))
            server.advance(60)
            assert http.get(f"/session/{session}/message").json()[-1]["info"]["finish"] == "stop"
            with pytest.raises(ValueError, match="write how many pass"):
                server.advance(-1)
    with FakeServer() as server, pytest.raises(TypeError, match="clock=ManualClock"):
        server.advance(1)
    with pytest.raises(RuntimeError, match=r"await clock\.advance"):
        FakeServer(clock=ManualClock()).advance(1)


async def test_the_documents_credentials_can_be_had(serving: Serving) -> None:
    """The object that an integration is configured with."""
    async with serving(password="secret") as served:
        keys = served.server.api_keys["apiKeys"]
        assert keys == {"opencode_server_url": served.server.url, "opencode_server_password": "secret"}
        assert served.server.url.endswith("/opencode")
    async with serving(password=None) as served:
        assert served.server.api_keys["apiKeys"]["opencode_server_password"] is None


def test_what_cannot_be_is_refused_at_once(tmp_path: Path) -> None:
    """A version that is not described, a path that is none, a script that cannot be read."""
    with pytest.raises(UnknownVersion):
        FakeServer(version="0.9.9")
    with pytest.raises(ValueError, match="write one such as '/opencode'"):
        FakeServer(base_path="/a b")
    with pytest.raises(ScriptError):
        FakeServer(tmp_path / "no.yaml")


async def test_a_script_may_be_a_list_of_replies_or_a_file(tmp_path: Path) -> None:
    """Both play."""
    path = tmp_path / "script.yaml"
    path.write_text("replies:\n  - prompt: hello\n    steps:\n      - text: Hi.\n")
    for script in (path, str(path), Script.model_validate(SLOW).replies):
        async with FakeServer(script) as server:
            assert server.unused


async def test_the_journal_holds_what_was_received(serving: Serving) -> None:
    """Method, path, query, headers, body and the status of the answer; secrets left out."""
    async with serving(SLOW) as served:
        session = await served.session(title="t")
        await served.http.get("/session", params={"limit": "5"}, headers={"X-Mine": "yes"})
        await served.prompt(session, "unknown")
        created, listed, prompted = served.server.journal
        assert (created.method, created.path, created.json, created.status) == ("POST", "/session", {"title": "t"}, 200)
        assert (listed.query, listed.headers["X-Mine"], listed.headers["Authorization"]) == (
            {"limit": "5"},
            "yes",
            "[secret]",
        )
        assert str(prompted) == f"POST /session/{session}/message -> 200"
        assert served.server.journal[-1] == prompted
        assert [each.prompt for each in served.server.unmatched] == ["unknown"]
        assert len(served.server.unused) == 2


async def test_the_journal_drops_the_oldest_and_counts_them(serving: Serving) -> None:
    """So that a long run does not fill the memory."""
    async with serving() as served:
        journal = served.server.journal
        await served.session()
        for _ in range(10_001):
            journal.add(journal[0])
    assert (len(journal), journal.dropped) == (10_000, 2)


async def test_prompts_while_busy_are_answered_together(serving: Serving) -> None:
    """Both callers get the last message; the second prompt is its parent."""
    clock = ManualClock()
    async with serving(SLOW, clock=clock) as served:
        session = await served.session()
        first = asyncio.ensure_future(served.prompt(session, "slow"))
        await busy(served)
        second = asyncio.ensure_future(served.prompt(session, "quick"))
        await stored(served, session, 3)
        assert (await served.http.get("/session/status")).json() == {session: {"type": "busy"}}
        await clock.advance(20)
        answers = [(await each).json() for each in (first, second)]
        messages = await served.messages(session)
    assert answers[0] == answers[1] == messages[-1]
    assert [message["info"]["role"] for message in messages] == ["user", "assistant", "user", "assistant"]
    assert messages[-1]["info"]["parentID"] == messages[2]["info"]["id"]


async def test_a_caller_that_goes_away_does_not_end_the_run(serving: Serving) -> None:
    """It finishes and is stored."""
    clock = ManualClock()
    async with serving(SLOW, clock=clock) as served:
        session = await served.session()
        prompting = asyncio.ensure_future(served.prompt(session, "slow"))
        await busy(served)
        prompting.cancel()
        await asyncio.gather(prompting, return_exceptions=True)
        await clock.advance(60)
        assert (await served.messages(session))[-1]["info"]["finish"] == "stop"


async def test_a_session_deleted_while_it_runs_stays_busy_to_the_end(serving: Serving) -> None:
    """The run is not cancelled (measured in all versions)."""
    clock = ManualClock()
    async with serving(SLOW, clock=clock) as served:
        session = await served.session()
        await served.http.post(f"/session/{session}/prompt_async", json=prompt_body("slow"))
        await busy(served)
        await served.http.delete(f"/session/{session}")
        assert (await served.http.get("/session/status")).json() == {session: {"type": "busy"}}
        await clock.advance(60)
        assert (await served.http.get("/session/status")).json() == {}


async def test_the_run_can_begin_some_time_after_the_204(serving: Serving) -> None:
    """The idle race of the real server, made visible: nothing of the prompt is there yet."""
    clock = ManualClock()
    async with serving(SLOW, clock=clock, pickup=2) as served:
        session = await served.session()
        assert (
            await served.http.post(f"/session/{session}/prompt_async", json=prompt_body("quick"))
        ).status_code == 204
        assert (await served.http.get("/session/status")).json() == {}
        assert await served.messages(session) == []
        await clock.advance(2)
        assert len(await served.messages(session)) == 2


async def test_a_prompt_right_after_an_abort_starts_a_new_run(serving: Serving) -> None:
    """The old run ends beside it."""
    clock = ManualClock()
    async with serving(SLOW, clock=clock) as served:
        session = await served.session()
        await served.http.post(f"/session/{session}/prompt_async", json=prompt_body("slow"))
        await busy(served)
        await served.http.post(f"/session/{session}/abort")
        answer = (await served.prompt(session, "quick")).json()
    assert answer["info"]["finish"] == "stop"


async def test_at_real_speed_a_delay_takes_its_time(serving: Serving) -> None:
    """The timestamps show it; nothing is asserted of the machine's own clock."""
    script = {"replies": [{"steps": [{"delay": 0.05}, {"text": "a"}]}]}
    async with serving(script, clock=RealClock()) as served:
        session = await served.session()
        info = (await served.prompt(session, "go")).json()["info"]
    assert info["time"]["completed"] - info["time"]["created"] >= 49


async def test_ten_minutes_of_delays_pass_in_the_timestamps(serving: Serving) -> None:
    """On the default clock they cost nothing."""
    script = {"replies": [{"steps": [{"delay": 600}, {"text": "a"}]}]}
    async with serving(script) as served:
        session = await served.session()
        info = (await served.prompt(session, "go")).json()["info"]
    assert info["time"]["completed"] - info["time"]["created"] >= 600_000


async def test_a_failure_of_the_fake_itself_is_raised_when_it_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test passes on a fake that broke."""

    def broken(*_: object, **__: object) -> object:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("opencode_fake.run.answer.cost", broken)
    server = FakeServer(Script.model_validate(SLOW))
    await server.start()
    async with plain_http(base_url=server.url, auth=("opencode", server.password)) as http:
        session = (await http.post("/session")).json()["id"]
        await http.post(f"/session/{session}/prompt_async", json=prompt_body("quick"))
        assert (await http.get(f"/session/{session}/message")).json()[0]["info"]["role"] == "user"
    with pytest.raises(FakeFailed) as failed:
        await server.stop()
    assert isinstance(failed.value.exceptions[0], ZeroDivisionError)


async def test_a_stopped_server_is_gone(serving: Serving) -> None:
    """Nobody listens, and runs were given up."""
    async with serving(SLOW, clock=ManualClock()) as served:
        session = await served.session()
        await served.http.post(f"/session/{session}/prompt_async", json=prompt_body("slow"))
        url = served.server.url
        await served.server.stop()
        async with plain_http() as http:
            with pytest.raises(Exception, match="connect"):
                await http.get(url)
