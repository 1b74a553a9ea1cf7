"""Scripts in YAML: what loads, and what is said of what does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from opencode_fake.scripts import (
    Exactly,
    Failure,
    InvalidScript,
    Regex,
    Reply,
    Script,
    ScriptError,
    ScriptSyntaxError,
    Tokens,
    UnreadableScript,
    load_script,
    loads_script,
    reply,
)
from opencode_fake.scripts.yaml_file import as_script

EXAMPLE = """\
replies:
  - prompt: list the files            # substring, case ignored; {regex: ...}, {exactly: ...}, or absent = any prompt
    title: List current directory files
    steps:
      - text: I'll list the files for you.
      - tool: bash
        input: {command: ls -la}
        output: "total 60\\n..."
      - text: The directory holds three files.
    tokens: {input: 3, output: 87}
    cost: 0.04330275
  - prompt: fail
    error: {kind: provider, status: 401, message: bad key}
"""


def problems(text: str) -> list[str]:
    """Every problem of a script, as a report has it."""
    with pytest.raises(ScriptError) as caught:
        loads_script(text, "s.yaml")
    return [problem.located("s.yaml") for problem in caught.value.problems]


def test_the_example_of_the_documentation_loads(tmp_path: Path) -> None:
    """The documented example means what it says."""
    file = tmp_path / "script.yaml"
    file.write_text(EXAMPLE, encoding="utf-8")
    first, second = load_script(file).replies
    assert (first.prompt, first.title, first.cost) == ("list the files", "List current directory files", 0.04330275)
    assert first.tokens == Tokens(input=3, output=87)
    assert [step.model_dump(exclude_unset=True) for step in first.steps] == [
        {"text": "I'll list the files for you."},
        {"tool": "bash", "input": {"command": "ls -la"}, "output": "total 60\n..."},
        {"text": "The directory holds three files."},
    ]
    assert second.error == Failure(kind="provider", status=401, message="bad key")


def test_yaml_1_2_words_mean_what_they_do_there() -> None:
    """Texts such as ``yes`` and dates stay texts, numbers are numbers, aliases work."""
    script = loads_script(
        "replies:\n"
        "- &a {title: yes, name: 2025-01-01, nth: 0x10, cost: 1e-2, steps: [{text: &t 'x'}, {text: *t}]}\n"
        "- *a\n"
        "- {prompt: {regex: '^a'}, session: ses_1}\n- {prompt: {exactly: b}, session: 2}\n"
    )
    first, again, third, fourth = script.replies
    assert (first.title, first.name, first.nth, first.cost, len(first.steps)) == ("yes", "2025-01-01", 16, 0.01, 2)
    assert again == first
    assert (third.prompt, fourth.prompt) == (Regex(regex="^a"), Exactly(exactly="b"))


def test_a_misspelt_key_is_recognised() -> None:
    """An unknown key is named with its line, the likely one and the known ones, and the line is shown."""
    with pytest.raises(InvalidScript) as caught:
        loads_script("replies:\n  - promt: hello\n", "s.yaml")
    assert str(caught.value).splitlines() == [
        (
            "s.yaml:2: replies[0]: unknown key 'promt'; did you mean 'prompt'? "
            "(known here: steps, title, tokens, cost, error, prompt, name, session, nth, uses, sequence)"
        ),
        "    2 |   - promt: hello",
        "            ^",
    ]


def test_all_problems_are_listed_in_the_order_of_the_file() -> None:
    """One run shows everything that is wrong."""
    assert problems(
        "replies:\n  - cost: x\n    steps:\n      - txt: hello\n      - text: 42\n      - write: f\ntokens: 3\n"
    ) == [
        "s.yaml:2: replies[0].cost: 'cost' is a number of USD, such as 0.04; got the text 'x'",
        (
            "s.yaml:4: replies[0].steps[0]: unknown step 'txt'; did you mean 'text'? "
            "(a step has one of: text, reasoning, tool, write, edit, question, todos, task, delay, error)"
        ),
        "s.yaml:5: replies[0].steps[1].text: 'text' is a text; got the number 42; put it in quotes",
        "s.yaml:6: replies[0].steps[2]: 'content' is missing; it is a text: what the file holds afterwards",
        "s.yaml:7: tokens: 'tokens' is a group such as {input: 3, output: 87}; got the number 3",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a", ":1: a script is a group of keys, such as 'replies:' with a list below it; got a list"),
        ("hello", ":1: a script is a group of keys.*got the text 'hello'"),
        ("replies: 3", r":1: replies: 'replies' is a list of replies, such as .*; got the number 3"),
        ("replies: [7]", r"replies\[0\]: a reply is a group such as .*; got the number 7"),
        ("replies: [{steps: [hello]}]", r"a step is a group of keys; write \{text: \"hello\"\}"),
        ("replies: [{steps: [7]}]", r"a step is a group of keys such as \{text: Hello.\}; got the number 7"),
        ("replies: [{steps: [{}]}]", "a step has one of the keys text, .*; got an empty group"),
        ("replies: [{steps: [{text: a, delay: 1}]}]", "'delay' is a step of its own: give it its own '- '"),
        ("replies: [{steps: [{delay: -1}]}]", "'delay' is a number of seconds, such as 0.5; got the number -1"),
        ("replies: [{steps: [{delay: .inf}]}]", "'delay' is a number of seconds, such as 0.5; got the number inf"),
        ("replies: [{steps: [{text: }]}]", "'text' is a text; got nothing"),
        ("replies: [{steps: {text: a}}]", "'steps' is a list of steps, such as .*; got a group with text"),
        ("replies: [{steps: [{tool: bash, input: ls}]}]", "'input' is a group: .*; got the text 'ls'"),
        ("replies: [{steps: [{tool: a, output: b, error: c}]}]", "an 'output' .* or an 'error' .*, not both"),
        ("replies: [{steps: [{tool: a, error: 1}]}]", "'error' is a text: what went wrong; got the number 1"),
        ("replies: [{steps: [{text: a, chunks: [a, 1]}]}]", "a chunk is a text; got the number 1; put it in quotes"),
        ("replies: [{prompt: 12}]", "'prompt' is a part of the prompt as a text, .*; got the number 12; put it in"),
        ("replies: [{prompt: {regx: a}}]", "'prompt' is .*; got a group with regx"),
        ("replies: [{prompt: {regex: '('}}]", r"prompt.regex: not a regular expression: "),
        ("replies: [{prompt: {regex: a, exactly: b}}]", "unknown key 'regex'"),
        ("replies: [{nth: 1.5}]", "'nth' is a whole number from 1; got the number 1.5"),
        ("replies: [{uses: true}]", "'uses' is a whole number from 1; got true"),
        ("replies: [{session: 0}]", "'session' is a whole number from 1 or an id that starts with 'ses'; got the num"),
        ("replies: [{cost: '1'}]", "'cost' is a number of USD, such as 0.04; got the text '1'"),
        ("replies: [{tokens: {output: -1}}]", "'output' is a whole number from 0; got the number -1"),
        ("replies: [{error: {kind: prov, message: m}}]", "'kind' is 'provider' or 'stream'; got the text 'prov'"),
        ("replies: [{error: {kind: provider}}]", "replies.0..error: 'message' is missing; it is a text"),
        ("replies: [{error: {kind: stream, message: m, status: 500}}]", "'status', .* belong to kind: provider"),
        ("replies: [{sequence: [{prompt: a}]}]", r"sequence\[0\]: unknown key 'prompt'"),
        ("replies: [{sequence: [{}], steps: [{text: a}]}]", "write 'steps' and 'error' inside the 'sequence'"),
        ("default: {prompt: a}", "default: unknown key 'prompt'"),
        ("{a: 1, a: 2}", "the key 'a' stands here twice .first in line 1.; keep one"),
        (
            "replies:\n- prompt: a\n  prompt: b",
            r":3: replies\[0\]: the key 'prompt' stands here twice .first in line 2",
        ),
        ("? [a]\n: b", "a key is a text, not a list or a group"),
        ("replies: !x []", "the tag '!x' means nothing in a script; leave it out"),
        ("replies: !!python/name:os.system x", "the tag 'python/name:os.system' means nothing"),
        ("replies: [{nth: !!int abc}]", "'abc' is not of the kind 'int' that its tag says"),
        ("replies: &a [*a]", "an alias stands inside of what it names; write the value out"),
    ],
)
def test_what_is_not_a_script_is_told_what_to_write(text: str, said: str) -> None:
    """Each fault has one message with its place and what belongs there."""
    (problem,) = problems(text)
    assert re.search(said, problem), problem
    assert re.match(r"s\.yaml:\d+: ", problem)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "s.yaml: the file is empty; a script starts with 'replies:'"),
        ("# nothing\n", "s.yaml: the file is empty"),
        ("replies:\n\t- prompt: a", "s.yaml:2: not YAML: a tab stands where only spaces may"),
        ("replies: a: b", "s.yaml:1: not YAML: ':' cannot stand here"),
        ("replies: [1", "s.yaml:1: not YAML: the bracket opened here is never closed"),
        ("replies: 'x", "s.yaml:1: not YAML: the text in quotes never ends"),
        ("replies: @x", "s.yaml:1: not YAML: a text cannot start with this character"),
        ("- a\nb: 1", "s.yaml:2: not YAML: this line is not indented as those around it"),
        ("a: 1\n---\nb: 2", "s.yaml:2: not YAML: one file holds one script"),
        ("a: *x", "s.yaml:1: not YAML: found undefined alias 'x'"),
        ("a: \x00", "s.yaml: not YAML: unacceptable character"),
        ("[" * 600, "s.yaml: lists and groups are nested too deeply"),
    ],
)
def test_what_is_not_yaml_is_told_apart(text: str, said: str) -> None:
    """Syntax errors name their line and the likely cause."""
    with pytest.raises(ScriptSyntaxError) as caught:
        loads_script(text, "s.yaml")
    assert str(caught.value).startswith(said)


def test_aliases_cannot_blow_up() -> None:
    """A few lines that stand for millions of values are refused at once."""
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
    assert any("more than 100000 values" in problem for problem in problems("\n".join(lines)))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing files, folders and other encodings are told apart."""
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("replies:\n  - prompt: \xe4\n".encode("latin-1"))
    for path, said in [
        (tmp_path / "none.yaml", f"{tmp_path}/none.yaml: there is no such file"),
        (tmp_path, f"{tmp_path}: this is a folder; name the script in it"),
        (latin, f"{latin}:2: not UTF-8 (byte 0xe4); save the file as UTF-8"),
    ]:
        with pytest.raises(UnreadableScript) as caught:
            load_script(path)
        assert str(caught.value) == said


def test_a_byte_order_mark_is_no_part_of_the_script(tmp_path: Path) -> None:
    """Editors of some systems put one in front."""
    file = tmp_path / "bom.yaml"
    file.write_text("\ufeffreplies: []", encoding="utf-8")
    assert load_script(file) == Script()


def test_whatever_stands_for_a_script(tmp_path: Path) -> None:
    """Scripts, replies, files and nothing are all taken."""
    file = tmp_path / "s.yaml"
    file.write_text("replies: [{prompt: a}]", encoding="utf-8")
    expected = Script(replies=(Reply(prompt="a"),))
    assert as_script(file) == as_script(str(file)) == as_script([reply("a")]) == as_script(expected) == expected
    assert as_script(None) == Script()
