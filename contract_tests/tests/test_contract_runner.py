from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from pydantic import SecretStr

from opencode_contract.errors import RequirementFailed, TargetUnreachable
from opencode_contract.requirements import by_id
from opencode_contract.requirements.requirement import Requirement, requirement
from opencode_contract.runner import Outcome, Report, Result, run_contract
from opencode_contract.targets import Access, Level, Subject
from opencode_contract.targets.connecting import connected
from opencode_fake import FakeServer
from opencode_sandbox import ServerFailed

PASSWORD = "tell-nobody"


def made(check: Callable[[Subject], Awaitable[None]], level: Level = Level.READ, **options: object) -> Requirement:
    """A requirement for one test."""
    check.__doc__ = "It holds."
    return requirement(f"test.{level.word}", level, "document: test", **options)(check)  # type: ignore[arg-type]  # passed on


async def fine(_: Subject) -> None:
    """Holds."""


def access(server: FakeServer, password: str = PASSWORD, level: Level = Level.PROMPT) -> Access:
    """How to get into a fake."""
    return Access("deployment", server.url, SecretStr(password), level, version=None)


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    """A fake without script."""
    async with FakeServer(password=PASSWORD) as running:
        yield running


def methods(server: FakeServer) -> list[str]:
    """What was done with single sessions, in order."""
    return [entry.method for entry in server.journal if entry.path.startswith("/session/ses_")]


async def run(server: FakeServer, *requirements: Requirement, level: Level | None = None) -> Report:
    """The report on some requirements."""
    return await run_contract("here", connected(access(server)), requirements, level=level, deadline=0.3)


async def outcome(server: FakeServer, check: Callable[[Subject], Awaitable[None]], **options: object) -> Result:
    """What comes of one check."""
    return (await run(server, made(check, **options))).results[0]  # type: ignore[arg-type]  # passed on


async def test_what_holds_passes(server: FakeServer) -> None:
    """A check that raises nothing has passed, and the report says on what."""
    report = await run(server, made(fine))
    assert [result.outcome for result in report.results] == [Outcome.PASSED]
    assert report.holds
    assert (report.target, report.version, report.level) == ("here", "1.1.53", Level.PROMPT)


async def test_what_fails_keeps_its_evidence(server: FakeServer) -> None:
    """A failure has the message and the exchange that shows it, without credentials."""

    async def fails(subject: Subject) -> None:
        (await subject.send("GET", "/session")).expect(418)

    result = await outcome(server, fails)
    assert result.outcome is Outcome.FAILED
    assert result.message == "GET /session should answer 418 and answers 200"
    assert result.evidence.splitlines() == ["GET /session", "-> 200 application/json", "[]"]


async def test_a_password_that_the_server_repeats_is_not_shown(server: FakeServer) -> None:
    """Even where the server's answer holds the password, the evidence does not."""

    async def fails(subject: Subject) -> None:
        (await subject.create_session(f"it is {PASSWORD}"))["title"].equals("x")

    result = await outcome(server, fails)
    assert PASSWORD not in f"{result}"
    assert "it is [password]" in result.evidence


async def test_a_password_in_a_message_is_not_shown(server: FakeServer) -> None:
    """What a requirement says of a value, or of a header, does not hold the password either, in no form."""
    token = base64.b64encode(f"opencode:{PASSWORD}".encode()).decode("ascii")

    async def fails(_: Subject) -> None:
        raise RequirementFailed(f"{PASSWORD!r} or {token}", f"Bearer {PASSWORD}, Basic {token}")

    result = await outcome(server, fails)
    assert result.message == "'[password]' or [password]"
    assert result.evidence == "Bearer [password], Basic [password]"


async def test_a_password_may_hold_any_letter() -> None:
    """Whichever way the password is sent, as Basic credentials or as a token, it need not be ASCII."""
    word = "pä-ßecret-秘"
    async with FakeServer(password=word) as server:
        report = await run_contract("here", connected(access(server, word)), by_id(["auth"]))
    assert report.holds
    assert report.count(Outcome.PASSED) == len(report.results)


async def test_what_takes_too_long_fails(server: FakeServer) -> None:
    """A check has a deadline."""

    async def hangs(_: Subject) -> None:
        await asyncio.Event().wait()

    result = await outcome(server, hangs)
    assert (result.outcome, result.message) == (Outcome.FAILED, "this was not done within 0.3 s")


async def test_an_error_of_the_client_is_a_failure(server: FakeServer) -> None:
    """What the client refuses is a failure of the server, with the client's words."""

    async def fails(_: Subject) -> None:
        raise ServerFailed("the server answered 500", 500)

    result = await outcome(server, fails)
    assert result.outcome is Outcome.FAILED
    assert "ServerFailed: the server answered 500" in result.message


async def test_levels_that_were_not_asked_for_are_skipped(server: FakeServer) -> None:
    """What is above the level is skipped, and skipping does not break the contract."""
    report = await run(server, made(fine, Level.PROMPT), made(fine), level=Level.WRITE)
    assert [result.outcome for result in report.results] == [Outcome.PASSED, Outcome.SKIPPED]
    assert report.holds


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"scripted": True}, "needs the contract's own script"),
        ({"since": "1.2.1"}, "holds from version 1.2.1"),
        ({"until": "1.1.53"}, "holds until version 1.1.53"),
    ],
)
async def test_what_does_not_apply_is_told_why(server: FakeServer, options: dict[str, object], reason: str) -> None:
    """A requirement of other servers or other versions is not checked."""
    result = await outcome(server, fine, **options)
    assert (result.outcome, result.message) == (Outcome.NOT_APPLICABLE, reason)


async def test_versions_are_compared_as_numbers(server: FakeServer) -> None:
    """1.1.53 is before 1.1.100 and behind 1.1.9."""
    assert (await outcome(server, fine, since="1.1.9", until="1.1.100")).outcome is Outcome.PASSED


async def test_sessions_are_deleted_in_the_end(server: FakeServer) -> None:
    """Whatever created a session, through the client or not, none is left, also after a failure."""

    async def creates(subject: Subject) -> None:
        await subject.create_session()
        await subject.client.create_session()
        await subject.send("POST", "/session", body={})
        raise RequirementFailed("x")

    report = await run(server, made(creates))
    assert report.left_behind == ()
    assert sum(entry.method == "DELETE" for entry in server.journal) == 3
    async with Subject(access(server)) as subject:
        (await subject.get("/session", "sessions")).equals([])


async def test_sessions_are_deleted_when_the_run_is_cancelled(server: FakeServer) -> None:
    """Ctrl-C in the midst of a check leaves no session either."""
    begun = asyncio.Event()

    async def hangs(subject: Subject) -> None:
        await subject.create_session()
        begun.set()
        await asyncio.Event().wait()

    opening = connected(access(server))
    task = asyncio.create_task(run_contract("here", opening, [made(hangs)]))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert methods(server) == ["POST", "DELETE"]


async def test_a_target_that_dies_is_no_failure(server: FakeServer) -> None:
    """A server that goes away during the contract ends the run, and no requirement is blamed."""

    async def kills(subject: Subject) -> None:
        await server.stop()
        (await subject.send("GET", "/session")).expect(200)

    report = await run(server, made(kills), made(fine))
    assert [result.outcome for result in report.results] == [Outcome.NOT_CHECKED, Outcome.NOT_CHECKED]
    assert all("gone now" in result.message for result in report.results)


async def test_a_wrong_password_is_found_before_anything_else(server: FakeServer) -> None:
    """With a wrong password nothing is checked."""
    with pytest.raises(TargetUnreachable, match="wrong password") as caught:
        await run_contract("here", connected(access(server, "wrong-one")), [made(fine)])
    assert "wrong-one" not in str(caught.value)


async def test_what_is_made_once_is_shared(server: FakeServer) -> None:
    """A conversation is held once, however many requirements look at it."""
    times = 0

    async def make(_: Subject) -> int:
        nonlocal times
        times += 1
        return times

    async with connected(access(server)) as subject:
        assert list(await asyncio.gather(subject.once(make), subject.once(make))) == [1, 1]
        assert await subject.once(make) == 1
