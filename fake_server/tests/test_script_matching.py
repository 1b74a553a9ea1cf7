"""Which reply answers a prompt, and what is said where none does."""

from __future__ import annotations

import re

from opencode_fake.scripts import Casting, Exactly, Reply, Script, Turn, reply, script, text, turn
from opencode_fake.scripts.matching import default_title
from opencode_fake.scripts.steps import TextStep


def answer(made: Turn) -> str:
    """The text of a turn of one step, or else its error."""
    step = made.steps[0] if made.steps else None
    return step.text if isinstance(step, TextStep) else str(made.error and made.error.message)


def answers(casting: Casting, *prompts: str, session: str = "ses_1") -> list[str]:
    """What each prompt gets."""
    return [answer(casting.perform(prompt, session).turn) for prompt in prompts]


def cast(*replies: Reply, default: Turn | None = None) -> Casting:
    """A casting of a script of these."""
    return Casting(script(*replies, default=default))


def test_the_first_reply_that_fits_wins() -> None:
    """Parts are found whatever their case; patterns and exact texts are strict."""
    casting = cast(
        reply("list THE", text("part")),
        reply(re.compile("^a+$"), text("regex")),
        reply(Exactly(exactly="b"), text("exact")),
        reply(None, text("any")),
    )
    assert answers(casting, "Please List the files", "aaa", "  b\n", "B", "aab") == [
        "part",
        "regex",
        "exact",
        "any",
        "any",
    ]


def test_uses_nth_and_sequences_count() -> None:
    """A reply can be limited in number; a sequence repeats its last turn."""
    assert answers(cast(reply("x", text("1"), uses=1), reply("x", text("2"))), "x", "x", "x") == ["1", "2", "2"]
    assert answers(cast(reply("x", text("2nd"), nth=2), reply("x", text("else"))), "x", "x", "x") == [
        "else",
        "2nd",
        "else",
    ]
    row = reply("x", sequence=[turn(text("a")), turn(text("b"))], title="T")
    assert answers(cast(row), "x", "x", "x") == ["a", "b", "b"]
    assert cast(row).perform("x", "ses_1").title == "T"


def test_replies_can_belong_to_a_session() -> None:
    """By number, in the order in which sessions were first prompted, or by id."""
    casting = cast(
        reply("x", text("second"), session=2), reply("x", text("own"), session="ses_c"), reply("x", text(""))
    )
    assert answers(casting, "x", session="ses_a") == [""]
    assert answers(casting, "x", session="ses_b") == ["second"]
    assert answers(casting, "x", session="ses_c") == ["own"]


def test_an_unmatched_prompt_says_what_was_near_and_why_not() -> None:
    """The error names the nearest replies first, with what kept each."""
    casting = cast(reply("something else"), reply(Exactly(exactly="list the filez"), name="files"), reply("x", uses=1))
    casting.perform("x", "ses_1")
    (message,) = answers(casting, "list the files")
    assert message.splitlines() == [
        "no reply of the script answers the prompt 'list the files'",
        "nearest replies:",
        "  - reply 'files': the prompt is not exactly 'list the filez' (they part at character 14: 's')",
        "  - reply to 'something else': the prompt does not contain 'something else'",
        "  - reply to 'x': the prompt does not contain 'x'",
        "add a reply for this prompt, or a 'default' one for all others",
    ]
    (unmatched,) = casting.unmatched
    assert (unmatched.prompt, unmatched.session_id, str(unmatched)) == ("list the files", "ses_1", message)


def test_a_used_up_reply_says_so() -> None:
    """A reply that fits but is limited explains the limit."""
    casting = cast(reply("x", uses=1), reply("x", nth=5), reply("x", session=3))
    casting.perform("x", "ses_1")
    (message,) = answers(casting, "x")
    assert "fits, but was used 1 of 1 times" in message
    assert "fits, but this is time 2 and it answers time 5 only" in message
    assert "it answers session number 3 only, this is number 1" in message


def test_an_empty_script_and_a_default() -> None:
    """Without replies there is nothing near; a default answers everything."""
    assert "the script has no replies" in answers(Casting(Script()), "x")[0]
    assert answers(cast(default=turn(text("what?"))), "x") == ["what?"]


def test_what_was_not_used_is_known() -> None:
    """A test can demand that every reply was used."""
    casting = cast(reply("a"), reply("b"))
    casting.perform("b", "ses_1")
    assert [one.prompt for one in casting.unused()] == ["a"]


def test_default_titles() -> None:
    """The first line with text, at most 50 characters."""
    assert default_title("\n  hello \nworld") == "hello"
    assert default_title("") == "Untitled"
    assert default_title("x" * 60) == "x" * 49 + "…"
