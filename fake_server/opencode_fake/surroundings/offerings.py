"""What there is to choose from: commands, skills, tools, formatters and the services that the server works with.

The texts that a real server keeps for its model (templates, contents of skills) are stand-ins.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from opencode_fake.scripts.model import JsonObject, JsonValue
from opencode_fake.server import checks
from opencode_fake.server.exchange import Incoming, Outgoing, answer
from opencode_fake.server.routing import Handler
from opencode_fake.surroundings import schemas
from opencode_fake.surroundings.formatters import FORMATTERS

if TYPE_CHECKING:
    from opencode_fake.server.app import App
    from opencode_fake.versions import Behaviours

log = logging.getLogger("opencode_fake")

TOOLS = (
    "invalid question bash read glob grep edit write task webfetch todowrite websearch codesearch skill apply_patch"
).split()
CUSTOMIZE = "customize-opencode"
_AUTHENTICATION: JsonObject = {
    "openai": [
        {"type": "oauth", "label": "ChatGPT Pro/Plus (browser)"},
        {"type": "oauth", "label": "ChatGPT Pro/Plus (headless)"},
        {"type": "api", "label": "Manually enter API Key"},
    ],
    "github-copilot": [{"type": "oauth", "label": "Login with GitHub Copilot"}],
    "gitlab": [{"type": "oauth", "label": "GitLab OAuth"}, {"type": "api", "label": "GitLab Personal Access Token"}],
}


def always(value: JsonValue) -> Handler:
    """Answers the same to everybody."""

    async def handle(_: App, __: Incoming) -> Outgoing:
        return answer(value)

    return handle


async def commands(app: App, _: Incoming) -> Outgoing:
    """``GET /command``."""
    return answer(known_commands(app.world.behaviours))


def known_commands(version: Behaviours) -> list[JsonObject]:
    """The commands that come with the server; its skills can be called like commands."""
    return [
        _command("init", "guided AGENTS.md setup" if version.init_is_guided else "create/update AGENTS.md"),
        _command("review", "review changes [commit|branch|pr], defaults to uncommitted") | {"subtask": True},
        *(_called(skill) for skill in known_skills(version)),
    ]


async def skills(app: App, _: Incoming) -> Outgoing:
    """``GET /skill``."""
    return answer(known_skills(app.world.behaviours))


def known_skills(version: Behaviours) -> list[JsonObject]:
    """The skills that come with the server."""
    skill: JsonObject = {
        "name": CUSTOMIZE,
        "description": "Use when the user edits or creates the configuration of opencode itself.",
        "location": "<built-in>",
        "content": f"Text of the skill {CUSTOMIZE}: a fake has no use for it.",
    }
    return [skill] if version.has_skills else []


async def tool_ids(app: App, _: Incoming) -> Outgoing:
    """``GET /experimental/tool/ids``."""
    return answer(tools(app.world.behaviours))


async def formatters(app: App, _: Incoming) -> Outgoing:
    """``GET /formatter``: all that there are, none of them installed; later versions list configured ones only."""
    if not app.world.behaviours.formatters_listed:
        return answer([])
    listed = [
        {"name": name, "extensions": [f".{each}" for each in extensions], "enabled": False}
        for name, extensions in FORMATTERS
    ]
    return answer(listed)


async def authentication(app: App, _: Incoming) -> Outgoing:
    """``GET /provider/auth``: how one can log in with providers."""
    return answer(_AUTHENTICATION if app.world.behaviours.logins_built_in else {})


async def write_log(_: App, incoming: Incoming) -> Outgoing:
    """``POST /log``: a line for the server's log."""
    line = checks.body(incoming, schemas.LOG)
    log.info("%s: %s", line["service"], line["message"])
    return answer(True)


def tools(version: Behaviours) -> list[str]:
    """The names of the tools that the model can call."""
    return [tool for tool in TOOLS if tool != "codesearch" or version.has_codesearch]


def _command(name: str, description: str) -> JsonObject:
    return {
        "name": name,
        "description": description,
        "source": "command",
        "template": f"Template of the command {name}: a fake has no use for it.\n\n$ARGUMENTS",
        "hints": ["$ARGUMENTS"],
    }


def _called(skill: JsonObject) -> JsonObject:
    return {
        "name": skill["name"],
        "description": skill["description"],
        "source": "skill",
        "template": skill["content"],
        "hints": [],
    }
