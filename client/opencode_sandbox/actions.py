"""The document's five actions, in its exact JSON."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from opencode_sandbox import requests
from opencode_sandbox.effects import Flow
from opencode_sandbox.errors import InvalidAction, InvalidArgument
from opencode_sandbox.flows import wire
from opencode_sandbox.models import JsonObject

CHECKS: dict[str, Callable[[object], str]] = {
    "sessionId": requests.checked_session_id,
    "prompt": requests.checked_prompt,
}


@dataclass(frozen=True)
class Action:
    """One action: the arguments it needs and what it does with them."""

    needs: tuple[str, ...]
    perform: Callable[[Mapping[str, str]], Flow[JsonObject]]


def run_action(action: object) -> Flow[JsonObject]:
    """Check an action and carry it out; what comes back is the document's response."""
    if not isinstance(action, Mapping):
        raise InvalidAction(f"an action is an object; write {_example('opencodeCreateSession')}")
    name = _name(action)
    _refuse_others(action, ("action", "arguments"), "the action", name)
    return (yield from ACTIONS[name].perform(_arguments(name, action.get("arguments", {}))))


def _name(action: Mapping[object, object]) -> str:
    name = action.get("action")
    if not isinstance(name, str):
        raise InvalidAction(f'"action" is missing or not a string; write one of {", ".join(ACTIONS)}')
    if name not in ACTIONS:
        near = difflib.get_close_matches(name, ACTIONS, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else "no action has a name like it;"
        raise InvalidAction(f'there is no action "{name}"; {hint} The actions are {", ".join(ACTIONS)}')
    return name


def _arguments(name: str, arguments: object) -> dict[str, str]:
    if not isinstance(arguments, Mapping):
        raise InvalidAction(f'"arguments" of {name} is not an object; write {_example(name)}')
    needs = ACTIONS[name].needs
    _refuse_others(arguments, needs, "the arguments", name)
    return {key: _checked(name, key, arguments) for key in needs}


def _checked(name: str, key: str, arguments: Mapping[object, object]) -> str:
    if key not in arguments:
        raise InvalidAction(f'"{key}" is missing in the arguments of {name}; write {_example(name)}')
    try:
        return CHECKS[key](arguments[key])
    except InvalidArgument as error:
        raise InvalidAction(f'"{key}" of {name}: {error}') from None


def _refuse_others(given: Mapping[object, object], allowed: tuple[str, ...], where: str, name: str) -> None:
    for key in given:
        if key not in allowed:
            raise InvalidAction(f"{key!r} is not known in {where} of {name}; write {_example(name)}")


def _example(name: str) -> str:
    values = {"sessionId": '"ses_abc123"', "prompt": '"Add a /cats endpoint"'}
    arguments = ", ".join(f'"{key}": {values[key]}' for key in ACTIONS[name].needs)
    return f'{{"action": "{name}", "arguments": {{{arguments}}}}}'


def _create_session(_: Mapping[str, str]) -> Flow[JsonObject]:
    return {"session": wire.checked(wire.SESSION, (yield from wire.create_session()))}


def _send_prompt(arguments: Mapping[str, str]) -> Flow[JsonObject]:
    yield from wire.send_prompt(arguments["sessionId"], arguments["prompt"])
    return {"success": True, "result": ""}


def _get_messages(arguments: Mapping[str, str]) -> Flow[JsonObject]:
    return {"messages": wire.checked(wire.MESSAGES, (yield from wire.get_messages(arguments["sessionId"])))}


def _get_session(arguments: Mapping[str, str]) -> Flow[JsonObject]:
    return {"session": wire.checked(wire.SESSION, (yield from wire.get_session(arguments["sessionId"])))}


def _list_sessions(_: Mapping[str, str]) -> Flow[JsonObject]:
    return {"sessions": wire.checked(wire.SESSIONS, (yield from wire.list_sessions()))}


ACTIONS: Mapping[str, Action] = {
    "opencodeCreateSession": Action((), _create_session),
    "opencodeSendPrompt": Action(("sessionId", "prompt"), _send_prompt),
    "opencodeGetMessages": Action(("sessionId",), _get_messages),
    "opencodeGetSession": Action(("sessionId",), _get_session),
    "opencodeListSessions": Action((), _list_sessions),
}
