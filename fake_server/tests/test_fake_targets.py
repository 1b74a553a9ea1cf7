"""Paths, queries and directories, read as the router of each era reads them."""

from __future__ import annotations

import httpx
import pytest
from conftest import Served, Serving

from opencode_fake.server.target import decoded_whole, lenient, strict

OLD, NEW = "1.1.53", "1.18.34"
LONG = "a" * 300


async def asked(served: Served, target: str, method: str = "GET", **options: object) -> httpx.Response:
    """The answer to a target that is sent to the letter."""
    whole = (served.server.base_path + target).encode()
    headers = options.get("headers")
    request = served.http.build_request(
        method, "/", headers=headers if isinstance(headers, dict) else None, extensions={"target": whole}
    )
    return await served.http.send(request)


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/session/../global/health", ("global", "health")),
        ("/./global/health", ("global", "health")),
        ("/session/%2e%2E/global/health", ("global", "health")),
        ("/../../global/health", ("global", "health")),
        ("/global\\health", ("global", "health")),
        ("/session/x/..", ("session", "")),
        ("/session/.", ("session", "")),
        ("/session/ses_%FF", ("session", "ses_%FF")),
        ("/session/ses_%C3%BC%FFx%20%", ("session", "ses_%C3%BC%FFx %")),
        ("/session/ses_%C3%BC%2Fx", ("session", "ses_ü/x")),
        ("/global/health;x=1", ("global", "health;x=1")),
    ],
)
def test_a_lenient_path_is_resolved_and_keeps_what_is_no_escape(path: str, segments: tuple[str, ...]) -> None:
    """As an address is, to 1.14.41."""
    assert lenient(path, "").segments == segments


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/./global/health", (".", "global", "health")),
        ("/global/health;x=1", ("global", "health")),
        ("/session/ses_%C3%BC%2Fx", ("session", "ses_ü/x")),
        ("/session/ses_%FF", None),
        ("/session/ses_%ZZ", None),
        ("/session/ses_%", None),
    ],
)
def test_a_strict_path_is_not_resolved(path: str, segments: tuple[str, ...] | None) -> None:
    """A semicolon ends it, and a bad escape makes it unreadable, from 1.15.0 on."""
    assert strict(path, "").segments == segments


def test_a_parameter_given_twice_is_a_list() -> None:
    """Who reads only one gets the first."""
    for read in (lenient, strict):
        target = read("/", "limit=1&limit=2&limit=3&search=a+b%20c")
        assert target.query == {"limit": ["1", "2", "3"], "search": "a b c"}
        assert target.single == {"limit": "1", "search": "a b c"}


def test_queries_of_the_two_eras_differ_in_what_is_no_escape() -> None:
    """And in whether a parameter without a name counts."""
    assert lenient("/", "a=%FF&=1&b").query == {"a": "%FF", "b": ""}
    assert strict("/", "a=%FF&=1&b").query == {"a": "\ufffd", "": "1", "b": ""}


def test_text_with_one_bad_escape_stays_as_a_whole() -> None:
    """So directories are read."""
    assert decoded_whole("/a%20b") == "/a b"
    assert decoded_whole("/a%20b%FF") == "/a%20b%FF"


@pytest.mark.parametrize(
    ("version", "target", "status", "body"),
    [
        (OLD, "/session/../global/health", 200, '{"healthy":true,"version":"1.1.53"}'),
        (NEW, "/global/health;x=1", 200, '{"healthy":true,"version":"1.18.34"}'),
        (NEW, "/session/ses_%FF", 404, ""),
        (NEW, f"/session/ses_{LONG}", 404, ""),
        (OLD, f"/session/ses_{LONG}", 500, "ENAMETOOLONG: name too long, open "),
        (NEW, "/session/%73es_x", 500, "UnknownError"),
        (NEW, "/session/status/", 500, "UnknownError"),
        (NEW, "/session//xyz/todo", 400, '"kind":"Params"'),
        (OLD, "/session?limit=Infinity", 400, '"received":"Infinity"'),
        (OLD, "/session?limit=1&limit=2", 400, '{"data":{"limit":["1","2"]},'),
        (OLD, "/session?search=1&search=2", 400, "expected string, received array"),
        (NEW, "/session?limit=1&limit=2", 400, r"Expected string | undefined, got [\"1\",\"2\"]"),
        (NEW, "/session?roots=true&roots=true", 400, r"Expected \"true\" | \"false\" | undefined, got "),
        (NEW, "/session?scope=zzz", 400, r"Expected \"project\", got \"zzz\""),
        ("1.14.41", "/session?scope=zzz", 400, r'"message":"Invalid input: expected \"project\""'),
    ],
)
async def test_odd_targets_are_answered_as_measured(
    serving: Serving, version: str, target: str, status: int, body: str
) -> None:
    """Over HTTP, to the letter."""
    async with serving(version=version) as served:
        answer = await asked(served, target)
    assert (answer.status_code, body in answer.text) == (status, True), answer.text
    assert body or not answer.content


async def test_the_status_is_checked_as_an_id_where_it_must_be_one(serving: Serving) -> None:
    """It is exempt only from being looked up."""
    async with serving(version=NEW) as served:
        answer = await asked(served, "/session/status", "DELETE")
    assert answer.status_code == 400
    assert 'got \\"status\\"' in answer.text


@pytest.mark.parametrize(
    ("version", "named", "kept", "own"),
    [
        (OLD, "nowhere", "nowhere", True),
        (OLD, "/data/workspace/", "/data/workspace/", True),
        (OLD, "/data/workspace/sub", "/data/workspace/sub", True),
        (OLD, "/data/workspaces", "/data/workspaces", False),
        (OLD, "/nowhere/%2520x", "/nowhere/ x", False),
        (NEW, "nowhere", "/data/workspace/nowhere", True),
        (NEW, "..", "/data", False),
        (NEW, "/data/workspace//sub/./deep/..", "/data/workspace/sub", True),
        (NEW, "/nowhere/x/../y/", "/nowhere/y", False),
        (NEW, "/", "/", False),
    ],
)
async def test_a_directory_belongs_to_the_repository_above_it(
    serving: Serving, version: str, named: str, kept: str, own: bool
) -> None:
    """From 1.2.27 on it is resolved first."""
    async with serving(version=version) as served:
        here = (await served.http.post("/session")).json()
        session = (await asked(served, f"/session?directory={named}", "POST")).json()
    assert session["directory"] == kept
    assert (session["projectID"] == here["projectID"], session["projectID"] == "global") == (own, not own)


async def test_a_session_names_its_path_in_the_repository(serving: Serving) -> None:
    """Outside of any all of it."""
    async with serving(version=NEW) as served:
        paths = [
            (await asked(served, f"/session?directory={named}", "POST")).json()["path"]
            for named in (".", "sub/deep", "/nowhere/x", "/")
        ]
    assert paths == ["", "sub/deep", "nowhere/x", ""]


@pytest.mark.parametrize(
    ("version", "query", "listed"),
    [
        (OLD, "", ["root", "sub"]),
        (OLD, "?directory=", []),
        (OLD, "?directory=/data/workspace/sub", ["sub"]),
        (OLD, "?directory=sub", []),
        ("1.2.6", "?directory=", ["root", "sub"]),
        (NEW, "", ["root", "sub"]),
        (NEW, "?directory=", ["root", "sub"]),
        (NEW, "?directory=sub/", ["sub"]),
        (NEW, "?directory=sub&scope=project", ["root", "sub"]),
        (NEW, "?directory=.&path=sub", ["sub"]),
        (NEW, "?directory=/nowhere", ["far"]),
    ],
)
async def test_sessions_of_the_project_are_listed(
    serving: Serving, version: str, query: str, listed: list[str]
) -> None:
    """Those of one directory only where the query names it."""
    async with serving(version=version) as served:
        for title, directory in (("root", ""), ("sub", "/data/workspace/sub"), ("far", "/nowhere")):
            await served.http.post("/session", params={"directory": directory}, json={"title": title})
        found = (await asked(served, f"/session{query}")).json()
        elsewhere = await asked(served, "/session", headers={"x-opencode-directory": "%2Felsewhere"})
    assert sorted(each["title"] for each in found) == listed
    assert [each["title"] for each in elsewhere.json()] == ["far"], "a header names the project only"


async def test_the_next_page_is_asked_for_where_this_one_was(serving: Serving) -> None:
    """With the limit as it was understood."""
    async with serving(version=NEW) as served:
        session = await served.session()
        for _ in range(2):
            await served.http.post(f"/session/{session}/message", json={"noReply": True, "parts": []})
        answer = await asked(served, f"/session/{session}/message?order=a%20b&limit=+01")
    assert f"/session/{session}/message?order=a+b&limit=1&before=ey" in answer.headers["Link"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
async def test_the_web_page_says_what_it_may_load(serving: Serving, method: str) -> None:
    """Whatever the method."""
    async with serving(version=NEW) as served:
        answer = await asked(served, "/nope", method)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html")
    assert "connect-src * data: blob:" in answer.headers["Content-Security-Policy"]


async def test_bytes_that_are_no_text_are_replaced(serving: Serving) -> None:
    """One sign for each byte of half a character."""
    body = '{"title":"x\ud800y"}'.encode("utf-8", "surrogatepass")
    async with serving() as served:
        answer = await served.http.post("/session", content=body, headers={"Content-Type": "application/json"})
    assert answer.json()["title"] == "x\ufffd\ufffd\ufffdy"
