"""How the surroundings differ between versions."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Served, Serving

from opencode_fake.surroundings import routes
from opencode_fake.versions import behaviours

NEWEST = "1.18.34"
WRITES = {
    "replies": [
        {
            "steps": [
                {"write": "src/main.py", "content": "one\ntwo\n"},
                {"write": "Zeta.txt", "content": ""},
                {"write": "älter.txt", "content": "x"},
                {"text": "done"},
            ]
        }
    ]
}


async def get(served: Served, route: str, /, **query: str) -> Any:
    """The JSON of a route."""
    answer = await served.http.get(route, params=query)
    assert answer.headers["Content-Type"] == "application/json", answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("path", "since"),
    [
        ("/experimental/workspace", "1.2.27"),
        ("/experimental/console", "1.14.34"),
        ("/vcs/status", "1.14.41"),
        ("/api/health", "1.17.0"),
        ("/project/{projectID}/directories", "1.17.0"),
        ("/api/agent", "1.17.9"),
        ("/experimental/capabilities", "1.17.9"),
    ],
)
def test_a_route_comes_with_its_version(path: str, since: str) -> None:
    """It is an unknown path before."""
    tried = ["1.1.53", "1.2.27", "1.14.34", "1.14.41", "1.15.13", "1.17.0", "1.17.9", "1.17.19", NEWEST]
    has = [any(route.path == path for route in routes(behaviours(version))) for version in tried]
    assert has == [index >= tried.index(since) for index in range(len(tried))]


async def test_every_route_of_the_newest_version_answers(serving: Serving) -> None:
    """None of them fails."""
    needs_query = {"/file", "/file/content", "/find", "/find/file", "/find/symbol"}
    async with serving(version=NEWEST) as served:
        for route in routes(behaviours(NEWEST)):
            if route.method == "GET" and "{" not in route.path:
                expected = 400 if route.path in needs_query else 200
                assert (await served.http.get(route.path)).status_code == expected, route.path


async def test_the_newest_version_lists_agents_by_name(serving: Serving) -> None:
    """The default one comes first; the second interface keeps the old order and says rules in other words."""
    async with serving(version=NEWEST) as served:
        agents = await get(served, "/agent")
        second = await get(served, "/api/agent")
    assert [agent["name"] for agent in agents] == [
        "build",
        "compaction",
        "explore",
        "general",
        "plan",
        "summary",
        "title",
    ]
    assert {"permission": "task", "pattern": "general", "action": "deny"} in agents[4]["permission"]
    assert [agent["id"] for agent in second["data"][:3]] == ["build", "plan", "general"]
    assert second["data"][0]["permissions"][0] == {"action": "*", "resource": "*", "effect": "allow"}
    assert set(second["location"]) == {"directory", "project"}


async def test_the_second_interface_tells_of_a_session(serving: Serving) -> None:
    """In other words than the first, errors included."""
    async with serving(version=NEWEST) as served:
        session = await served.session(title="given")
        told = await get(served, f"/api/session/{session}")
        missing = await served.http.get("/api/session/ses_missing")
        wrong = await served.http.get("/api/session/nope")
    assert set(told["data"]) == {"id", "projectID", "cost", "tokens", "time", "title", "location"}
    assert (told["data"]["id"], told["data"]["location"]) == (session, {"directory": "/data/workspace"})
    assert (missing.status_code, missing.json()["_tag"]) == (404, "SessionNotFoundError")
    assert (wrong.status_code, wrong.json()["field"]) == (400, "sessionID")


async def test_the_newest_version_lists_what_is_configured_only(serving: Serving) -> None:
    """No formatters, no ways to log in, no keys; but a skill that is a command too."""
    async with serving(version=NEWEST) as served:
        assert await get(served, "/formatter") == []
        assert await get(served, "/provider/auth") == {}
        assert "keybinds" not in await get(served, "/config")
        assert [each["name"] for each in await get(served, "/skill")] == ["customize-opencode"]
        assert [each["source"] for each in await get(served, "/command")] == ["command", "command", "skill"]
        assert "codesearch" not in await get(served, "/experimental/tool/ids")
        assert await get(served, "/vcs") == {"branch": "main", "default_branch": "main"}
        assert await get(served, "/vcs", directory="/other") == {"branch": None, "default_branch": None}


async def test_the_newest_version_is_strict_about_folders(serving: Serving) -> None:
    """Folders end with a slash, the repository's own is listed, and what is no folder is an error."""
    async with serving(WRITES, version=NEWEST) as served:
        await served.prompt(await served.session(), "go")
        top = await get(served, "/file", path=".")
        changed = await get(served, "/vcs/status")
        assert await get(served, "/file/status") == []
        for bad in ("/file?path=nope", "/file/content?path=src", "/find?pattern=[", "/file?path=.&directory=/other"):
            assert (await served.http.get(bad)).status_code == 500, bad
        project = (await get(served, "/project/current"))["id"]
        assert await get(served, f"/project/{project}/directories") == [{"directory": top[0]["absolute"][:-5]}]
    assert [each["path"] for each in top] == [".git/", "src/", "älter.txt", "Zeta.txt"]
    assert [(each["file"], each["additions"]) for each in changed] == [
        ("älter.txt", 1),
        ("src/main.py", 2),
        ("Zeta.txt", 0),
    ]


async def test_the_newest_version_names_one_fault_in_a_sentence(serving: Serving) -> None:
    """As all its checks do."""
    async with serving(version=NEWEST) as served:
        missing = await get(served, "/find/file")
        large = await get(served, "/find/file", query="", limit="201")
    assert missing["data"] == {"message": 'Missing key\n  at ["query"]', "kind": "Query"}
    assert large["data"]["message"].startswith("Expected a value less than or equal to 200, got 201")
