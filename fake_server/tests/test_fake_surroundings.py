"""What clients ask besides sessions."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from conftest import Serving

from opencode_fake.server.journal import LIMIT, Journal
from opencode_fake.state.world import DATA_DIRECTORY
from opencode_fake.surroundings import routes
from opencode_fake.surroundings.keybinds import KEYBINDS
from opencode_fake.versions import behaviours


async def json_of(http: httpx.AsyncClient, path: str) -> Any:
    """The JSON that a path answers with 200."""
    answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


async def test_every_route_without_parameters_answers(serving: Serving) -> None:
    """All routes of the surroundings that need no query answer 200, none of them fails."""
    needs_query = {"/file", "/file/content", "/find", "/find/file", "/find/symbol"}
    paths = [route.path for route in routes(behaviours("1.1.53")) if route.method == "GET"]
    async with serving() as served:
        for path in paths:
            assert (await served.http.get(path)).status_code == (400 if path in needs_query else 200), path
    assert len(paths) > 20


async def test_the_server_says_where_it_is(serving: Serving) -> None:
    """``/path`` names the home that errors of missing sessions name too."""
    async with serving(directory="/srv/app") as served:
        here = await json_of(served.http, "/path")
        elsewhere = await json_of(served.http, "/path?directory=/other")
    assert DATA_DIRECTORY.startswith(here["home"])
    assert here | {"home": "", "state": "", "config": ""} == {
        "home": "",
        "state": "",
        "config": "",
        "worktree": "/srv/app",
        "directory": "/srv/app",
    }
    assert (elsewhere["worktree"], elsewhere["directory"]) == ("/", "/other")


async def test_projects_are_those_that_somebody_worked_in(serving: Serving) -> None:
    """The workspace's project is a repository, all other directories share the global one."""
    async with serving() as served:
        here = await json_of(served.http, "/project/current")
        assert await json_of(served.http, "/project") == [here]
        session = (await served.http.post("/session", params={"directory": "/other"})).json()
        first, second = await json_of(served.http, "/project")
        other = await json_of(served.http, "/project/current?directory=/other")
    assert here["vcs"] == "git"
    assert first == here
    assert second == other
    assert (other["id"], other["worktree"], "vcs" in other) == ("global", "/", False)
    assert session["projectID"] == "global"


async def test_a_branch_is_named_in_the_repository_only(serving: Serving) -> None:
    """``/vcs`` of another directory is empty."""
    async with serving() as served:
        assert await json_of(served.http, "/vcs") == {"branch": "main"}
        assert await json_of(served.http, "/vcs?directory=/other") == {}


async def test_one_model_is_configured_offered_and_used(serving: Serving) -> None:
    """Configuration, providers and replies name the same model."""
    async with serving({"replies": [{"prompt": "hi", "steps": [{"text": "hello"}]}]}) as served:
        config = await json_of(served.http, "/config")
        usable = await json_of(served.http, "/config/providers")
        known = await json_of(served.http, "/provider")
        reply = (await served.prompt(await served.session(), "hi")).json()["info"]
    named = f"{reply['providerID']}/{reply['modelID']}"
    assert config["model"] == config["small_model"] == named
    (provider,) = usable["providers"]
    assert list(provider["models"]) == [reply["modelID"]]
    assert usable["default"] == {reply["providerID"]: reply["modelID"]}
    assert known == {"all": [provider], "default": usable["default"], "connected": [reply["providerID"]]}
    assert "url" not in provider["models"]["script-1"]["api"]
    assert config["keybinds"] == dict(KEYBINDS)


async def test_agents_are_those_that_a_prompt_can_name(serving: Serving) -> None:
    """Each listed agent takes a prompt; what the terminal interface needs of it is there."""
    async with serving({"replies": [{"steps": [{"text": "hello"}]}]}) as served:
        agents = await json_of(served.http, "/agent")
        for agent in agents:
            reply = await served.prompt(await served.session(), "hi", agent=agent["name"])
            assert reply.json()["info"]["agent"] == agent["name"]
    assert [agent["name"] for agent in agents[:4]] == ["build", "plan", "general", "explore"]
    assert [agent["name"] for agent in agents if agent.get("hidden")] == ["compaction", "title", "summary"]
    assert {agent["mode"] for agent in agents} == {"primary", "subagent"}
    plan = agents[1]["permission"]
    assert {"permission": "edit", "pattern": "*", "action": "deny"} in plan
    assert all(set(rule) == {"permission", "pattern", "action"} for agent in agents for rule in agent["permission"])


async def test_commands_tools_and_formatters_are_listed(serving: Serving) -> None:
    """What there is to choose from on 1.1.53."""
    async with serving() as served:
        commands = await json_of(served.http, "/command")
        tools = await json_of(served.http, "/experimental/tool/ids")
        formatters = await json_of(served.http, "/formatter")
        logins = await json_of(served.http, "/provider/auth")
        assert await json_of(served.http, "/skill") == []
        assert await json_of(served.http, "/mcp") == {}
        assert await json_of(served.http, "/lsp") == []
    assert [(each["name"], each.get("subtask", False)) for each in commands] == [("init", False), ("review", True)]
    assert tools[:4] == ["invalid", "question", "bash", "read"]
    assert {"name": "rustfmt", "extensions": [".rs"], "enabled": False} in formatters
    assert len(formatters) == 24
    assert list(logins) == ["openai", "github-copilot", "gitlab"]


async def test_a_log_line_is_taken_or_refused(serving: Serving) -> None:
    """``POST /log`` answers true; its faults are named in the order of the schema."""
    line = {"service": "test", "level": "info", "message": "m", "extra": {"a": 1}}
    async with serving() as served:
        assert (await served.http.post("/log", json=line)).json() is True
        empty = await served.http.post("/log", json={})
        loud = await served.http.post("/log", json=line | {"level": "loud"})
    assert empty.status_code == 400
    assert [issue["path"] for issue in empty.json()["error"]] == [["service"], ["level"], ["message"]]
    assert loud.json()["error"][0]["message"] == 'Invalid option: expected one of "debug"|"info"|"error"|"warn"'


async def test_what_is_not_reproduced_is_counted(serving: Serving) -> None:
    """An unknown path answers as one, and the journal counts it by method and path."""
    async with serving() as served:
        for _ in range(2):
            assert (await served.http.get("/pty")).status_code == 500
        await served.http.post("/tui/open-help")
        await served.http.get("/path")
        assert dict(served.server.journal.unknown) == {"GET /pty": 2, "POST /tui/open-help": 1}


def test_very_many_unknown_paths_are_counted_together() -> None:
    """The count keeps its bound."""
    journal = Journal()
    for number in range(LIMIT + 5):
        journal.miss("GET", f"/{number}")
    assert len(journal.unknown) == LIMIT + 1
    assert journal.unknown["others"] == 5


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "Too small: expected number to be >=1"),
        ("limit=201", "Too big: expected number to be <=200"),
        ("limit=x", "Invalid input: expected number, received NaN"),
        ("type=foo", 'Invalid option: expected one of "file"|"directory"'),
        ("dirs=x", 'Invalid option: expected one of "true"|"false"'),
    ],
)
async def test_a_search_finds_fault_in_its_parameters(serving: Serving, query: str, message: str) -> None:
    """Faults are worded as the real server does."""
    async with serving() as served:
        answer = await served.http.get(f"/find/file?query=&{query}")
    assert answer.status_code == 400
    assert [issue["message"] for issue in answer.json()["error"]] == [message]
