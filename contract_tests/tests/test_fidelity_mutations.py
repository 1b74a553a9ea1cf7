"""A fake that behaves otherwise in any one respect is found, and the case that finds it is named.

The unmutated fake takes the real server's place, so no real server is needed: what is shown is that the measure sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from opencode_contract.fidelity.cases.catalogue import chosen
from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.cast import Cast
from opencode_contract.fidelity.measure import judge
from opencode_contract.fidelity.outcome import Outcome
from opencode_contract.fidelity.stages import fake_stage, fidelity_script
from opencode_fake.identifiers import Identifiers
from opencode_fake.run import errors as run_errors
from opencode_fake.run.answer import Answer
from opencode_fake.server import errors, gate, sessions
from opencode_fake.server.driver import Driver
from opencode_fake.server.streams import Streams
from opencode_fake.state import world
from opencode_fake.state.store import Session, Store
from opencode_fake.state.world import World

pytestmark = pytest.mark.system

VERSION = "1.1.53"


@dataclass(frozen=True)
class Mutation:
    """One respect in which a fake behaves otherwise, and the case that shows it."""

    name: str
    owner: object
    attribute: str
    changed: Callable[[Any], object]
    """From what is there to what is put in its place."""
    case: str


def constantly(value: object) -> Callable[[Any], object]:
    """Replaces a function by one that always returns the same."""
    return lambda _: lambda *_, **__: value


def after(change: Callable[[Any], object]) -> Callable[[Any], object]:
    """Replaces a function by one whose result is changed."""
    return lambda original: lambda *args, **more: change(original(*args, **more))


def without(key: str) -> Callable[[Any], object]:
    """Drops a key."""
    return lambda found: {name: value for name, value in found.items() if name != key}


def drop(kind: str) -> Callable[[Any], object]:
    """Publishes no events of a type."""

    def change(original: Callable[..., None]) -> Callable[..., None]:
        def publish(self: object, happened: Any, directory: str) -> None:
            if happened.type != kind:
                original(self, happened, directory)

        return publish

    return change


def moved(kind: str) -> Callable[[Any], object]:
    """Publishes events of a type one event too late."""

    def change(original: Callable[..., None]) -> Callable[..., None]:
        held: list[tuple[Any, str]] = []

        def publish(self: object, happened: Any, directory: str) -> None:
            if happened.type == kind:
                held.append((happened, directory))
                return
            original(self, happened, directory)
            while held:
                original(self, *held.pop())

        return publish

    return change


def session_made(change: Callable[[dict[str, Any]], object]) -> Callable[[Any], object]:
    """Changes what a new session looks like."""

    def changed(original: Callable[..., Session]) -> Callable[..., Session]:
        def create(*args: object, **more: object) -> Session:
            session = original(*args, **more)
            change(cast("dict[str, Any]", session.info))
            return session

        return create

    return changed


def short_id(original: Callable[..., str]) -> Callable[..., str]:
    """Makes ids one character too short."""
    return lambda *args: original(*args)[:-1]


def ascending_sessions(_: object) -> Callable[[Identifiers, int], str]:
    """Makes session ids that sort oldest first."""
    return lambda self, at: self.ascending("ses", at)


def made(**changed: object) -> Callable[[Any], object]:
    """Makes sessions with other fields."""
    return session_made(lambda info: info.update(changed))


def aged(info: dict[str, Any]) -> None:
    """Makes a session's last change older than its creation."""
    info["time"] = {**info["time"], "updated": info["time"]["created"] - 9000}


def without_status(failed: run_errors.CallFailed) -> run_errors.CallFailed:
    """Drops the provider's status from an error."""
    failed.error["data"].pop("statusCode", None)
    return failed


def more_input(tokens: dict[str, Any]) -> object:
    """Counts one token too many."""
    return {**tokens, "input": tokens["input"] + 1}


def worded(**changed: Any) -> Callable[[Any], object]:
    """Changes how an error is answered, whatever the version."""
    return after(lambda problem: lambda behaviours: replace(problem(behaviours), **changed))


ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}

MUTATIONS = (
    Mutation("no slug", World, "create_session", session_made(lambda info: info.pop("slug")), "fresh.get"),
    Mutation("other slugs", Identifiers, "slug", constantly("wrong-words"), "fresh.get"),
    Mutation("short ids", Identifiers, "ascending", short_id, "run.plain"),
    Mutation("session ids upwards", Identifiers, "session", ascending_sessions, "list.all"),
    Mutation("other default title", world, "default_title", constantly("Untitled"), "fresh.get"),
    Mutation("version is a number", World, "create_session", made(version=1), "fresh.get"),
    Mutation("updated before created", World, "create_session", session_made(aged), "fresh.get"),
    Mutation("401 without header", errors, "unauthorized", worded(headers={}), "auth.none"),
    Mutation("malformed is 422", errors, "malformed", worded(status=422), "create.body-malformed"),
    Mutation("410", errors, "session_not_found", worded(status=410), "get.session-missing"),
    Mutation("no children", Store, "children", constantly([]), "children.two"),
    Mutation("list turned round", Store, "by_id", after(lambda found: [*found][::-1]), "list.all"),
    Mutation("one is listed", sessions, "_filtered", after(lambda found: [*found][:1]), "list.unknown"),
    Mutation("any origin", gate.Gate, "origin_headers", constantly(ANY_ORIGIN), "cors.get-evil"),
    Mutation("no session.idle", Streams, "publish", drop("session.idle"), "run.plain"),
    Mutation("no session.deleted", Streams, "publish", drop("session.deleted"), "delete.one"),
    Mutation("late message.updated", Streams, "publish", moved("message.updated"), "run.plain"),
    Mutation("no session.updated", Streams, "publish", drop("session.updated"), "run.plain"),
    Mutation("no abort", Driver, "abort", constantly(None), "abort.text"),
    Mutation("a token too many", Answer, "_tokens", after(more_input), "run.plain"),
    Mutation("no status in errors", run_errors, "refused", after(without_status), "run.refused"),
)


@dataclass(frozen=True)
class Recorded:
    """What the unmutated fake showed."""

    shown: dict[str, Any]
    unknown: list[Any]


async def shown_by_the_fake(cases: tuple[Case, ...]) -> Recorded:
    """What the fake, as it is now, shows in some cases."""
    async with fake_stage(VERSION, fidelity_script()) as stage:
        cast_ = Cast(stage, quiet=0.1)
        await cast_.prepare()
        return Recorded({case.name: await cast_.play(case) for case in cases}, cast_.unknown)


def outcomes(cases: tuple[Case, ...], real: Recorded, fake: Recorded) -> Iterator[tuple[str, Outcome]]:
    """How the cases come out."""
    for case in cases:
        result = judge(case, VERSION, real.shown[case.name], fake.shown[case.name], fake.unknown)
        yield case.name, result.outcome


async def test_the_fake_is_like_itself() -> None:
    """Two fakes that are not mutated show no difference."""
    cases = chosen(",".join({mutation.case for mutation in MUTATIONS}))
    first, second = await shown_by_the_fake(cases), await shown_by_the_fake(cases)
    assert {name for name, outcome in outcomes(cases, first, second) if outcome is not Outcome.SAME} == set()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
async def test_a_mutation_is_found(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutated fake comes out different, in the case that is about it."""
    cases = chosen(mutation.case)
    before = await shown_by_the_fake(cases)
    monkeypatch.setattr(
        mutation.owner, mutation.attribute, mutation.changed(getattr(mutation.owner, mutation.attribute))
    )
    after_ = await shown_by_the_fake(cases)
    assert dict(outcomes(cases, before, after_))[mutation.case] is Outcome.DIFFERENT


def test_there_are_twenty() -> None:
    """At least twenty mutations are planted."""
    assert len(MUTATIONS) >= 20
