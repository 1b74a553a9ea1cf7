"""What stands out on a server: what is most often the cause of a failed test, each with what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from opencode_fake.scripts.matching import Casting
from opencode_fake.server.journal import Journal, Received
from opencode_fake.state.world import World

LONGEST_LIST = 5
"""Findings of one kind."""


def of_script(casting: Casting) -> Iterator[str]:
    """Prompts without a reply, and replies without a prompt."""
    yield from _few([str(each) for each in casting.unmatched])
    named = [miss.reply for each in casting.unmatched for miss in each.misses]
    yield from _few([f"never used: {each}" for each in casting.passed_over() if each.reply not in named])


def of_server(world: World, journal: Journal, base_path: str) -> Iterator[str]:
    """Requests that were turned away, steps that were held, and runs that did not come to an end."""
    yield from _turned_away(list(journal), journal.unknown, base_path)
    yield from _few(list(_asking(world)))
    yield from _few([f"held {barrier}" for barrier in world.barriers])
    yield from _few(list(_busy(world)))


def _turned_away(requests: Iterable[Received], unknown: Iterable[str], base_path: str) -> Iterator[str]:
    refused = [each for each in requests if each.status == 401]
    silent = sum("authorization" not in {name.lower() for name in each.headers} for each in refused)
    if silent:
        yield f"{_times(silent)} without a password, refused with 401: send server.username and server.password"
    if len(refused) > silent:
        yield (
            f"{_times(len(refused) - silent)} with a wrong user name or password, refused with 401: "
            "the right ones are server.username and server.password"
        )
    outside = Counter(f"{each.method} {each.path}" for each in requests if each.outside)
    yield from _few(
        [
            f"{asked} is outside of the base path {base_path!r}, answered with 404: begin with server.url, which has it"
            for asked in outside
        ]
    )
    yield from _few([f"{asked} is a path that this server does not know" for asked in unknown])


def _asking(world: World) -> Iterator[str]:
    for permission in world.asks.permissions.values():
        wanted = f"{permission.demand.permission} {', '.join(permission.demand.patterns)}"
        yield (
            f"{permission.session_id} waits for leave ({wanted!r}): "
            f'POST /permission/{permission.id}/reply with {{"reply": "once"}}'
        )
    for question in world.asks.questions.values():
        yield f"{question.session_id} waits for an answer: POST /question/{question.id}/reply"


def _busy(world: World) -> Iterator[str]:
    asking = {each.session_id for each in world.asks.permissions.values()}
    asking |= {each.session_id for each in world.asks.questions.values()}
    for session in reversed(list(world.store.by_age())):
        status = world.statuses.get(session.id, {"type": "idle"})["type"]
        if status == "idle" or session.id in asking:
            continue
        prompt = next((each.prompt for each in reversed(session.ordered()) if each.info["role"] == "user"), "")
        yield f"{session.id} is still at its reply to {prompt!r} ({status})"


def _few(found: list[str]) -> list[str]:
    left_out = len(found) - LONGEST_LIST
    return [*found[:LONGEST_LIST], f"and {left_out} more of the kind"] if left_out > 0 else found


def _times(count: int) -> str:
    return "1 request" if count == 1 else f"{count} requests"
