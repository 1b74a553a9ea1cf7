"""What is volatile is normalised by rule, and everything else is compared."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest

from opencode_contract.evidence import Json
from opencode_contract.fidelity.background import take_apart
from opencode_contract.fidelity.clock import TellingClock
from opencode_contract.fidelity.compare import Performance, compare
from opencode_contract.fidelity.normalise import Moment, Normaliser
from opencode_contract.fidelity.scene import EVENTS, Seen
from opencode_contract.fidelity.stages import Places
from opencode_contract.fidelity.times import APART, SLACK, order_differences

PLACES = Places("/place/space", "/place/home/share/opencode", "/place")
SES, OTHER = "ses_0123456789abAAAAAAAAAAAAAA", "ses_0123456789abBBBBBBBBBBBBBB"
EARLY, LATE = "msg_000000000001AAAAAAAAAAAAAA", "msg_000000000002AAAAAAAAAAAAAA"
NOW = 1_795_328_705_265


def normaliser(*sessions: str) -> Normaliser:
    """A normaliser for a case that knows these sessions."""
    return Normaliser(PLACES, frozenset(sessions))


def differences(real: Json, fake: Json, what: str = "GET /x") -> list[str]:
    """The places where two answers differ."""
    shown = [Performance([Seen(what, each)], normaliser(SES)) for each in (real, fake)]
    return [each.place for each in compare(*shown)]


def test_ids_are_numbered_by_first_sight() -> None:
    """An id of the right form becomes its prefix and a number, the same one wherever it is seen."""
    assert normaliser().value([SES, OTHER, f"about {SES}"]) == ["ses#1", "ses#2", "about ses#1"]


def test_ids_of_a_wrong_form_stay() -> None:
    """An id that is too short or has a wrong alphabet shows as it is."""
    assert normaliser().value(["ses_short", "msg_00000000000GAAAAAAAAAAAAAA"]) == [
        "ses_short",
        "msg_00000000000GAAAAAAAAAAAAAA",
    ]


def test_a_cursor_is_what_it_says() -> None:
    """The id of a message and a time, wherever it stands in a text; what only looks like one stays."""
    cursor = urlsafe_b64encode(f'{{"id":"{EARLY}","time":{NOW}}}'.encode()).decode().rstrip("=")
    shown = '{"id": "msg#1", "time": "<time>"}'
    assert normaliser().value([cursor, f"<http://x/?before={cursor}>"]) == [shown, f"<http://x/?before={shown}>"]
    assert normaliser().value("eyJhbc") == "eyJhbc"


def test_the_script_of_a_page_is_left_out_of_its_policy() -> None:
    """The rest of the policy is compared."""
    policy = "script-src 'self'{}; connect-src *"
    assert normaliser().value(policy.format(f" 'sha256-{'a' * 43}='")) == policy.format("")


def test_order_of_ids_is_compared() -> None:
    """Two ids that sort the other way round on the fake are a difference."""
    assert differences([EARLY, LATE], [EARLY, LATE]) == []
    assert differences([EARLY, LATE], [LATE, EARLY]) == ["2. order of ids · msg[0]", "2. order of ids · msg[1]"]


def test_order_of_ids_is_compared_within_a_session() -> None:
    """Two sessions run at the same time: whose part came first says nothing."""

    def parts(*ids: str) -> Json:
        return [{"id": each, "sessionID": session} for each, session in zip(ids, (SES, OTHER), strict=True)]

    assert differences(parts(EARLY, LATE), parts(LATE, EARLY)) == []


def test_what_is_volatile() -> None:
    """Folders, addresses, hashes, slugs, errors' references and stacks are named by their role."""
    found = normaliser().value(
        {
            "slug": "eager-harbor",
            "folder": "/place/space/a.txt",
            "data": "/place/home/share/opencode/storage",
            "plans": "../home/share/opencode/plans/*.md",
            "url": "http://127.0.0.1:41234/v1",
            "hash": "a" * 40,
            "callID": "call_anything",
            "own": "01M82G4J5K416K60RW6P6JMVMD",
            "ref": "err_0123abcd",
            "stack": "Error: x\n    at f (a.ts)\n    at g",
            "evt": "evt_0123456789abAAAAAAAAAAAAAA",
            "time": NOW,
            "title": "New session - 2026-11-22T06:12:22.670Z",
        }
    )
    assert found == {
        "slug": "<slug>",
        "folder": "<workspace>/a.txt",
        "data": "<data>/storage",
        "plans": "<data>/plans/*.md",
        "url": "http://<host>/v1",
        "hash": "sha#1",
        "callID": "call#1",
        "own": "ulid#1",
        "ref": "<ref>",
        "stack": "Error: x",
        "evt": "evt#",
        "time": "<time>",
        "title": "New session - <iso>",
    }


def test_a_slug_of_other_words_stays() -> None:
    """A slug is only taken for one when both words are the server's."""
    assert normaliser().value({"slug": "wrong-words"}) == {"slug": "wrong-words"}


def test_foreign_sessions_are_dropped() -> None:
    """Sessions of other cases vanish from lists and maps, but a single one is shown."""
    listed: Json = {"body": [{"id": SES}, {"id": OTHER}, {"sessionID": OTHER}]}
    mapped: Json = {"body": {SES: {"type": "busy"}, OTHER: {"type": "busy"}}}
    assert normaliser(SES).answer(listed) == {"body": [{"id": "ses#1"}], "headers": None}
    assert normaliser(SES).answer(mapped) == {"body": {"ses#1": {"type": "busy"}}, "headers": None}
    assert normaliser(SES).answer({"body": {"id": OTHER}}) == {"body": {"id": "ses#1"}, "headers": None}


def test_headers() -> None:
    """Dates go, lengths are there or not, all other headers are compared, and a 204 needs no length."""
    headers: Json = {"date": "now", "content-length": "12", "vary": "Origin"}
    assert normaliser().answer({"status": 200, "headers": headers, "body": 1}) == {
        "status": 200,
        "headers": {"content-length": "<length>", "vary": "Origin"},
        "body": 1,
    }
    assert normaliser().answer({"status": 204, "headers": headers, "body": 1}) == {
        "status": 204,
        "headers": {"vary": "Origin"},
        "body": 1,
    }


def test_presence_type_and_value_are_compared() -> None:
    """A missing key, another type and another value are differences; 1 is neither 1.0 nor true."""
    assert differences({"a": 1}, {"a": 1}) == []
    assert differences({"a": 1}, {}) == ["1. GET /x · a"]
    assert differences({}, {"a": 1}) == ["1. GET /x · a"]
    assert differences({"a": 1}, {"a": 1.0}) == ["1. GET /x · a"]
    assert differences({"a": 1}, {"a": True}) == ["1. GET /x · a"]
    assert differences({"a": None}, {}) == ["1. GET /x · a"]
    assert differences([1, 2], [1]) == ["1. GET /x[1]"]


def test_no_two_readings_of_the_fake_are_the_same() -> None:
    """Else a time that was set anew within a millisecond would look as if it had been kept."""
    clock = TellingClock()
    readings = [clock.now() for _ in range(50)]
    assert readings == sorted(set(readings))


def test_order_of_times() -> None:
    """Times that clearly come in another order differ, and a chance of milliseconds does not."""

    def moments(*at: int) -> list[Moment]:
        return [Moment(f"f{number}", NOW + each) for number, each in enumerate(at)]

    far = SLACK * 3
    assert list(order_differences(moments(0, far), moments(0, far * 9))) == []
    assert list(order_differences(moments(0, 1), moments(1, 0))) == []
    assert list(order_differences(moments(0, far), moments(far, 0))) == [("f0 before f1", "earlier", "later")]


def test_a_time_that_is_kept() -> None:
    """A field that keeps its time on one stage keeps it on the other."""
    real = [Moment("ses#1 time.updated", NOW), Moment("ses#1 time.updated", NOW)]
    fake = [Moment("ses#1 time.updated", NOW), Moment("ses#1 time.updated", NOW + SLACK * 2)]
    assert list(order_differences(real, real)) == []
    assert list(order_differences(real, fake)) == [("ses#1 time.updated", "stays as it was", "changes")]
    assert list(order_differences(fake, real)) == []
    late = [Moment("ses#1 time.updated", NOW), Moment("ses#1 time.updated", NOW + APART * 2)]
    assert list(order_differences(late, real)) == [("ses#1 time.updated", "changes", "stays as it was")]


def test_two_events_are_two_things() -> None:
    """Their times say nothing about each other; what they tell of does."""
    field = "evt# properties.time"
    assert not [*order_differences([Moment(field, NOW), Moment(field, NOW + SLACK * 2)], [Moment(field, NOW)] * 2)]


def updated(title: str, **more: Json) -> Json:
    """A session.updated."""
    return {"type": "session.updated", "properties": {"info": {"id": SES, "title": title, **more}}}


def status(word: str, session: str = SES) -> Json:
    """A session.status."""
    return {"type": "session.status", "properties": {"sessionID": session, "status": {"type": word}}}


def test_background_events_may_move() -> None:
    """Title and summary may be told of in either order, and anywhere in between."""
    one = [updated("New", s=0), status("busy"), updated("New", s=1), updated("T", s=1), status("idle")]
    other = [updated("New", s=0), updated("T", s=0), status("busy"), status("idle"), updated("T", s=1)]
    assert differences(one, other, EVENTS) == []


def test_what_a_session_was_made_with_is_where_its_history_begins() -> None:
    """Whichever of title and summary is told first, the values before both are the same."""
    made: Json = {"type": "session.created", "properties": {"info": {"id": SES, "title": "New", "s": 0}}}
    one, other = [made, updated("T", s=0), updated("T", s=1)], [made, updated("New", s=1), updated("T", s=1)]
    assert differences(one, other, EVENTS) == []
    assert differences(one, [made, updated("New", s=1)], EVENTS)


def test_background_events_must_say_the_same() -> None:
    """What a field of a session becomes must be told of, and nothing else."""
    one = [updated("New"), updated("T")]
    assert differences(one, [updated("New")], EVENTS)
    assert differences(one, [updated("New"), updated("U")], EVENTS)
    assert differences(one, [updated("New"), updated("U"), updated("T")], EVENTS)
    assert differences(one, [], EVENTS)


def test_other_events_keep_their_order() -> None:
    """Events in the foreground are compared one by one."""
    assert differences([status("busy"), status("idle")], [status("idle"), status("busy")], EVENTS)
    assert differences([status("busy"), status("busy")], [status("busy")], EVENTS)


def tool(state: str, name: str = "bash", **more: Json) -> Json:
    """A message.part.updated of a tool."""
    part: Json = {
        "id": "prt_000000000001AAAAAAAAAAAAAA",
        "sessionID": SES,
        "type": "tool",
        "tool": name,
        "state": {"status": state, **more},
    }
    return {"type": "message.part.updated", "properties": {"part": part}}


def test_progress_may_be_missing() -> None:
    """A running tool's output so far may be told of or not, but must become the output."""
    runs, done = tool("running"), tool("completed", output="one two")
    shown = tool("running", metadata={"output": "one"})
    assert differences([runs, shown, done], [runs, done], EVENTS) == []
    assert differences([runs, shown, done], [runs, tool("running", metadata={"output": "one "}), done], EVENTS) == []
    assert differences([runs, shown, done], [runs, tool("running", metadata={"output": "two"}), done], EVENTS)
    assert differences([runs, shown, done], [runs, tool("running", metadata={"output": "one", "x": 1}), done], EVENTS)


def test_who_tells_first_that_a_tool_runs() -> None:
    """The stream's reader, or the tool with what it shows; that it runs is told in any case, and told once."""
    runs, done = tool("running", raw=""), tool("completed", output="one two")
    shown = tool("running", metadata={"output": "one"}, title="A title")
    assert differences([runs, shown, done], [shown, done], EVENTS) == []
    assert differences([runs, shown, done], [shown, shown, done], EVENTS) == []
    assert differences([shown, done], [tool("running", metadata={"output": "two"}), done], EVENTS)
    assert differences([shown, done], [done], EVENTS)
    assert differences([runs, done], [runs, runs, done], EVENTS)
    assert differences([runs, done], [tool("running", metadata={"other": 1}), done], EVENTS)


@pytest.mark.parametrize("kind", ["permission.asked", "question.asked", "todo.updated"])
def test_a_tools_own_event_may_overtake_the_parts_of_its_step(kind: str) -> None:
    """What a tool tells may come before the stream has told of the tool, but not behind what came of it."""
    own: Json = {"type": kind, "properties": {"sessionID": SES}}
    begun: list[Json] = [tool("pending"), tool("running")]
    done = tool("completed", output="")
    assert differences([*begun, own, done], [own, *begun, done], EVENTS) == []
    assert differences([*begun, own, done], [*begun, done, own], EVENTS)
    assert differences([status("busy"), *begun, own], [own, status("busy"), *begun], EVENTS)
    assert differences([*begun, own, done], [*begun, done], EVENTS)


def test_a_call_that_comes_to_nothing_may_be_done_before_the_text_ends() -> None:
    """The tool for mistakes has nothing to do; another one's result keeps its place."""
    text: Json = {"type": "message.part.updated", "properties": {"part": {"type": "text", "sessionID": SES}}}

    def logs(name: str) -> tuple[list[Json], list[Json]]:
        begun, done = tool("running", name=name), tool("completed", name=name)
        return [begun, done, text, status("idle")], [begun, text, done, status("idle")]

    assert differences(*logs("invalid"), EVENTS) == []
    assert differences(*logs("bash"), EVENTS)
    (early, _), done = logs("invalid"), tool("completed", name="invalid")
    assert differences(early, [tool("running", name="invalid"), text, status("idle"), done], EVENTS)


def test_a_subagents_session_may_overtake_the_stream_of_its_parent() -> None:
    """The log of a session below another one moves as a whole, and keeps its own order."""
    born: Json = {"type": "session.created", "properties": {"info": {"id": OTHER, "parentID": SES}}}
    child: list[Json] = [born, status("busy", OTHER), status("idle", OTHER)]
    begun, done = [tool("pending"), tool("running")], tool("completed", output="")
    first = status("busy")
    assert differences([first, *begun, *child, done], [first, *child, *begun, done], EVENTS) == []
    assert differences([first, *begun, *child, done], [first, *child[:2], *begun, child[2], done], EVENTS) == []
    assert differences([first, *begun, *child, done], [first, *begun, *child[:2], done, child[2]], EVENTS)
    assert differences([first, *begun, *child, done], [first, born, *begun, child[2], child[1], done], EVENTS)


def test_what_overtakes_numbers_no_ids() -> None:
    """A subagent's part that is told of early does not take the number of its parent's."""

    def parted(part: str, session: str) -> Json:
        told: dict[str, Json] = {"id": part, "type": "text", "sessionID": session}
        return {"type": "message.part.updated", "properties": {"part": told}}

    born: Json = {"type": "session.created", "properties": {"info": {"id": OTHER, "parentID": SES}}}
    own, below = parted("prt_000000000001AAAAAAAAAAAAAA", SES), parted("prt_000000000002AAAAAAAAAAAAAA", OTHER)
    done = tool("completed", output="")
    assert differences([own, born, below, done], [born, below, own, done], EVENTS) == []


def test_children_are_deleted_in_one_order() -> None:
    """No tool deletes a session: here the sessions below another one keep their order."""

    def told(kind: str, session: str, title: str) -> Json:
        return {"type": kind, "properties": {"info": {"id": session, "parentID": SES, "title": title}}}

    names = {OTHER: "a", OTHER.replace("B", "C"): "b"}
    born, gone = ([told(f"session.{kind}", *each) for each in names.items()] for kind in ("created", "deleted"))
    assert differences([*born, *gone], [*born, *gone], EVENTS) == []
    assert differences([*born, *gone], [*born, *gone[::-1]], EVENTS)


def test_first_user_message_is_in_the_foreground() -> None:
    """Where a user message is first told of is compared, later changes of it are not."""
    told: Json = {"type": "message.updated", "properties": {"info": {"id": EARLY, "role": "user"}}}
    log = take_apart([told, status("busy"), told])
    assert log.foreground == [told, status("busy")]
    assert list(log.told) == [f"message.updated {EARLY}"]
