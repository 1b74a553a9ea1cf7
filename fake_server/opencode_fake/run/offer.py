"""The tools that the model is offered for a prompt, and what is called in place of one that it is not."""

from __future__ import annotations

from opencode_fake.run import structured
from opencode_fake.scripts.model import JsonObject
from opencode_fake.scripts.permissions import fits
from opencode_fake.state.store import Session
from opencode_fake.state.wire import UserInfo
from opencode_fake.state.world import World

INVALID = "invalid"
"""The tool that is called in place of one that is not offered."""
_TOOLS = (INVALID, *"question bash read glob grep edit write task webfetch todowrite skill".split())
_PERMISSIONS = {"write": "edit"}
"""What tools ask leave as that do not ask it in their own name."""


def is_offered(world: World, session: Session, user: UserInfo, name: str) -> bool:
    """Whether the model may call a tool. One that no server has is taken for a tool of the user's own."""
    if name == structured.TOOL:
        return structured.is_asked_for(user)
    return name not in _TOOLS or not _is_off(world, session, user, name)


def invalid_input(world: World, session: Session, user: UserInfo, name: str) -> JsonObject:
    """What the tool ``invalid`` is given in place of a tool that is not offered."""
    offered = [tool for tool in _TOOLS if not _is_off(world, session, user, tool)]
    listed = sorted(offered) if world.behaviours.tools_sorted else offered
    error = f"Model tried to call unavailable tool '{name}'. Available tools: {', '.join(listed)}."
    return {"tool": name, "error": error}


def _is_off(world: World, session: Session, user: UserInfo, name: str) -> bool:
    """Whether the prompt switches a tool off, or the session's rules deny it whatever it is called for."""
    if user.get("tools", {}).get(name) is False:
        return True
    rules = session.info.get("permission", ()) if world.behaviours.denied_tools_are_hidden else ()
    permission = _PERMISSIONS.get(name, name)
    last = next((rule for rule in reversed(list(rules)) if fits(permission, f"{rule['permission']}")), None)
    return last is not None and (last["pattern"], last["action"]) == ("*", "deny")
