"""What reports of a rehearsal say, on made-up outcomes."""

from __future__ import annotations

import io
import json
from dataclasses import replace

from rich.console import Console

from opencode_contract.evidence import Json
from opencode_contract.rehearsal.judgement import Finding, Rule, Weight
from opencode_contract.rehearsal.outcome import Passage, Rehearsal, Upgrade
from opencode_contract.rehearsal.report import as_json
from opencode_contract.rehearsal.screen import print_rehearsal
from opencode_contract.rehearsal.snapshot import JsonObject, Place, Snapshot, ToldSession
from opencode_contract.rehearsal.trial import Aftermath, Continuation, WayBack, to_continue, way_back
from opencode_contract.rehearsal.verdict import advice, alarms, headline

SECRET = "what the user said"
PLACES = [Place("ses_1", "/w"), Place("ses_2", "/w")]
GONE = Finding(Rule.GONE, Weight.LOST, "ses_1", evidence="GET /session/ses_1: 404")
SPOILT = Finding(Rule.FIELD_CHANGED, Weight.LOST, "ses_2", "part.text", SECRET, "x")
GAINED = Finding(Rule.FIELD_GAINED, Weight.COSMETIC, "ses_2", "session.cost", None, 0)
BACK = WayBack((), sees_new=True, continued=1, to_see=1)
GOES_ON = Aftermath((Continuation(PLACES[0], answered=True, known=2, earlier=2),), None)


def said(text: str) -> JsonObject:
    """A message of the user."""
    part: Json = {"id": "prt_1", "type": "text", "text": text}
    return {"info": {"id": "msg_1", "role": "user"}, "parts": [part]}


def snapshot(version: str) -> Snapshot:
    """Two sessions that are there."""
    sessions = {
        place.session_id: ToldSession(place, listed=True, info={}, messages=(said(SECRET),)) for place in PLACES
    }
    return Snapshot(version, '200 {"healthy":true}', healthy=True, sessions=sessions)


def upgrade(*path: str, findings: tuple[Finding, ...] = (), back: WayBack = BACK) -> Upgrade:
    """An upgrade that ends with some findings."""
    return Upgrade(Passage(path, snapshot(path[-1]), findings), GOES_ON, back)


def rehearsal(asked: Upgrade, proposed: Upgrade | None = None, **kinds: str) -> Rehearsal:
    """The rehearsal around it."""
    tried = (asked.passage, *((proposed.passage,) if proposed else ()))
    return Rehearsal(asked, proposed, snapshot(asked.path[0]), tried, stored=2, kinds=kinds)


def page(found: Rehearsal) -> str:
    """What a terminal shows."""
    console = Console(file=io.StringIO(), width=120)
    print_rehearsal(found, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


LOSES = upgrade("1.1.53", "1.18.34", findings=(GONE, SPOILT, GAINED))
ROUND = upgrade("1.1.53", "1.15.13", "1.18.34")


def test_a_safe_one() -> None:
    """It says so, and how to do it."""
    found = rehearsal(upgrade("1.1.53", "1.1.65", findings=(GAINED,)))
    assert headline(found) == "SAFE: 1.1.53 → 1.1.65 keeps all 2 sessions and 2 messages."
    assert list(alarms(found)) == []
    copying, start, elsewhere = advice(found)
    assert copying.startswith("Stop the server, and copy its data: cp -a ")
    assert start == 'Start 1.1.65: "$(opencode-contract fetch 1.1.65)" serve.'
    assert "npm install --global opencode-linux-x64@VERSION" in elsewhere


def test_a_build_of_ones_own_is_not_fetched() -> None:
    """No registry has it."""
    steps = list(advice(rehearsal(upgrade("1.1.53", "1.18.34 at /opt/opencode"))))
    assert steps[1:] == ["Start 1.18.34 at /opt/opencode: opencode serve."]


def test_a_loss_is_said_first_and_loudly() -> None:
    """The verdict, the green health check and what to do come before what they rest on."""
    shown = page(rehearsal(LOSES, ROUND))
    order = [
        "UNSAFE",
        "health check stays green",
        "What to do",
        "by way of 1.15.13",
        "cp -a",
        "Are all sessions",
        "Tried",
    ]
    places = [shown.index(word) for word in order]
    assert places == sorted(places)


def test_where_there_is_no_way() -> None:
    """Stay, and what is hit when it is not everything."""
    lines = "\n".join(advice(rehearsal(LOSES, ses_1="structured", ses_2="fork", ses_3="child")))
    assert "Stay on 1.1.53" in lines
    assert "What is hit: structured, fork. If you have no such sessions" in lines
    assert "What is hit" not in "\n".join(advice(rehearsal(LOSES)))
    assert "the search gave up" in next(iter(advice(replace(rehearsal(LOSES), gave_up=True))))
    assert "not looked for" in next(iter(advice(replace(rehearsal(LOSES), searched=False))))


def test_a_way_that_is_closed_once_the_new_version_was_there() -> None:
    """Whoever has upgraded already is told to begin with the copy."""
    stranded = Passage(("1.1.53", "1.18.34", "1.15.13"), snapshot("1.15.13"), (GONE,))
    found = replace(rehearsal(LOSES, ROUND), stranded=stranded)
    assert "Do not start 1.18.34 on the data before that" in "\n".join(advice(found))
    kept = replace(found, stranded=replace(stranded, findings=()))
    assert "Do not start" not in "\n".join(advice(kept))


def test_a_way_that_is_direct() -> None:
    """What was asked for by way of a version may be better done without it."""
    found = rehearsal(upgrade("1.1.53", "1.1.58", "1.1.65", findings=(GONE,)), upgrade("1.1.53", "1.1.65"))
    assert next(iter(advice(found))) == "Go directly: tried, everything survives."


def test_going_back() -> None:
    """No way back is a warning, never the verdict."""
    no_way = WayBack((), sees_new=False, continued=0, to_see=1)
    found = rehearsal(upgrade("1.1.53", "1.1.65", back=no_way))
    assert found.safe
    assert "sessions made since are not seen" in page(found)
    assert "Keep the copy" in "\n".join(advice(found))
    broken = rehearsal(upgrade("1.1.53", "1.1.65", back=WayBack((GONE,), sees_new=True, continued=1, to_see=1)))
    assert "no, sessions from before are lost" in page(broken)


def test_sessions_that_do_not_go_on() -> None:
    """An answer without the history is no continuation."""
    forgotten = Aftermath((Continuation(PLACES[0], answered=True, known=0, earlier=2),), None)
    asked = replace(upgrade("1.1.53", "1.1.65"), aftermath=forgotten)
    assert not asked.safe
    assert "sessions from before do not go on" in headline(rehearsal(asked))
    assert "nothing is lost, but" in next(iter(advice(rehearsal(asked))))
    silent = Aftermath((Continuation(PLACES[0], answered=False, known=2, earlier=2, evidence="500"),), None)
    assert not replace(asked, aftermath=silent).safe


def test_a_version_that_does_not_start() -> None:
    """Its last words are shown, without what plays with terminals."""
    passage = Passage(("1.1.53", "1.1.65"), None, trouble="it ended\n\x1b[31mno such table")
    shown = page(rehearsal(Upgrade(passage, None, None)))
    assert "does not work on this data" in shown
    assert "no such table" in shown
    assert "\x1b" not in shown


def test_what_the_old_version_does_not_show_is_said() -> None:
    """Otherwise it would pass for kept."""
    found = replace(rehearsal(ROUND), stored=5)
    assert "Only 2 of the 5 stored sessions can be read by 1.1.53 itself" in next(iter(alarms(found)))


def test_given_data_is_in_no_report() -> None:
    """Of somebody's own texts only their length is shown; of what was written for the rehearsal all."""
    given, written = rehearsal(LOSES), rehearsal(LOSES, ses_1="fork")
    for render in (page, as_json):
        assert SECRET not in render(given)
        assert f"(text of {len(SECRET)} characters)" in render(given)
        assert SECRET in render(written)


def test_the_json_holds_everything() -> None:
    """Verdict, questions, findings, paths."""
    found = json.loads(as_json(rehearsal(LOSES, ROUND)))
    assert found["verdict"] == "unsafe"
    assert found["asked"]["path"] == ["1.1.53", "1.18.34"]
    assert [each["rule"] for each in found["asked"]["findings"]] == ["session-gone", "field-changed", "field-gained"]
    assert found["proposed"]["safe"] is True
    assert len(found["tried"]) == 2


def test_which_sessions_are_gone_on_with() -> None:
    """One of each directory, the one with most prompts, and none below another."""
    other = ToldSession(Place("ses_3", "/other"), listed=True, info={"parentID": "ses_1"}, messages=(said("a"),))
    more = ToldSession(Place("ses_4", "/w"), listed=True, info={}, messages=(said("a"), said("b")))
    unlisted = replace(more, place=Place("ses_5", "/v"), listed=False)
    before = snapshot("1.1.53")
    sessions = {**before.sessions, "ses_3": other, "ses_4": more, "ses_5": unlisted}
    assert [each.place.session_id for each in to_continue(replace(before, sessions=sessions))] == ["ses_4"]


def test_going_on_is_no_loss_on_the_way_back() -> None:
    """A session that was gone on with has other sums; one that was not must be what it was."""
    before = snapshot("1.1.53")
    changed = {name: replace(each, info={"model": "other"}) for name, each in before.sessions.items()}
    was = {name: replace(each, info={"model": "one"}) for name, each in before.sessions.items()}
    found = way_back(replace(before, sessions=was), replace(before, sessions=changed), GOES_ON)
    assert [finding.session for finding in found.lost] == ["ses_2"]
