"""The routes over HTTP: what is answered when all is well."""

from __future__ import annotations

import re

import pytest
from conftest import Serving, plain_http, prompt_body

from opencode_fake.server.app import ROUTES
from opencode_fake.server.routing import Router
from opencode_fake.versions import DEFAULT_VERSION, behaviours

HELLO = {"replies": [{"prompt": "hello", "steps": [{"text": "Hello."}], "title": "Greeting"}]}


async def test_health_tells_the_version(serving: Serving) -> None:
    """The version that the fake was asked to be."""
    async with serving(version="1.1.65") as served:
        answer = await served.http.get("/global/health")
    assert answer.text == '{"healthy":true,"version":"1.1.65"}'


async def test_the_headers_of_an_answer_are_those_of_the_real_server(serving: Serving) -> None:
    """Content type without charset, Vary, Date and length; no server name."""
    async with serving() as served:
        answer = await served.http.get("/session")
    assert {name.lower() for name in answer.headers} == {"content-type", "vary", "date", "content-length"}
    assert answer.headers["Content-Type"] == "application/json"


async def test_a_new_session_has_the_fields_of_the_real_one(serving: Serving) -> None:
    """In the order of the wire."""
    async with serving() as served:
        answer = await served.http.post("/session")
        session = answer.json()
    assert answer.status_code == 200
    assert list(session) == ["id", "slug", "version", "projectID", "directory", "title", "time"]
    assert re.fullmatch(r"New session - \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", session["title"])
    assert re.fullmatch(r"ses_[0-9a-f]{12}[0-9A-Za-z]{14}", session["id"])
    assert (session["directory"], session["version"]) == ("/data/workspace", "1.1.53")
    assert session["time"]["created"] == session["time"]["updated"]


async def test_a_session_keeps_what_it_is_given(serving: Serving) -> None:
    """Title, parent and permissions; unknown keys and an id of one's own are dropped."""
    rule = {"permission": "bash", "pattern": "*", "action": "ask"}
    async with serving() as served:
        child = (await served.http.post("/session", json={"parentID": "ses_doesnotexist"})).json()
        ruled = (await served.http.post("/session", json={"permission": [rule], "id": "ses_mine", "foo": 1})).json()
        empty = (await served.http.post("/session", json={"title": ""})).json()
    assert child["title"].startswith("Child session - ")
    assert child["parentID"] == "ses_doesnotexist"
    assert ruled["permission"] == [rule]
    assert ruled["id"] != "ses_mine"
    assert "foo" not in ruled
    assert empty["title"] == ""


async def test_sessions_are_listed_newest_first(serving: Serving) -> None:
    """A change does not move one to the top (1.1.x)."""
    async with serving() as served:
        ids = [await served.session(title=f"title {number}") for number in range(3)]
        await served.http.patch(f"/session/{ids[0]}", json={"title": "changed"})
        listed = (await served.http.get("/session")).json()
    assert [session["id"] for session in listed] == ids[::-1]


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 4), ("limit=2", 2), ("limit=0", 1), ("limit=-1", 1), ("limit=1.5", 2), ("limit=1e2", 4), ("limit=0x2", 2),
     ("limit=", 1),
     ("search=TITLE 1", 1), ("search=zzz", 0), ("search=", 4), ("roots=true", 3), ("roots=false", 3), ("roots=", 4),
     ("start=0", 4), ("start=99999999999999", 0), ("foo=1", 4), ("path=sub", 4), ("directory=/elsewhere", 0),
     ("directory=/data/workspace", 4)],
)  # fmt: skip
async def test_the_list_is_filtered_as_measured(serving: Serving, query: str, count: int) -> None:
    """Limits, search, roots, start and directory, oddities included."""
    async with serving() as served:
        parent = await served.session(title="Title 0")
        for number in (1, 2):
            await served.session(title=f"Title {number}")
        await served.session(parentID=parent)
        listed = (await served.http.get(f"/session?{query}")).json()
    assert len(listed) == count


async def test_a_session_belongs_to_its_directory(serving: Serving) -> None:
    """By query or header, the query first; in 1.1.x a session of another project is not found."""
    async with serving() as served:
        made = (await served.http.post("/session", headers={"x-opencode-directory": "%2Felsewhere"})).json()
        assert (made["directory"], made["projectID"]) == ("/elsewhere", "global")
        assert (await served.http.get("/session")).json() == []
        both = await served.http.get(
            "/session?directory=/elsewhere", headers={"x-opencode-directory": "/data/workspace"}
        )
        assert [session["id"] for session in both.json()] == [made["id"]]
        assert (await served.http.get(f"/session/{made['id']}")).status_code == 404
        assert (await served.http.get(f"/session/{made['id']}?directory=/elsewhere")).status_code == 200


async def test_a_session_can_be_changed(serving: Serving) -> None:
    """Title and archival; the time of the update stays (1.1.x)."""
    async with serving() as served:
        before = (await served.http.post("/session")).json()
        path = f"/session/{before['id']}"
        assert (await served.http.patch(path, json={"title": "Renamed", "foo": 1})).json()["title"] == "Renamed"
        assert (await served.http.patch(path, json={"time": {"archived": 0}})).json()["time"]["archived"] == 0
        assert (await served.http.patch(path)).status_code == 200
        after = (await served.http.get(path)).json()
    assert after == {**before, "title": "Renamed", "time": {**before["time"], "archived": 0}}


async def test_deleting_a_session_takes_its_children_along(serving: Serving) -> None:
    """And deleting it again is true as well."""
    async with serving() as served:
        parent = await served.session()
        child = await served.session(parentID=parent)
        assert [each["id"] for each in (await served.http.get(f"/session/{parent}/children")).json()] == [child]
        assert (await served.http.delete(f"/session/{parent}")).text == "true"
        assert (await served.http.get(f"/session/{child}")).status_code == 404
        assert (await served.http.delete(f"/session/{parent}")).text == "true"


async def test_a_prompt_is_answered_with_the_last_message(serving: Serving) -> None:
    """200, chunked, and the title of the session has come with it."""
    async with serving(HELLO) as served:
        session = await served.session()
        answer = await served.prompt(session, "hello there")
        assert answer.headers["Transfer-Encoding"] == "chunked"
        message = answer.json()
        assert message["info"]["finish"] == "stop"
        assert [part["type"] for part in message["parts"]] == ["step-start", "text", "step-finish"]
        assert (await served.http.get(f"/session/{session}")).json()["title"] == "Greeting"
        one = await served.http.get(f"/session/{session}/message/{message['info']['id']}")
        assert one.json() == message
        assert (await served.http.get("/session/status")).json() == {}
        assert (await served.http.get(f"/session/{session}/diff")).json() == []


async def test_an_asynchronous_prompt_is_answered_before_it_begins(serving: Serving) -> None:
    """204 without a body, but with a content type (to 1.3.2)."""
    async with serving(HELLO) as served:
        session = await served.session()
        answer = await served.http.post(f"/session/{session}/prompt_async", json=prompt_body("hello"))
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["Content-Type"] == "application/json"
        messages = await served.messages(session)
    assert [message["info"]["role"] for message in messages] == ["user", "assistant"]


async def test_a_message_without_reply_is_stored_only(serving: Serving) -> None:
    """noReply: the answer is the user message."""
    async with serving(HELLO) as served:
        session = await served.session()
        answer = await served.prompt(session, "context", noReply=True, system="Be brief", tools={"bash": False})
        info = answer.json()["info"]
        assert (info["role"], info["system"], info["tools"]) == ("user", "Be brief", {"bash": False})
        assert len(await served.messages(session)) == 1
        assert not served.server.unmatched


async def test_the_last_messages_can_be_asked_for(serving: Serving) -> None:
    """The limit counts from the end; 0 is no limit and a negative one leaves nothing."""
    async with serving(HELLO) as served:
        session = await served.session()
        for _ in range(3):
            await served.prompt(session, "hello")
        everything = await served.messages(session)
        for limit, wanted in (
            ("2", everything[-2:]),
            ("1.5", everything[-2:]),
            ("0", everything),
            ("-1", []),
            ("99", everything),
        ):
            answer = await served.http.get(f"/session/{session}/message?limit={limit}")
            assert answer.json() == wanted, limit


async def test_a_message_id_of_ones_own_is_used(serving: Serving) -> None:
    """The same id again adds parts to the message."""
    async with serving(HELLO) as served:
        session = await served.session()
        mine = {"messageID": "msg_000000000001Custom00000000", "noReply": True}
        await served.prompt(session, "one", **mine)
        await served.prompt(session, "two", **mine)
        messages = await served.messages(session)
    assert [part["text"] for part in messages[0]["parts"]] == ["one", "two"]
    assert len(messages) == 1


async def test_an_agent_part_brings_a_hint_for_the_model(serving: Serving) -> None:
    """A synthetic text that is not part of the prompt."""
    parts = [{"type": "text", "text": "hello"}, {"type": "agent", "name": "general"}]
    async with serving(HELLO) as served:
        session = await served.session()
        answer = await served.http.post(f"/session/{session}/message", json={"parts": parts})
        assert answer.json()["info"]["finish"] == "stop"
        user = (await served.messages(session))[0]
    assert [(part["type"], part.get("synthetic")) for part in user["parts"]] == [
        ("text", None),
        ("agent", None),
        ("text", True),
    ]


async def test_the_model_and_agent_of_a_prompt_are_remembered(serving: Serving) -> None:
    """The plan agent answers, and its mode is in the message."""
    async with serving(HELLO) as served:
        session = await served.session()
        answer = (await served.prompt(session, "hello", agent="plan")).json()
    assert (answer["info"]["mode"], answer["info"]["agent"]) == ("plan", "plan")


async def test_head_is_get_without_a_body(serving: Serving) -> None:
    """200 with a length of 0, as the real server has it."""
    async with serving() as served:
        answer = await served.http.head("/session")
    assert (answer.status_code, answer.headers["Content-Length"], answer.content) == (200, "0", b"")


async def test_an_encoded_id_is_the_same_id(serving: Serving) -> None:
    """ses%5F... finds ses_..."""
    async with serving() as served:
        session = await served.session()
        answer = await served.http.get(f"{served.server.url}/session/{session.replace('_', '%5F')}")
    assert answer.json()["id"] == session


async def test_every_route_is_known_to_these_tests(serving: Serving) -> None:
    """A route that answers like an unknown path would be a hole in the table."""
    async with serving(HELLO) as served:
        session = await served.session()
        user = (await served.prompt(session, "hello", noReply=True)).json()["info"]["id"]
        for route in Router(ROUTES, behaviours(DEFAULT_VERSION)).routes:
            path = route.path.replace("{sessionID}", session).replace("{messageID}", user)
            path = path.replace("{requestID}", "per_x").replace("{permissionID}", "per_x")
            if path.endswith("event"):
                async with served.http.stream("GET", path) as stream:
                    assert stream.status_code == 200
                continue
            has_body = route.method in {"POST", "PATCH"}
            body = {**prompt_body("hello"), "reply": "once", "response": "once", "answers": []} if has_body else None
            answer = await served.http.request(route.method, path, json=body)
            assert answer.status_code in {200, 204}, route
            if route.method == "DELETE":
                session = await served.session()
                user = (await served.prompt(session, "hello", noReply=True)).json()["info"]["id"]


async def test_a_base_path_is_what_a_proxy_strips(serving: Serving) -> None:
    """Below it the server answers, outside it a proxy does, without asking for a password."""
    async with serving(base_path="/opencode/") as served, plain_http() as stranger:
        assert served.server.url.endswith("/opencode")
        root = served.server.url.removesuffix("/opencode")
        assert (await stranger.get(f"{root}/global/health")).status_code == 404
        assert (await stranger.get(f"{root}/opencodex/global/health")).status_code == 404
        assert (await stranger.get(f"{root}/opencode/global/health")).status_code == 401
