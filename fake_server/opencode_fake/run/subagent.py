"""A child session that does a task: for the tool ``task``, or for a subtask part of a prompt."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import cast

from opencode_fake.run.aborts import announce_abort
from opencode_fake.run.agents import rules_of
from opencode_fake.run.effects import Effect, Effects, Start, Stop, Subrun, Until
from opencode_fake.run.events import session_created
from opencode_fake.run.models import AGENTS
from opencode_fake.run.prompt import accept
from opencode_fake.run.tools import Outcome, ToolFailed
from opencode_fake.run.writing import write_part
from opencode_fake.scripts.model import JsonObject
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import AssistantInfo, ToolPart
from opencode_fake.state.world import World

_TOO_DEEP = 'Subagent depth limit reached (1). Increase "subagent_depth" to allow nested subagents.'
_TODO_TOOLS = ("todowrite", "todoread")
_DENIED: JsonObject = {"permission": "*", "pattern": "*", "action": "deny"}


def refusal(world: World, session: Session) -> str | None:
    """Why a session may set no subagent to work, if it may not: it is below another one, or should be."""
    parent = session.info.get("parentID")
    if parent is None or world.behaviours.subagents_delegate:
        return None
    return _TOO_DEEP if world.store.find(parent) is not None else f"Session not found: {parent}"


@dataclass(eq=False, slots=True)
class Subagent:
    """The session below ``session`` that does what the running call ``part`` of ``message`` asks for."""

    world: World
    session: Session
    message: Message
    part: ToolPart
    _subrun: Subrun | None = None

    def work(self) -> Generator[Effect, None, Outcome]:
        """Opens the child session, shows it in the call, and waits until it has answered. May raise ToolFailed."""
        reason = refusal(self.world, self.session)
        if reason is not None:
            raise ToolFailed(reason)
        if self._agent not in AGENTS:
            raise ToolFailed(f"Unknown agent type: {self._agent} is not a valid agent type")
        child = self._open()
        yield from session_created(self.world, child)
        shown = self._shown(child)
        self.part["state"].pop("raw", None)
        self.part["state"]["title"] = self._description
        self.part["state"]["metadata"] = shown
        yield write_part(self.world, self.session, self.message, self.part)
        yield from accept(self.world, child, self._prompt())[1]
        self._subrun = Subrun(child)
        yield Start(self._subrun)
        yield Until((self._subrun,))
        text, error = _last_words(child)
        if not text and error and self.world.behaviours.task_failure_is_told:
            raise ToolFailed(f"Subagent failed (task_id: {child.id}): {error}", shown)
        return Outcome(
            output=self._result(child, text),
            title=self._description,
            metadata={**self._summary(child), **shown, "truncated": False},
        )

    def stop(self) -> Effects:
        """The parent was aborted: so is the child."""
        if self._subrun is not None and not self._subrun.settled:
            yield Stop(self._subrun.session.id)

    def end(self) -> Effects:
        """The same; where the version does so it waits for the child, and only then the abort is told."""
        yield from self.stop()
        if self._subrun is not None and self.world.behaviours.subagents_end_first:
            yield Until((self._subrun,))
            yield from announce_abort(self.world, self.session.id, running=True)

    def _open(self) -> Session:
        agent = self._agent
        return self.world.create_session(
            self.session.info["directory"],
            title=f"{self._description} (@{agent} subagent)",
            parent_id=self.session.id,
            permission=[*self._inherited(), *({**_DENIED, "permission": tool} for tool in self._withheld())],
            agent=agent if self.world.behaviours.subagent_is_named else None,
        )

    def _prompt(self) -> JsonObject:
        info = self._info
        prompt: JsonObject = {
            "agent": self._agent,
            "model": {"modelID": info["modelID"], "providerID": info["providerID"]},
            "parts": [{"type": "text", "text": self.part["state"]["input"]["prompt"]}],
        }
        if "variant" in info and self.world.behaviours.subagent_has_variant:
            prompt["variant"] = info["variant"]
        if self.world.behaviours.subagent_told_tools:
            prompt["tools"] = dict.fromkeys(self._withheld(), False)
        return prompt

    @property
    def _info(self) -> AssistantInfo:
        return cast("AssistantInfo", self.message.info)

    @property
    def _agent(self) -> str:
        return f"{self.part['state']['input']['subagent_type']}"

    @property
    def _description(self) -> str:
        return f"{self.part['state']['input']['description']}"

    def _inherited(self) -> Iterator[JsonObject]:
        """The rules that hold for the child because they hold for whoever set it to work."""
        behaviours, prompt = self.world.behaviours, self.session.messages.get(self._info["parentID"])
        if behaviours.subagents_inherit_agents_denials and prompt is not None and prompt.info["role"] == "user":
            rules = rules_of(self.world, prompt.info["agent"], self._info["path"]["root"])
            denials = (rule for rule in rules if (rule.permission, rule.action) == ("edit", "deny"))
            yield from (rule.wire(as_written=behaviours.rules_shown_as_written) for rule in denials)
        if behaviours.subagents_inherit_rules:
            for rule in self.session.info.get("permission", ()):
                if rule["permission"] == "external_directory" or rule["action"] == "deny":
                    yield {**rule}

    def _withheld(self) -> tuple[str, ...]:
        """The tools that a subagent may not use, but for those that its own rules speak of."""
        behaviours = self.world.behaviours
        ruled = {rule.permission for rule in rules_of(self.world, self._agent, self._info["path"]["root"])}
        if behaviours.subagent_todos_denied:
            ruled -= {*_TODO_TOOLS}
        known = _TODO_TOOLS if behaviours.has_codesearch else _TODO_TOOLS[:1]
        return tuple(tool for tool in (*known, "task") if tool not in ruled)

    def _summary(self, child: Session) -> JsonObject:
        """The tools that the child called."""
        if not self.world.behaviours.task_shows_summary:
            return {}
        parts = [part for message in child.ordered() for part in message.wire()["parts"]]
        return {"summary": [_called(part) for part in parts if part["type"] == "tool"]}

    def _shown(self, child: Session) -> JsonObject:
        """What the call shows of the child."""
        info = self._info
        shown: JsonObject = {"parentSessionId": self.session.id} if self.world.behaviours.task_shows_parent else {}
        shown["sessionId"] = child.id
        if self.world.behaviours.task_shows_model:
            shown["model"] = {"modelID": info["modelID"], "providerID": info["providerID"]}
        return shown

    def _result(self, child: Session, text: str) -> str:
        """What the child said, as the model is told it."""
        match self.world.behaviours.task_result:
            case "text":
                return f"{text}\n\n<task_metadata>\nsession_id: {child.id}\n</task_metadata>"
            case "labelled":
                result = f"<task_result>\n{text}\n</task_result>"
                return f"task_id: {child.id} (for resuming to continue this task if needed)\n\n{result}"
            case "tagged":
                return f'<task id="{child.id}" state="completed">\n<task_result>\n{text}\n</task_result>\n</task>'


def _last_words(child: Session) -> tuple[str, str]:
    """The last text of a session's last answer, and the last error of a tool in it."""
    last = child.last_assistant()
    parts = list(child.messages[last["id"]].parts.values()) if last is not None else []
    text = next((part["text"] for part in reversed(parts) if part["type"] == "text"), "")
    states = (part["state"] for part in reversed(parts) if part["type"] == "tool")
    return text, next((error for state in states if (error := state.get("error"))), "")


def _called(part: ToolPart) -> JsonObject:
    state = part["state"]
    title: JsonObject = {"title": state.get("title", "")} if state["status"] == "completed" else {}
    return {"id": part["id"], "tool": part["tool"], "state": {"status": state["status"], **title}}
