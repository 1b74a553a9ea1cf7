"""The tools that the model is offered for a prompt, and what is called in place of one that it is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from opencode_fake.run import structured
from opencode_fake.run.agents import rules_of
from opencode_fake.scripts.model import JsonObject
from opencode_fake.scripts.permissions import Rule, fits, given_rules
from opencode_fake.state.store import Session
from opencode_fake.state.wire import AssistantInfo, UserInfo
from opencode_fake.state.world import World

INVALID = "invalid"
"""The tool that is called in place of one that is not offered."""
_TOOLS = (INVALID, *"question bash read glob grep edit write task webfetch todowrite skill".split())
_PERMISSIONS = {"write": "edit"}
"""What tools ask leave as that do not ask it in their own name."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the model may call to answer ``user``, a prompt that somebody may have deleted meanwhile."""

    world: World
    session: Session
    info: AssistantInfo
    user: UserInfo | None

    def includes(self, name: str) -> bool:
        """Whether the model may call a tool. One that no server has is taken for a tool of the user's own."""
        if name == structured.TOOL:
            return self.user is None or structured.is_asked_for(self.user)
        return name not in _TOOLS or not self._is_off(name)

    def refusal(self, name: str) -> str:
        """What the model is told that has called another tool."""
        offered = filter(self.includes, _TOOLS)
        listed = sorted(offered) if self.world.behaviours.tools_sorted else offered
        return f"Model tried to call unavailable tool '{name}'. Available tools: {', '.join(listed)}."

    def invalid_input(self, name: str) -> JsonObject:
        """What the tool ``invalid`` is given in place of a tool that is not offered."""
        return {"tool": name, "error": self.refusal(name)}

    def _is_off(self, name: str) -> bool:
        """Whether the prompt switches a tool off, or the rules deny it whatever it is called for."""
        if self.user is not None and self.user.get("tools", {}).get(name) is False:
            return True
        permission = _PERMISSIONS.get(name, name)
        last = next((rule for rule in reversed(list(self._rules())) if fits(permission, rule.permission)), None)
        return last is not None and (last.pattern, last.action) == ("*", "deny")

    def _rules(self) -> Iterator[Rule]:
        yield from rules_of(self.world, self.info["agent"], self.info["path"]["root"])
        if self.world.behaviours.denied_tools_are_hidden:
            yield from given_rules(self.session.info.get("permission", ()))
