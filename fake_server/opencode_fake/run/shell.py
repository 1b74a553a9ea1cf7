"""A command that the user, not the model, has executed in a session."""

from __future__ import annotations

from collections.abc import Iterator

from opencode_fake.run.effects import Event, go_idle, set_status
from opencode_fake.run.events import message_updated, part_updated
from opencode_fake.run.history import forget_reverted
from opencode_fake.run.models import DEFAULT_MODEL
from opencode_fake.scripts.model import JsonObject
from opencode_fake.scripts.tool_calls import script_commands
from opencode_fake.state.store import TOLD, Message, Session
from opencode_fake.state.wire import AssistantInfo, ModelRef, PartTime, TextPart, ToolPart, UserInfo
from opencode_fake.state.world import World, no_tokens


class Shell:
    """One such command: ``events`` performs it, ``message`` is what it became."""

    def __init__(self, world: World, session: Session, agent: str, model: ModelRef | None, command: str) -> None:
        self._world, self._session, self._command = world, session, command
        known = session.last_user()
        self._agent = agent
        last = known["model"] if known is not None else DEFAULT_MODEL
        # A variant is a prompt's affair: a command of the shell is not asked of the model.
        self._model = model or {"providerID": last["providerID"], "modelID": last["modelID"]}
        self.message = Message(self._info(""))

    def events(self) -> Iterator[Event]:
        """All that happens: nothing is executed, the script's own output of this command is shown."""
        world = self._world
        if world.behaviours.shell_is_busy:
            yield set_status(world, self._session.id, {"type": "busy"})
        yield from forget_reverted(world, self._session)
        yield from self._ask()
        part = self._part()
        yield part_updated(world, part)
        known = script_commands(world.casting.script).get(self._command)
        output = known.output or "" if known is not None else ""
        if output:
            part["state"]["metadata"] = self._shown(output)
            yield part_updated(world, part)
        start, end = part["state"].get("time", {"start": 0})["start"], world.now()
        time: PartTime = {"start": start, "end": end}
        part["state"] = {
            "status": "completed",
            "input": {"command": self._command},
            "output": output,
            "title": "",
            "metadata": self._shown(output),
            "time": time,
        }
        info = self.message.info
        if info["role"] == "assistant":
            info["time"]["completed"] = end
        yield message_updated(world, info)
        yield part_updated(world, part)
        yield from go_idle(world, self._session.id)

    def _shown(self, output: str) -> JsonObject:
        return {"output": output, "description": ""} if self._world.behaviours.bash_described else {"output": output}

    def _ask(self) -> Iterator[Event]:
        world, created = self._world, self._world.now()
        user: UserInfo = {
            "id": world.identifiers.ascending("msg", created),
            "sessionID": self._session.id,
            "role": "user",
            "time": {"created": created},
            "agent": self._agent,
            "model": self._model,
        }
        asked = self._session.messages[user["id"]] = Message(user)
        yield message_updated(world, user)
        told: TextPart = {
            "id": world.identifiers.ascending("prt", world.now()),
            "sessionID": self._session.id,
            "messageID": user["id"],
            "type": "text",
            "text": TOLD,
            "synthetic": True,
        }
        asked.parts[told["id"]] = told
        yield part_updated(world, told)
        self.message = Message(self._info(user["id"]))
        self._session.messages[self.message.info["id"]] = self.message
        yield message_updated(world, self.message.info)

    def _info(self, parent: str) -> AssistantInfo:
        world, created = self._world, self._world.now()
        return {
            "id": world.identifiers.ascending("msg", created),
            "sessionID": self._session.id,
            "role": "assistant",
            "time": {"created": created},
            "parentID": parent,
            "modelID": self._model["modelID"],
            "providerID": self._model["providerID"],
            "mode": self._agent,
            "agent": self._agent,
            "path": {"cwd": world.directory, "root": world.directory},
            "cost": 0,
            "tokens": no_tokens(),
        }

    def _part(self) -> ToolPart:
        world, given = self._world, JsonObject(command=self._command)
        part: ToolPart = {
            "id": world.identifiers.ascending("prt", world.now()),
            "sessionID": self._session.id,
            "messageID": self.message.info["id"],
            "type": "tool",
            "callID": world.identifiers.ulid(world.now()),
            "tool": "bash",
            "state": {"status": "running", "input": given, "time": {"start": world.now()}},
        }
        self.message.parts[part["id"]] = part
        return part
