"""Tools that ask the user, and the answers that let them go on."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from opencode_fake.run.agents import rules_of
from opencode_fake.run.effects import Effect, Effects, Event, Until, dumps, event
from opencode_fake.run.tools import Call, Outcome
from opencode_fake.scripts.model import JsonObject, JsonValue
from opencode_fake.scripts.permissions import Action, Demand, Rule, action, fits, given_rules
from opencode_fake.state.asks import PermissionRequest, QuestionRequest, Reply
from opencode_fake.state.store import Session
from opencode_fake.state.wire import AssistantInfo, ToolPart
from opencode_fake.state.world import World

_REJECTED = "The user rejected permission to use this specific tool call."
_CORRECTED = "The user rejected permission to use this specific tool call with the following feedback: "
_DENIED = (
    "The user has specified a rule which prevents you from using this specific tool call. "
    "Here are some of the relevant rules "
)
_QUESTION = ("question", "header", "options", "multiple")
_DISMISSED = "The user dismissed this question"


class Refused(Exception):
    """The tool may not go on."""

    def __init__(self, error: str, tag: str, *, stops: bool = False, **details: JsonValue) -> None:
        super().__init__(error)
        self._error, self._tag, self._details = error, tag, details
        self.stops = stops
        """The run ends with this message instead of telling the model."""

    def outcome(self, call: Call) -> Outcome:
        """The result of the call, as the version words it."""
        if call.behaviours.refusals_are_raw:
            return Outcome(error=f"{self._tag}({dumps({**self._details, '_tag': self._tag})})")
        return call.failed(self._error)


def permit(
    world: World, session: Session, info: AssistantInfo, part: ToolPart, demand: Demand, metadata: JsonObject
) -> Effects:
    """Gets leave for what a tool of ``info``'s agent demands: at once, or from the user. Raises Refused without it."""
    rules = _rules(world, session, info)
    match _decided(demand, (*rules, *world.asks.granted[session.info["directory"]])):
        case "deny":
            raise _denied([rule for rule in rules if fits(demand.permission, rule.permission)], world)
        case "ask":
            yield from _ask(world, session, part, demand, metadata)
        case "allow":
            return


def _decided(demand: Demand, rules: Sequence[Rule]) -> Action:
    """What the first pattern comes to that is not allowed."""
    for pattern in demand.patterns:
        decided = action(demand.permission, pattern, rules)
        if decided != "allow":
            return decided
    return "allow"


def _denied(relevant: list[Rule], world: World) -> Refused:
    listed: list[JsonValue] = [rule.wire(as_written=world.behaviours.rules_shown_as_written) for rule in relevant]
    return Refused(_DENIED + dumps(listed), "PermissionDeniedError", ruleset=listed)


def _rules(world: World, session: Session, info: AssistantInfo) -> list[Rule]:
    """The rules of the agent, and behind them those of the session."""
    own = given_rules(session.info.get("permission", ()))
    return [*rules_of(world, info["agent"], info["path"]["root"]), *own]


def _ask(world: World, session: Session, part: ToolPart, demand: Demand, metadata: JsonObject) -> Effects:
    request = PermissionRequest(
        world.identifiers.ascending("per", world.now()), session.id, session.info["directory"], demand, {}
    )
    request.wire = {
        "id": request.id,
        "sessionID": session.id,
        "permission": demand.permission,
        "patterns": list(demand.patterns),
        "metadata": metadata,
        "always": _always(world, demand),
        "tool": _origin(part),
    }
    world.asks.permissions[request.id] = request
    yield event("permission.asked", **request.wire)
    yield Until((request,))
    if request.reply == "reject":
        if request.feedback:
            raise Refused(_CORRECTED + request.feedback, "PermissionCorrectedError", feedback=request.feedback)
        raise Refused(_REJECTED, "PermissionRejectedError", stops=True)


def question(
    world: World, session: Session, part: ToolPart, questions: JsonValue
) -> Generator[Effect, None, list[list[str]]]:
    """Puts questions to the user and returns the answers. Raises Refused where the user gives none."""
    request = QuestionRequest(
        world.identifiers.ascending("que", world.now()), session.id, session.info["directory"], {}
    )
    told = questions if world.behaviours.questions_keep_all else _known(questions)
    request.wire = {"id": request.id, "sessionID": session.id, "questions": told, "tool": _origin(part)}
    world.asks.questions[request.id] = request
    yield event("question.asked", **request.wire)
    yield Until((request,))
    if request.answers is None:
        raise Refused(_DISMISSED, "QuestionRejectedError", stops=True)
    return request.answers


def _known(questions: JsonValue) -> JsonValue:
    """Questions with what the tool knows of them."""
    listed = [each for each in questions if isinstance(each, dict)] if isinstance(questions, list) else []
    return [{key: each[key] for key in _QUESTION if key in each} for each in listed]


def reply(world: World, request: PermissionRequest, answer: Reply, feedback: str | None) -> Iterator[Event]:
    """Answers a request. "reject" ends all others of the session, "always" those that it covers too."""
    yield _settle(world, request, answer)
    request.feedback = feedback
    if answer == "once":
        return
    granted = world.asks.granted[request.directory]
    if answer == "always":
        granted += [Rule(request.demand.permission, pattern, "allow") for pattern in request.demand.always]
    for other in [each for each in world.asks.permissions.values() if each.session_id == request.session_id]:
        if answer == "reject" or _covers(granted, other.demand):
            yield _settle(world, other, answer)


def _settle(world: World, request: PermissionRequest, answer: Reply) -> Event:
    del world.asks.permissions[request.id]
    request.reply = answer
    return event("permission.replied", sessionID=request.session_id, requestID=request.id, reply=answer)


def _covers(granted: list[Rule], demand: Demand) -> bool:
    return all(action(demand.permission, pattern, granted) == "allow" for pattern in demand.patterns)


def answer_question(world: World, request: QuestionRequest, answers: list[list[str]]) -> Event:
    """Answers questions: a list of labels or words for each."""
    del world.asks.questions[request.id]
    request.answers = answers
    return event("question.replied", sessionID=request.session_id, requestID=request.id, answers=answers)


def dismiss_question(world: World, request: QuestionRequest) -> Event:
    """Leaves questions unanswered, which ends the run."""
    del world.asks.questions[request.id]
    request.dismissed = True
    return event("question.rejected", sessionID=request.session_id, requestID=request.id)


def _always(world: World, demand: Demand) -> list[JsonValue]:
    if world.behaviours.always_ends_in_space:
        return list(demand.always)
    return [f"{pattern.removesuffix(' *')}*" if pattern.endswith(" *") else pattern for pattern in demand.always]


def _origin(part: ToolPart) -> JsonObject:
    return {"messageID": part["messageID"], "callID": part["callID"]}
