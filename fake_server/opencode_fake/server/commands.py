"""The routes that let a session do something by name: commands, ``init``, shell commands and summaries."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, cast

from opencode_fake.run.compaction import accept_compaction
from opencode_fake.run.effects import event
from opencode_fake.run.models import AGENTS, DEFAULT_AGENT, DEFAULT_MODEL, SUBAGENTS, is_known
from opencode_fake.run.prompt import UnknownAgent, accept
from opencode_fake.run.shell import Shell
from opencode_fake.scripts.model import JsonObject, JsonValue
from opencode_fake.server import checks, errors, schemas, sessions, unknowns
from opencode_fake.server.errors import Refused
from opencode_fake.server.exchange import Incoming, Outgoing, answer
from opencode_fake.server.routing import Route
from opencode_fake.server.validation import Shape
from opencode_fake.state.store import Message, Session
from opencode_fake.state.wire import ModelRef
from opencode_fake.surroundings.offerings import known_commands

if TYPE_CHECKING:
    from opencode_fake.server.app import App


class Template(NamedTuple):
    """A command, and what it says to the model."""

    name: str
    text: str
    description: str
    is_task: bool
    """Whether it is one for a subagent, whoever is asked."""


async def command(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session/{sessionID}/command``: a prompt made of the command's template."""
    checks.unchecked(incoming, schemas.SESSION)
    given = checks.body(incoming, schemas.COMMAND)
    if incoming.behaviours.missing_session_refused:
        sessions.find(app, incoming)
    # A command that is not known is found out before the session is looked for.
    template = _template(app, incoming, str(given["command"]))
    checks.inner(incoming, schemas.SESSION)
    session = sessions.find(app, incoming)
    model = _named(str(given["model"])) if "model" in given else None
    message = await _execute(app, session, template, str(given["arguments"]), model, given)
    return answer(message.wire())


async def init(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session/{sessionID}/init``: the command of that name."""
    checks.unchecked(incoming, schemas.SESSION)
    given = checks.body(incoming, schemas.INIT)
    checks.inside(incoming, schemas.SESSION)
    session = sessions.find(app, incoming)
    model = ModelRef(providerID=str(given["providerID"]), modelID=str(given["modelID"]))
    await _execute(app, session, _template(app, incoming, "init"), "", model, {"messageID": given["messageID"]})
    return answer(True)


async def shell(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session/{sessionID}/shell``."""
    given = _checked(incoming, schemas.SHELL)
    session = sessions.known(app, incoming)
    if session is None:
        raise unknowns.shell_session(app, incoming)
    if app.driver.runs(session.id):
        raise Refused(errors.busy(session.id))
    if given["agent"] not in AGENTS:
        raise unknowns.shell_agent(app, session, str(given["agent"]))
    model = cast("ModelRef | None", given.get("model"))
    performed = Shell(app.world, session, str(given["agent"]), model, str(given["command"]))
    for happened in performed.events():
        app.publish(happened, session.info["directory"])
    return answer(performed.message.wire())


async def summarize(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session/{sessionID}/summarize``: answers when the summary is written."""
    given = _checked(incoming, schemas.SUMMARIZE)
    session = sessions.find(app, incoming)
    model = ModelRef(providerID=str(given["providerID"]), modelID=str(given["modelID"]))
    for happened in accept_compaction(app.world, session, model, auto=bool(given.get("auto"))):
        app.publish(happened, session.info["directory"])
    await asyncio.shield(app.driver.start(session))
    return answer(True)


ROUTES = (
    Route("POST", "/session/{sessionID}/command", command),
    Route("POST", "/session/{sessionID}/init", init),
    Route("POST", "/session/{sessionID}/shell", shell),
    Route("POST", "/session/{sessionID}/summarize", summarize),
)


def _checked(incoming: Incoming, shape: Shape) -> JsonObject:
    checks.unchecked(incoming, schemas.SESSION)
    given = checks.body(incoming, shape)
    checks.inner(incoming, schemas.SESSION)
    return given


def _named(model: str) -> ModelRef:
    provider, _, name = model.partition("/")
    return ModelRef(providerID=provider, modelID=name)


def _template(app: App, incoming: Incoming, name: str) -> Template:
    known = {str(each["name"]): each for each in known_commands(app.world.behaviours)}
    if name not in known:
        raise unknowns.command(app, incoming, name, tuple(known))
    found = known[name]
    return Template(name, str(found["template"]), str(found["description"]), bool(found.get("subtask")))


async def _execute(
    app: App, session: Session, template: Template, arguments: str, model: ModelRef | None, given: JsonObject
) -> Message:
    text = template.text.replace("$ARGUMENTS", arguments).strip()
    parts = _parts(template, text, session, model, given)
    body: JsonObject = {key: given[key] for key in ("messageID", "agent", "variant") if key in given}
    body |= {"parts": parts}
    if model is not None:
        if not is_known(model):
            raise unknowns.model(app, session, model)
        body["model"] = cast("JsonObject", dict(model))
    try:
        events = accept(app.world, session, body)[1]
    except UnknownAgent as unknown:
        raise unknowns.agent(app, session, str(unknown)) from None
    for happened in events:
        app.publish(happened, session.info["directory"])
    await asyncio.shield(app.driver.start(session))
    last = session.last_assistant()
    if last is None:
        raise Refused(errors.unknown("the command came to no message"))
    told = {"name": template.name, "sessionID": session.id, "arguments": arguments, "messageID": last["id"]}
    app.publish(event("command.executed", **told), session.info["directory"])
    return session.messages[last["id"]]


def _parts(
    template: Template, text: str, session: Session, model: ModelRef | None, given: JsonObject
) -> list[JsonValue]:
    """What a command's text becomes: a prompt, or a task where it is one or the agent is one that does tasks."""
    if not template.is_task and given.get("agent") not in SUBAGENTS:
        return [{"type": "text", "text": text}, *cast("list[JsonValue]", given.get("parts", []))]
    before = session.last_user()
    used = model or (before["model"] if before is not None else DEFAULT_MODEL)
    task: JsonObject = {
        "type": "subtask",
        "agent": given.get("agent", DEFAULT_AGENT),
        "description": template.description,
        "command": template.name,
        "model": {"providerID": used["providerID"], "modelID": used["modelID"]},
        "prompt": text,
    }
    return [task]
