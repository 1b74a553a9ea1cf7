"""A prompt arrives: the user message that it becomes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from opencode_fake.run import structured
from opencode_fake.run.attachments import attached
from opencode_fake.run.effects import Event
from opencode_fake.run.events import kept, message_updated, part_updated, session_updated
from opencode_fake.run.history import forget_reverted
from opencode_fake.run.models import AGENTS, DEFAULT_AGENT, DEFAULT_MODEL
from opencode_fake.scripts.model import JsonObject, JsonValue
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import GivenPart, ModelRef, Part, SessionModel, TextPart, UserInfo
from opencode_fake.state.world import World, iso


class UnknownAgent(Exception):
    """The prompt names an agent that does not exist."""


def accept(world: World, session: Session, body: JsonObject) -> tuple[Message, list[Event]]:
    """Stores the user message of a checked prompt ``body`` and tells of it. Returns what was sent just now.

    Raises UnknownAgent, and then nothing was stored.
    """
    agent = body.get("agent", DEFAULT_AGENT)
    if agent not in AGENTS:
        raise UnknownAgent(agent)
    forgotten = list(forget_reverted(world, session))
    created = world.now()
    info = _user_info(world, session, body, created)
    message = session.messages.get(info["id"])
    if message is None:
        message = session.messages[info["id"]] = Message(info)
    message.info = info
    sent = Message(info)
    events = [*forgotten, *_note_model(world, session, info), message_updated(world, info)]
    for given in cast("list[JsonObject]", body["parts"]):
        for part in _parts(world, info, given, created):
            message.parts[part["id"]] = sent.parts[part["id"]] = part
            events.append(part_updated(world, part))
    world.touch(session)
    events.append(session_updated(world, session, {"time": {"updated": session.info["time"]["updated"]}}))
    if body.get("tools"):
        events.append(_forbid_tools(world, session, cast("dict[str, bool]", body["tools"])))
    return sent, events


def _forbid_tools(world: World, session: Session, tools: dict[str, bool]) -> Event:
    """The tools that a prompt switches on or off become the session's permission rules."""
    rules = [{"permission": tool, "action": "allow" if on else "deny", "pattern": "*"} for tool, on in tools.items()]
    session.info["permission"] = cast("list[JsonObject]", rules)
    world.touch(session)
    return session_updated(world, session, {"permission": rules, "time": {"updated": session.info["time"]["updated"]}})


def _note_model(world: World, session: Session, info: UserInfo) -> Iterator[Event]:
    """The session remembers who was asked last, and tells where that is somebody else."""
    if not world.behaviours.sessions_name_model:
        return
    agent, model = info["agent"], info["model"]
    used: SessionModel = {
        "id": model["modelID"],
        "providerID": model["providerID"],
        "variant": model.get("variant", "default"),
    }
    before = session.info.get("agent"), session.info.get("model")
    session.info["agent"], session.info["model"] = agent, used
    match world.behaviours.model_change_is_told:
        case "update" if before != (agent, used):
            world.touch(session)
            yield session_updated(world, session, {"agent": agent, "model": used})
        case "switch" | "numbered switch":
            if before[0] != agent:
                yield _switched(world, session, "agent", agent)
            if before[1] != used:
                yield _switched(world, session, "model", used)
        case _:
            return


def _switched(world: World, session: Session, what: str, now: object) -> Event:
    moment = world.now()
    numbered = world.behaviours.model_change_is_told == "numbered switch"
    ids = {"messageID": world.identifiers.ascending("msg", moment)} if numbered else {}
    properties = {**ids, "timestamp": iso(moment), what: now}
    return kept(world, f"session.next.{what}.switched", session.id, None, **properties)


def _user_info(world: World, session: Session, body: JsonObject, created: int) -> UserInfo:
    agent = body.get("agent", DEFAULT_AGENT)
    previous = session.last_user()
    info: UserInfo = {
        "id": str(body.get("messageID") or world.identifiers.ascending("msg", created)),
        "sessionID": session.id,
        "role": "user",
        "time": {"created": created},
        "agent": str(agent),
        "model": _model(world, body, previous),
    }
    if "tools" in body:
        info["tools"] = cast("JsonObject", body["tools"])
    if "system" in body:
        info["system"] = str(body["system"])
    if "variant" in body and not world.behaviours.user_variant_in_model:
        info["variant"] = str(body["variant"])
    if "format" in body:
        info["format"] = structured.stored(cast("JsonObject", body["format"]))
    return info


def _model(world: World, body: JsonObject, previous: UserInfo | None) -> ModelRef:
    """The model that the prompt names, else that of the prompt before, else the server's own."""
    usual = previous["model"] if previous else DEFAULT_MODEL
    named = cast("ModelRef", body["model"]) if "model" in body else usual
    model: ModelRef = {"providerID": named["providerID"], "modelID": named["modelID"]}
    if "variant" in body and world.behaviours.user_variant_in_model:
        model["variant"] = str(body["variant"])
    return model


def _parts(world: World, info: UserInfo, given: JsonObject, created: int) -> Iterator[Part]:
    """The parts that one given part becomes: files are read, an agent part is followed by a hint to the model."""
    for each in attached(world, given) if given["type"] == "file" else (given,):
        part = {
            **each,
            "id": each.get("id") or world.identifiers.ascending("prt", created),
            "sessionID": info["sessionID"],
            "messageID": info["id"],
        }
        yield cast("GivenPart", part)
    if given["type"] == "agent":
        yield _synthetic(world, info, _agent_hint(given["name"]), created)


def _agent_hint(name: JsonValue) -> str:
    return " Use the above message and context to generate a prompt and call the task tool with subagent: " + f"{name}"


def _synthetic(world: World, info: UserInfo, text: str, created: int) -> TextPart:
    return {
        "id": world.identifiers.ascending("prt", created),
        "sessionID": info["sessionID"],
        "messageID": info["id"],
        "type": "text",
        "synthetic": True,
        "text": text,
    }
