"""Scripts in Python say the same as scripts in YAML."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from opencode_fake.scripts import (
    Exactly,
    InvalidScript,
    Regex,
    Script,
    delay,
    edit,
    error,
    loads_script,
    provider_error,
    reasoning,
    reply,
    script,
    stream_error,
    text,
    tool,
    turn,
    write,
)
from opencode_fake.scripts.model import DefaultReply
from opencode_fake.scripts.steps import TextStep

IN_YAML = """
tokens: {input: 7}
default: {steps: [{text: What?}]}
replies:
  - prompt: all of it
    name: everything
    title: A title
    session: 2
    uses: 4
    cost: 0.5
    tokens: {input: 1, output: 2, reasoning: 3, cache: {read: 4, write: 5}}
    steps:
      - {reasoning: Hm., chunks: [H, m.], pace: 0.1}
      - {text: Hello., chunks: [Hel, lo.], pace: 0.2, cost: 1, tokens: {output: 9}}
      - delay: 1.5
      - {tool: bash, input: {command: ls}, output: a, exit: 3, title: t, metadata: {k: 1}, duration: 2}
      - {tool: read, input: {filePath: a}, error: no, parallel: true}
      - {write: a.txt, content: x}
      - {edit: a.txt, old: x, new: y, all: true}
      - error: {kind: provider, status: 500, message: boom, times: 2, retry_after: 1}
      - text: End.
    error: {kind: stream, message: cut}
  - prompt: {regex: '(?i)^a'}
    nth: 3
  - prompt: {exactly: b}
    sequence: [{steps: [{text: one}]}, {title: T, cost: 1, error: {kind: provider, message: m}}]
"""


def in_python() -> Script:
    """The same script."""
    return script(
        reply(
            "all of it",
            reasoning("Hm.", chunks=["H", "m."], pace=0.1),
            text("Hello.", chunks=["Hel", "lo."], pace=0.2, cost=1, tokens={"output": 9}),
            delay(1.5),
            tool("bash", {"command": "ls"}, output="a", exit=3, title="t", metadata={"k": 1}, duration=2),
            tool("read", {"filePath": "a"}, error="no", parallel=True),
            write("a.txt", "x"),
            edit("a.txt", "x", "y", all=True),
            provider_error(500, "boom", times=2, retry_after=1),
            text("End."),
            error=stream_error("cut"),
            name="everything",
            title="A title",
            session=2,
            uses=4,
            cost=0.5,
            tokens={"input": 1, "output": 2, "reasoning": 3, "cache": {"read": 4, "write": 5}},
        ),
        reply(re.compile("^a", re.IGNORECASE), nth=3),
        reply(Exactly(exactly="b"), sequence=[turn(text("one")), turn(title="T", cost=1, error=error("m"))]),
        default=text("What?"),
        tokens={"input": 7},
    )


def test_both_notations_say_the_same() -> None:
    """Every word of one notation has its counterpart in the other."""
    assert in_python() == loads_script(IN_YAML)


def test_patterns_keep_their_flags() -> None:
    """A compiled pattern finds the same as before."""
    pattern = re.compile("a.b$", re.IGNORECASE | re.DOTALL | re.MULTILINE)
    matched = reply(pattern).prompt
    assert isinstance(matched, Regex)
    assert re.search(matched.regex, "x A\nB\nz")
    assert reply(re.compile("a")).prompt == Regex(regex="a")


def test_a_default_may_be_a_whole_turn() -> None:
    """The default has a title and tokens too if it is to."""
    assert script(default=turn(text("x"), title="T")).default == DefaultReply(steps=(TextStep(text="x"),), title="T")


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: provider_error(200, "x"), "error: status: 'status' is an HTTP status from 400 to 599; got the numb"),
        (lambda: tool("bash", output="a", error="b"), "tool: a tool call has an 'output' .* not both"),
        (lambda: reply("a", text("x"), provider_error(400, "y")), "reply: a provider cannot refuse a call that"),
        (lambda: text("ab", chunks=["a"]), "text: the 'chunks' joined are not the text"),
        (lambda: delay(-1), "delay: delay: 'delay' is a number of seconds, such as 0.5; got the number -1"),
        (lambda: reply(session="x"), "reply: session: 'session' is a whole number from 1 or an id"),
        (lambda: write("", "x"), "write: write: 'write' is a text: the file's path; got the text ''"),
    ],
)
def test_what_is_wrong_is_said_as_for_a_file(build: Callable[[], object], said: str) -> None:
    """Python's users get the same words as YAML's."""
    with pytest.raises(InvalidScript) as caught:
        build()
    assert re.match(said, str(caught.value)), str(caught.value)
