"""Where the server is: its folders, its projects, its version control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opencode_fake.scripts.model import JsonObject
from opencode_fake.server.exchange import Incoming, Outgoing, answer
from opencode_fake.state.world import GLOBAL_PROJECT, World

if TYPE_CHECKING:
    from opencode_fake.server.app import App

HOME = "/home/user"
"""The home of the user that the server runs as; the server's data lie in it."""
BRANCH = "main"
"""The branch that the workspace has checked out."""


async def path(app: App, incoming: Incoming) -> Outgoing:
    """``GET /path``."""
    return answer(
        {
            "home": HOME,
            "state": f"{HOME}/.local/state/opencode",
            "config": f"{HOME}/.config/opencode",
            "worktree": app.world.root(incoming.directory),
            "directory": incoming.directory,
        }
    )


async def current(app: App, incoming: Incoming) -> Outgoing:
    """``GET /project/current``: the project of the request's directory."""
    return answer(project(app.world, app.world.project(incoming.directory)))


async def projects(app: App, incoming: Incoming) -> Outgoing:
    """``GET /project``: the projects that somebody worked in; the request's own is one of them."""
    worked_in = {session.info["projectID"]: None for session in app.world.store.by_id()}
    here = app.world.project(incoming.directory)
    return answer([project(app.world, each) for each in app.world.seen | worked_in | {here: None}])


async def directories(app: App, incoming: Incoming) -> Outgoing:
    """``GET /project/{projectID}/directories``."""
    here = incoming.parameters["projectID"] == app.world.project_id
    return answer([{"directory": app.world.directory}] if here else [])


async def vcs(app: App, incoming: Incoming) -> Outgoing:
    """``GET /vcs``: the branch; without a repository there is none."""
    repository = app.world.project(incoming.directory) != GLOBAL_PROJECT
    if app.world.behaviours.vcs_names_default_branch:
        branch = BRANCH if repository else None
        return answer({"branch": branch, "default_branch": branch})
    return answer({"branch": BRANCH} if repository else {})


def project(world: World, project_id: str) -> JsonObject:
    """A project as the server tells of it; it begins when it is asked for first."""
    if project_id not in world.seen:
        world.seen[project_id] = world.now()
    began = world.seen[project_id]
    known: JsonObject = {"id": project_id, "worktree": "/"}
    if project_id != GLOBAL_PROJECT:
        known |= {"worktree": world.directory, "vcs": "git"}
    return known | {"sandboxes": [], "time": {"created": began, "updated": began}}
