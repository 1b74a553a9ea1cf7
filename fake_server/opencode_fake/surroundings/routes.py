"""Which of the surroundings a version has."""

from __future__ import annotations

from opencode_fake.server.routing import Route
from opencode_fake.surroundings import agents, document, files, models, offerings, places, second
from opencode_fake.versions import Behaviours

_ALWAYS = (
    Route("GET", "/doc", document.document),
    Route("GET", "/path", places.path),
    Route("GET", "/project", places.projects),
    Route("GET", "/project/current", places.current),
    Route("GET", "/vcs", places.vcs),
    Route("GET", "/config", models.config),
    Route("GET", "/global/config", offerings.always({})),
    Route("GET", "/config/providers", models.configured),
    Route("GET", "/provider", models.providers),
    Route("GET", "/provider/auth", offerings.authentication),
    Route("GET", "/agent", agents.agents),
    Route("GET", "/command", offerings.commands),
    Route("GET", "/skill", offerings.skills),
    Route("GET", "/mcp", offerings.always({})),
    Route("GET", "/lsp", offerings.always([])),
    Route("GET", "/formatter", offerings.formatters),
    Route("GET", "/experimental/tool/ids", offerings.tool_ids),
    Route("GET", "/experimental/resource", offerings.always({})),
    Route("GET", "/experimental/worktree", offerings.always([])),
    Route("POST", "/log", offerings.write_log),
    Route("GET", "/file", files.listed),
    Route("GET", "/file/content", files.read),
    Route("GET", "/file/status", files.status),
    Route("GET", "/find", files.find_text),
    Route("GET", "/find/file", files.find_files),
    Route("GET", "/find/symbol", files.find_symbols),
)
_WORKSPACES = (Route("GET", "/experimental/workspace", offerings.always([])),)
_CONSOLE = (
    Route("GET", "/experimental/console", offerings.always({"consoleManagedProviders": [], "switchableOrgCount": 0})),
    Route("GET", "/experimental/console/orgs", offerings.always({"orgs": []})),
    Route("GET", "/experimental/workspace/status", offerings.always([])),
    Route(
        "GET",
        "/experimental/workspace/adapter",
        offerings.always([{"type": "worktree", "name": "Worktree", "description": "Create a git worktree"}]),
    ),
)
_CAPABILITIES = (Route("GET", "/experimental/capabilities", offerings.always({"backgroundSubagents": False})),)
_VCS_STATUS = (Route("GET", "/vcs/status", files.changed),)
_DIRECTORIES = (Route("GET", "/project/{projectID}/directories", places.directories),)


def routes(version: Behaviours) -> tuple[Route, ...]:
    """The routes that this version has; the others are unknown paths to it."""
    chosen = [
        (True, _ALWAYS),
        (version.has_workspaces, _WORKSPACES),
        (version.has_console, _CONSOLE),
        (version.has_capabilities, _CAPABILITIES),
        (version.has_vcs_status, _VCS_STATUS),
        (version.has_project_directories, _DIRECTORIES),
        (version.has_api_health, second.HEALTH),
        (version.has_second_interface, second.ROUTES),
    ]
    return tuple(route for has_them, some in chosen if has_them for route in some)
