"""What became of sessions between two snapshots, rule by rule and both ways."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from opencode_contract.rehearsal.judgement import Finding, Rule, Weight, judge, losses
from opencode_contract.rehearsal.snapshot import Place, Snapshot, ToldSession

A, B = "ses_a", "ses_b"

Change = Callable[[dict[str, Any]], None]


def message(name: str, text: str = "Hello.") -> dict[str, Any]:
    """A message of two parts."""
    return {
        "info": {"id": name, "role": "user", "summary": {"diffs": []}, "cost": 0},
        "parts": [
            {"id": f"prt_{name}_1", "type": "text", "text": text},
            {"id": f"prt_{name}_2", "type": "tool", "state": {"status": "completed", "output": "x"}},
        ],
    }


def told() -> dict[str, Any]:
    """What a server tells of two sessions, to be changed."""
    return {
        name: {
            "listed": True,
            "info": {"id": name, "title": "A title", "summary": {"files": 1}, "time": {"created": 1, "updated": 2}},
            "messages": [message("msg_1"), message("msg_2", "And then?")],
        }
        for name in (A, B)
    }


def snapshot(sessions: dict[str, Any]) -> Snapshot:
    """The snapshot of what is told."""
    return Snapshot(
        "1.1.53",
        '200 {"healthy":true}',
        healthy=True,
        sessions={
            name: ToldSession(
                Place(name, "/w"),
                held["listed"],
                held["info"],
                None if held["messages"] is None else tuple(held["messages"]),
            )
            for name, held in sessions.items()
        },
    )


def judged(change: Change, *, backwards: bool = False) -> list[Finding]:
    """What is found when the second snapshot is changed, or the first."""
    after = told()
    change(after)
    pair = [snapshot(told()), snapshot(after)]
    return list(judge(*(reversed(pair) if backwards else pair)))


def at(*path: str | int) -> Callable[[dict[str, Any]], Any]:
    """What lies at a path."""

    def find(held: Any) -> Any:
        for key in path:
            held = held[key]
        return held

    return find


def put(value: object, *path: str | int) -> Change:
    """Puts a value at a path."""

    def change(held: dict[str, Any]) -> None:
        at(*path[:-1])(held)[path[-1]] = value

    return change


def take(*path: str | int) -> Change:
    """Takes away what lies at a path."""

    def change(held: dict[str, Any]) -> None:
        del at(*path[:-1])(held)[path[-1]]

    return change


def turn(held: dict[str, Any]) -> None:
    """Turns the order of messages round."""
    held[A]["messages"].reverse()


MESSAGES = (A, "messages")
PARTS = (*MESSAGES, 0, "parts")
LOST, CHANGED, COSMETIC = Weight.LOST, Weight.CHANGED, Weight.COSMETIC

CASES: list[tuple[str, Change, set[tuple[Rule, Weight]], set[tuple[Rule, Weight]]]] = [
    ("list", put(False, A, "listed"), {(Rule.NOT_LISTED, LOST)}, set()),
    ("info", put(None, A, "info"), {(Rule.GONE, LOST)}, set()),
    ("messages", put(None, *MESSAGES), {(Rule.UNREADABLE, LOST)}, set()),
    ("message", take(*MESSAGES, 1), {(Rule.MESSAGE_MISSING, LOST)}, {(Rule.MESSAGE_ADDED, CHANGED)}),
    ("part", take(*PARTS, 1), {(Rule.PART_MISSING, LOST)}, {(Rule.PART_ADDED, CHANGED)}),
    ("order", turn, {(Rule.ORDER, CHANGED)}, {(Rule.ORDER, CHANGED)}),
    ("text", take(*PARTS, 0, "text"), {(Rule.FIELD_LOST, LOST)}, {(Rule.FIELD_GAINED, COSMETIC)}),
    ("other text", put("Bye.", *PARTS, 0, "text"), {(Rule.FIELD_CHANGED, LOST)}, {(Rule.FIELD_CHANGED, LOST)}),
    ("empty text", put("", *PARTS, 0, "text"), {(Rule.FIELD_CHANGED, LOST)}, {(Rule.FIELD_CHANGED, LOST)}),
    ("output", take(*PARTS, 1, "state", "output"), {(Rule.FIELD_LOST, LOST)}, {(Rule.FIELD_GAINED, COSMETIC)}),
    ("title", put("B", A, "info", "title"), {(Rule.FIELD_CHANGED, LOST)}, {(Rule.FIELD_CHANGED, LOST)}),
    ("updated", put(3, A, "info", "time", "updated"), {(Rule.FIELD_CHANGED, CHANGED)}, {(Rule.FIELD_CHANGED, CHANGED)}),
    ("summary", take(A, "info", "summary"), {(Rule.FIELD_LOST, CHANGED)}, {(Rule.FIELD_GAINED, COSMETIC)}),
    (
        "diffs",
        take(*MESSAGES, 0, "info", "summary", "diffs"),
        {(Rule.FIELD_LOST, CHANGED)},
        {(Rule.FIELD_GAINED, COSMETIC)},
    ),
    ("flag", put(False, *MESSAGES, 0, "info", "cost"), {(Rule.FIELD_CHANGED, LOST)}, {(Rule.FIELD_CHANGED, LOST)}),
]


def kinds(findings: list[Finding]) -> set[tuple[Rule, Weight]]:
    """What was found, without where."""
    return {(finding.rule, finding.weight) for finding in findings}


@pytest.mark.parametrize(("change", "there", "back"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_every_change_is_found_for_what_it_is(
    change: Change, there: set[tuple[Rule, Weight]], back: set[tuple[Rule, Weight]]
) -> None:
    """A loss forwards is mostly a gain backwards; what was unreadable before is nobody's loss."""
    assert kinds(judged(change)) == there
    assert kinds(judged(change, backwards=True)) == back


def test_a_session_that_went_and_one_that_came() -> None:
    """One that is gone is neither listed nor given; one that came is no harm."""
    assert kinds(judged(take(B))) == {(Rule.NOT_LISTED, LOST), (Rule.GONE, LOST)}
    assert kinds(judged(take(B), backwards=True)) == {(Rule.SESSION_ADDED, COSMETIC)}


def test_every_rule_is_covered() -> None:
    """No rule is without a case."""
    covered = {rule for _, _, there, back in CASES for rule, _ in (*there, *back)} | {Rule.SESSION_ADDED}
    assert covered == set(Rule)


def test_nothing_is_found_where_nothing_changed() -> None:
    """The same data gives no findings; null and absent are the same, and so are 0 and 0.0."""
    assert judged(lambda _: None) == []
    assert judged(put(None, A, "info", "parentID")) == []
    assert judged(put(0.0, *MESSAGES, 0, "info", "cost")) == []


def test_findings_say_where() -> None:
    """A finding names session and field, and what was there."""
    found = judged(put("Bye.", *PARTS, 0, "text"))[0]
    assert (found.session, found.where, found.before, found.after) == (A, "part.text", "Hello.", "Bye.")
    assert losses(tuple(judged(turn))) == ()


def test_evidence_is_handed_on() -> None:
    """What the server answered instead of messages stands in the finding."""
    before, after = snapshot(told()), snapshot(told())
    silent = replace(after.sessions[A], messages=None, evidence="GET /session/ses_a/message: 400")
    found = judge(before, replace(after, sessions={**after.sessions, A: silent}))
    assert [finding.evidence for finding in found] == ["GET /session/ses_a/message: 400"]
    assert copy.deepcopy(found) == found
