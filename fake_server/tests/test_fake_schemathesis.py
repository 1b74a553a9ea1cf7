"""Requests made from the description of the interface, right ones and wrong ones, never make the fake itself fail.

A 500 may be right: real servers answer that, too. What must not be is a failure that the fake has not foreseen; it
keeps those, and raises them when it stops.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, TypeAlias

import httpx
import pytest
import schemathesis
from conftest import prompt_body
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from opencode_fake import FakeServer
from opencode_fake.scripts.model import Script
from opencode_fake.server import sessions
from opencode_fake.server.exchange import Incoming
from opencode_fake.server.fake import FakeFailed

pytestmark = pytest.mark.system

Request: TypeAlias = "Case[Any]"
EXAMPLES = int(os.environ.get("OPENCODE_TESTKIT_EXAMPLES", "2"))
"""How many requests are made of each operation and each kind."""
EARLY = "msg_000000000001AAAAAAAAAAAAAA"
STREAMS = ("/event", "/global/event")
SCRIPT = Script.model_validate({"default": {"steps": [{"text": "Anything."}]}})


def existing_ids(http: httpx.Client) -> dict[str, str]:
    """The parameters of paths to a session with a message that has a part."""
    session_id = str(http.post("/session").json()["id"])
    message = http.post(f"/session/{session_id}/message", json=prompt_body("hello") | {"noReply": True}).json()
    return {"sessionID": session_id, "messageID": message["info"]["id"], "partID": message["parts"][0]["id"]}


def attempt(server: FakeServer, http: httpx.Client, operation: Any, mode: GenerationMode) -> None:
    """Sends some requests of one kind; half of those below a session are about one that exists."""
    ids = existing_ids(http) if "{sessionID}" in operation.path else {}

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=operation.as_strategy(generation_mode=mode), exists=st.booleans())
    def send(case: Request, exists: bool) -> None:
        if exists:
            case.path_parameters.update({name: ids[name] for name in case.path_parameters if name in ids})
        _keep_finite(case)
        case.call(base_url=server.url, auth=(server.username, server.password), timeout=20)

    # A request that takes nothing cannot be wrong.
    with suppress(Unsatisfiable):
        send()


def _keep_finite(case: Request) -> None:
    """On most versions a prompt whose id sorts after the server's clock is answered for ever, as on real servers."""
    if isinstance(case.body, dict) and str(case.body.get("messageID")).startswith("msg"):
        case.body["messageID"] = EARLY


def attempt_all(version: str, mode: GenerationMode, only: str = "") -> None:
    """Tries every operation but the streams; raises what the fake failed with."""
    with FakeServer(SCRIPT, version=version) as server, plain_client(server) as http:
        document = schemathesis.openapi.from_dict(http.get("/doc").json())
        for result in document.get_all_operations():
            assert isinstance(result, Ok), result
            operation = result.ok()
            if operation.path not in STREAMS and operation.label.startswith(only):
                attempt(server, http, operation, mode)


def plain_client(server: FakeServer) -> httpx.Client:
    """A client for what has to be there beforehand."""
    auth = (server.username, str(server.password))
    return httpx.Client(base_url=server.url, auth=auth, verify=False, trust_env=False)  # noqa: S501 - loopback without TLS


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("version", ["1.1.53", "1.18.34"])
def test_no_request_makes_the_fake_fail(version: str, mode: GenerationMode) -> None:
    """The fake has an answer to whatever fits the description, and to what does not."""
    attempt_all(version, mode)


def test_a_failure_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that takes something for granted is found out."""

    def careless(incoming: Incoming) -> float:
        return int(incoming.query["limit"])

    monkeypatch.setattr(sessions, "_limit", careless)
    with pytest.raises(FakeFailed):
        attempt_all("1.1.53", GenerationMode.POSITIVE, "GET /session")
