"""Both clients over a transport without a network: requests, retries, redirects, missing sessions."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, TypeAlias

import httpx
import pytest

from opencode_sandbox import (
    AsyncSandboxClient,
    ConnectionFailed,
    ConnectionLost,
    InvalidArgument,
    NotOpenCode,
    RedirectRefused,
    RetryPolicy,
    SandboxClient,
    SandboxConfig,
    ServerFailed,
    SessionNotFound,
    TlsFailed,
    WrongPassword,
)
from opencode_sandbox.effects import bounded
from opencode_sandbox.flows import operations

CONFIG = SandboxConfig("https://host.example/opencode", "hunter2")
QUICK = RetryPolicy(first_wait=0.0, longest_wait=1.0)
Handler: TypeAlias = Callable[[httpx.Request], httpx.Response]
Call: TypeAlias = Callable[..., Any]
SESSION = {"id": "ses_1", "title": "x"}
NOT_FOUND = httpx.Response(404, json={"name": "NotFoundError", "data": {"message": "Resource not found"}})


@pytest.fixture(params=["blocking", "awaiting"])
def call(request: pytest.FixtureRequest) -> Call:
    """Return a function that calls a method of the blocking or the awaiting client."""

    async def awaiting(handler: Handler, method: str, *args: object, **options: object) -> object:
        async with AsyncSandboxClient(CONFIG, transport=httpx.MockTransport(handler), retry=QUICK) as client:
            return await getattr(client, method)(*args, **options)

    async def blocking(handler: Handler, method: str, *args: object, **options: object) -> object:
        with SandboxClient(CONFIG, transport=httpx.MockTransport(handler), retry=QUICK) as client:
            return getattr(client, method)(*args, **options)

    return awaiting if request.param == "awaiting" else blocking


class Recorder:
    """Answers from a list, or by raising, and notes the requests; the last answer is repeated."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.requests.append(request)
        outcome = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(outcome, Exception):
            raise outcome
        return httpx.Response(outcome.status_code, headers=outcome.headers, content=outcome.content)

    @property
    def lines(self) -> list[str]:
        """The requests in short."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]


def good(body: object) -> httpx.Response:
    """Return a good answer."""
    return httpx.Response(200, json=body)


async def test_requests_are_the_servers(call: Call) -> None:
    """Every method sends the request that the server knows, below the prefix and with the password."""
    wanted: list[tuple[str, tuple[object, ...], object, str]] = [
        ("health", (), {"healthy": True, "version": "1.1.53"}, "GET /opencode/global/health"),
        ("create_session", (), SESSION, "POST /opencode/session"),
        ("create_session", ("My title",), SESSION, "POST /opencode/session"),
        ("list_sessions", (), [SESSION], "GET /opencode/session"),
        ("get_session", ("ses_1",), SESSION, "GET /opencode/session/ses_1"),
        ("get_session", ("ses_/../x?y",), SESSION, "GET /opencode/session/ses_%2F..%2Fx%3Fy"),
        ("delete_session", ("ses_1",), True, "DELETE /opencode/session/ses_1"),
        ("abort", ("ses_1",), True, "POST /opencode/session/ses_1/abort"),
        ("session_status", (), {"ses_1": {"type": "busy"}}, "GET /opencode/session/status"),
        (
            "get_messages",
            ("ses_1",),
            [{"info": {"id": "msg_1", "role": "user"}}],
            "GET /opencode/session/ses_1/message",
        ),
    ]
    for method, args, body, line in wanted:
        recorder = Recorder(good(body))
        await call(recorder, method, *args)
        assert recorder.lines == [line]
        assert recorder.requests[0].headers["authorization"] == httpx.BasicAuth("opencode", "hunter2")._auth_header


async def test_bodies_are_the_servers(call: Call) -> None:
    """A session gets a title only when one is given, and a prompt is one text part without an id of ours."""
    recorder = Recorder(good(SESSION))
    await call(recorder, "create_session")
    await call(recorder, "create_session", "My title")
    assert [json.loads(request.content) for request in recorder.requests] == [{}, {"title": "My title"}]
    recorder = Recorder(httpx.Response(204))
    await call(recorder, "send_prompt", "ses_1", "go", check=False)
    assert json.loads(recorder.requests[0].content) == {"parts": [{"type": "text", "text": "go"}]}
    assert recorder.lines == ["POST /opencode/session/ses_1/prompt_async"]


async def test_prompt_for_a_missing_session_is_an_error(call: Call) -> None:
    """Some servers answer 204 for a missing session: it is read first, and nothing is sent."""
    recorder = Recorder(NOT_FOUND)
    with pytest.raises(SessionNotFound, match="ses_gone"):
        await call(recorder, "send_prompt", "ses_gone", "go")
    assert recorder.lines == ["GET /opencode/session/ses_gone"]


async def test_messages_of_a_missing_session_are_an_error(call: Call) -> None:
    """Some servers answer an empty list for a missing session: an empty list is looked into."""
    with pytest.raises(SessionNotFound):
        await call(Recorder(good([]), NOT_FOUND), "get_messages", "ses_gone")
    assert await call(Recorder(good([]), good(SESSION)), "get_messages", "ses_1") == []


@pytest.mark.parametrize("session_id", ["", "xyz", "msg_1", None, 3, "ses_\ud800"])
async def test_bad_session_ids_are_never_sent(call: Call, session_id: object) -> None:
    """What cannot be a session id is refused before anything is sent."""
    recorder = Recorder(good(SESSION))
    for method in ("get_session", "get_messages", "delete_session", "abort"):
        with pytest.raises(InvalidArgument):
            await call(recorder, method, session_id)
    for method, options in (("send_prompt", {}), ("ask", {"timeout": 1})):
        with pytest.raises(InvalidArgument):
            await call(recorder, method, session_id, "go", **options)
    assert recorder.lines == []


@pytest.mark.parametrize("prompt", ["", "  \n", None, 3, "\ud800"])
async def test_bad_prompts_are_never_sent(call: Call, prompt: object) -> None:
    """A prompt that says nothing is refused before anything is sent."""
    recorder = Recorder(good(SESSION))
    for method, options in (("send_prompt", {}), ("ask", {"timeout": 1})):
        with pytest.raises(InvalidArgument):
            await call(recorder, method, "ses_1", prompt, **options)
    assert recorder.lines == []


@pytest.mark.parametrize(
    "options", [{"timeout": 0}, {"timeout": -1}, {"timeout": "1"}, {"timeout": True}, {"timeout": 1, "via": "pigeon"}]
)
async def test_bad_ways_to_wait(call: Call, options: dict[str, Any]) -> None:
    """A deadline must be a number of seconds, and the way to follow a known one."""
    recorder = Recorder(good([]), good(SESSION), good({}))
    with pytest.raises(InvalidArgument):
        await call(recorder, "ask", "ses_1", "go", **options)
    with pytest.raises(InvalidArgument):
        await call(recorder, "wait_for_reply", "ses_1", **options)


SAFE_TO_REPEAT = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.ReadTimeout("slow"),
    httpx.RemoteProtocolError("cut"),
    httpx.Response(429, headers={"retry-after": "0"}),
    httpx.Response(502),
    httpx.Response(503, headers={"retry-after": "Mon, 01 Jan 2024 00:00:00 GMT"}),
    httpx.Response(504, headers={"retry-after": "soon"}),
]


@pytest.mark.parametrize("trouble", SAFE_TO_REPEAT, ids=repr)
async def test_gets_are_repeated(call: Call, trouble: httpx.Response | Exception) -> None:
    """A GET is repeated after troubles that may pass."""
    recorder = Recorder(trouble, trouble, good([SESSION]))
    assert len(await call(recorder, "list_sessions")) == 1
    assert len(recorder.lines) == 3


async def test_gets_are_not_repeated_for_ever(call: Call) -> None:
    """After three attempts the trouble is an error."""
    recorder = Recorder(httpx.Response(503))
    with pytest.raises(ServerFailed, match="503"):
        await call(recorder, "list_sessions")
    assert len(recorder.lines) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 500])
async def test_final_answers_are_not_repeated(call: Call, status: int) -> None:
    """Answers that another attempt cannot change are not asked for again."""
    recorder = Recorder(httpx.Response(status, json={"_tag": "x"}))
    with pytest.raises(Exception, match=r"."):
        await call(recorder, "list_sessions")
    assert len(recorder.lines) == 1


async def test_a_server_that_wants_a_long_wait_is_left_alone(call: Call) -> None:
    """A Retry-After longer than we are ready to wait ends the attempts at once."""
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    for wish in ("3600", later):
        recorder = Recorder(httpx.Response(429, headers={"retry-after": wish}, json={"_tag": "slow"}))
        with pytest.raises(Exception, match="429"):
            await call(recorder, "list_sessions")
        assert len(recorder.lines) == 1


@pytest.mark.parametrize(
    "trouble", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full")]
)
async def test_posts_are_repeated_when_nothing_was_sent(call: Call, trouble: Exception) -> None:
    """A POST is repeated when the connection could not even be opened."""
    recorder = Recorder(trouble, good(SESSION))
    await call(recorder, "create_session")
    assert len(recorder.lines) == 2


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ReadTimeout("slow"),
        httpx.WriteError("cut"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(503, headers={"retry-after": "0"}),
        httpx.Response(502),
    ],
    ids=repr,
)
async def test_posts_are_not_repeated_otherwise(call: Call, trouble: httpx.Response | Exception) -> None:
    """A POST that may have been received is never sent twice."""
    recorder = Recorder(trouble, good(SESSION))
    with pytest.raises((ConnectionLost, ServerFailed)):
        await call(recorder, "send_prompt", "ses_1", "go", check=False)
    assert len(recorder.lines) == 1


def tls_failure() -> httpx.ConnectError:
    """Return what httpx raises for a bad certificate."""
    failure = httpx.ConnectError("certificate verify failed")
    failure.__context__ = ssl.SSLCertVerificationError("certificate verify failed")
    return failure


def timeout_over_tls() -> httpx.ReadTimeout:
    """Return what httpx raises when a server says nothing on a good TLS connection."""
    failure = httpx.ReadTimeout("")
    failure.__context__ = ssl.SSLWantReadError("The operation did not complete (read)")
    return failure


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (httpx.ConnectError("refused"), ConnectionFailed),
        (timeout_over_tls(), ConnectionLost),
        (tls_failure(), TlsFailed),
        (httpx.ReadTimeout(""), ConnectionLost),
    ],
    ids=repr,
)
async def test_transport_troubles(call: Call, trouble: Exception, kind: type[Exception]) -> None:
    """Troubles of the transport become errors of ours, with nothing of theirs attached."""
    with pytest.raises(kind) as caught:
        await call(Recorder(trouble), "health")
    assert type(caught.value) is kind
    assert "https://host.example/opencode/global/health" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


async def test_tls_trouble_is_not_repeated(call: Call) -> None:
    """A bad certificate does not get better by trying again."""
    recorder = Recorder(tls_failure())
    with pytest.raises(TlsFailed):
        await call(recorder, "health")
    assert len(recorder.lines) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["https://evil.example/x", "/elsewhere"])
async def test_redirects_are_not_followed(call: Call, status: int, target: str) -> None:
    """No redirect is followed, so that the password goes nowhere else."""
    recorder = Recorder(httpx.Response(status, headers={"location": target}))
    with pytest.raises(RedirectRefused) as caught:
        await call(recorder, "create_session")
    assert caught.value.target == target
    assert len(recorder.lines) == 1


async def test_wrong_password_and_wrong_server(call: Call) -> None:
    """A refused password and a server that is none of OpenCode's are told apart."""
    with pytest.raises(WrongPassword):
        await call(Recorder(httpx.Response(401, text="Unauthorized")), "health")
    with pytest.raises(NotOpenCode):
        await call(Recorder(httpx.Response(200, html="<html>")), "health")
    with pytest.raises(NotOpenCode):
        await call(Recorder(good({"hello": "world"})), "health")


async def test_typed_results(call: Call) -> None:
    """Results are models, with the server's ids in Python's spelling."""
    session = await call(Recorder(good({**SESSION, "parentID": "ses_0", "newField": 1})), "get_session", "ses_1")
    assert (session.id, session.parent_id, session.newField) == ("ses_1", "ses_0", 1)
    statuses = await call(Recorder(good({"ses_1": {"type": "retry", "attempt": 1}})), "session_status")
    assert statuses["ses_1"].is_retrying


async def test_a_deadline_that_has_just_passed() -> None:
    """A request whose time is up by the time it is sent is tried once, without a warning from any library."""
    handler = httpx.MockTransport(Recorder(good({"healthy": True, "version": "1.1.53"})))
    with SandboxClient(CONFIG, transport=handler) as client:
        assert client._shell.run(bounded(0.0, operations.health())).healthy
    async with AsyncSandboxClient(CONFIG, transport=handler) as other:
        assert (await other._shell.run(bounded(0.0, operations.health()))).healthy
