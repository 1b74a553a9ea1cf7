"""Scripts by name, and scripts that include others."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from opencode_fake import FakeServer
from opencode_fake.scripts import InvalidScript, ScriptError, Tokens, UnknownScript, load_script, loads_script, reply
from opencode_fake.scripts import script as written
from opencode_fake.scripts.yaml_file import as_script

Files = Callable[..., Path]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Writes files, each given as name and text, and returns the first."""

    def write(**texts: str) -> Path:
        paths = [tmp_path / f"{name}.yaml" for name in texts]
        for path, text in zip(paths, texts.values(), strict=True):
            path.write_text(text, encoding="utf-8")
        return paths[0]

    return write


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package that offers the scripts ``greeting`` and ``farewell``; its folder of scripts."""
    package, metadata = tmp_path / "site" / "team_scripts", tmp_path / "site" / "team-1.0.dist-info"
    package.mkdir(parents=True)
    metadata.mkdir()
    (package / "__init__.py").touch()
    (package / "greeting.yaml").write_text("replies: [{prompt: hello, steps: [{text: Hello.}]}]\n")
    (package / "farewell.yaml").write_text("include: [greeting]\nreplies: [{prompt: bye, steps: [{text: Bye.}]}]\n")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: team\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[opencode_fake.scripts]\nteam = team_scripts\n")
    monkeypatch.syspath_prepend(metadata.parent)
    monkeypatch.delitem(sys.modules, "team_scripts", raising=False)
    return package


def prompts(path: Path) -> list[object]:
    """What the replies of a script answer, in their order."""
    return [each.prompt for each in load_script(path).replies]


def problem(path: Path) -> str:
    """The first lines of what is wrong with a script, without its folder."""
    with pytest.raises(ScriptError) as caught:
        load_script(path)
    return str(caught.value).replace(f"{path.parent}/", "")


def test_included_replies_come_after_those_of_the_file(files: Files) -> None:
    """In the order in which they are named; what they include follows them."""
    top = files(
        top="include: [./one.yaml, ./two.yaml]\nreplies: [{prompt: top}]\n",
        one="include: [three.yaml]\nreplies: [{prompt: one}]\n",
        two="replies: [{prompt: two}]\n",
        three="replies: [{prompt: three}]\n",
    )
    assert prompts(top) == ["top", "one", "three", "two"]


def test_a_file_that_two_include_counts_once(files: Files) -> None:
    """Where it comes first."""
    top = files(
        top="include: [one.yaml, two.yaml]\n",
        one="include: [shared.yaml]\nreplies: [{prompt: one}]\n",
        two="include: [./shared.yaml]\nreplies: [{prompt: two}]\n",
        shared="replies: [{prompt: shared}]\n",
    )
    assert prompts(top) == ["one", "shared", "two"]


def test_tokens_and_default_keep_their_meaning(files: Files) -> None:
    """Tokens are those of the replies beside them; the first default is the one."""
    top = files(
        top="include: [one.yaml]\nreplies: [{prompt: top}]\ntokens: {input: 1}\n",
        one="replies: [{prompt: one}, {prompt: own, tokens: {input: 7}}]\ndefault: {title: Else}\ntokens: {input: 2}\n",
    )
    script = load_script(top)
    assert script.tokens == Tokens(input=1)
    assert [each.tokens and each.tokens.input for each in script.replies] == [None, 2, 7]
    assert script.default is not None
    assert (script.default.title, script.default.tokens) == ("Else", Tokens(input=2))


@pytest.mark.usefixtures("team")
def test_names_are_those_that_packages_offer(files: Files) -> None:
    """In YAML, in Python, and for a server; one script may include another by its name."""
    assert prompts(files(top="include: [farewell]\n")) == ["bye", "hello"]
    assert [each.prompt for each in as_script("greeting").replies] == ["hello"]
    assert [each.prompt for each in written(reply("first"), include=["greeting"]).replies] == ["first", "hello"]
    assert [each.prompt for each in FakeServer("farewell").unused] == ["bye", "hello"]


@pytest.mark.usefixtures("team")
def test_a_name_that_nobody_offers_is_told_where_it_stands(files: Files) -> None:
    """With the line, the nearest name and all there are."""
    assert problem(files(top="replies: []\ninclude:\n  - greetings\n")).splitlines()[:2] == [
        (
            "top.yaml:3: include[0]: 'greetings': no ready-made script has this name; did you mean 'greeting'? "
            f"there are: {known()}; a file is './greetings'"
        ),
        "    3 |   - greetings",
    ]
    with pytest.raises(UnknownScript, match="did you mean 'greeting'"):
        as_script("greetings")


def known() -> str:
    """All names, those of the kit among them where it is installed."""
    with pytest.raises(UnknownScript) as caught:
        as_script("no-such-script")
    return str(caught.value).partition("there are: ")[2].partition(";")[0]


def test_a_name_that_two_packages_offer_is_refused(team: Path) -> None:
    """Which one is meant cannot be guessed."""
    again = team.parent / "other-1.0.dist-info"
    again.mkdir()
    (again / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (again / "entry_points.txt").write_text("[opencode_fake.scripts]\nother = team_scripts\n")
    with pytest.raises(UnknownScript, match="several packages offer it"):
        as_script("greeting")


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (
            {"top": "replies: []\ninclude:\n  - ./none.yaml\n"},
            "top.yaml:3: include[0]: './none.yaml': there is no such file\n    3 |   - ./none.yaml\n            ^",
        ),
        (
            {"top": "include: [top.yaml]\n"},
            (
                "top.yaml:1: include[0]: 'top.yaml' includes this file, or is it: leave out one of the two\n"
                "    1 | include: [top.yaml]\n                  ^"
            ),
        ),
        (
            {"top": "include: [one.yaml]\n", "one": "replies: []\ninclude: [./top.yaml]\n"},
            (
                "one.yaml:2: include[0]: './top.yaml' includes this file, or is it: leave out one of the two\n"
                "    2 | include: [./top.yaml]\n                  ^"
            ),
        ),
        (
            {"top": "include: [one.yaml]\n", "one": "replies:\n  - promt: x\n"},
            "one.yaml:2: replies[0]: unknown key 'promt'; did you mean 'prompt'? (known here: ",
        ),
        (
            {"top": "include: one.yaml\n"},
            "top.yaml:1: include: 'include' is a list of names and files, such as [rate-limit, ./other.yaml]; got",
        ),
        (
            {"top": "include: [3]\n"},
            "top.yaml:1: include[0]: what is included is a name such as rate-limit, or a file such as ./other.yaml;",
        ),
    ],
    ids=["no file", "itself", "circle", "bad file", "no list", "no text"],
)
def test_what_cannot_be_included_is_told(files: Files, texts: dict[str, str], told: str) -> None:
    """With file and line, and what to write instead."""
    assert problem(files(**texts)).startswith(told)


def test_a_text_includes_from_a_folder(files: Files) -> None:
    """From the working directory, if none is named."""
    folder = files(one="replies: [{prompt: one}]\n").parent
    assert [each.prompt for each in loads_script("include: [one.yaml]", folder=folder).replies] == ["one"]
    with pytest.raises(InvalidScript, match="no such file"):
        loads_script("include: [one.yaml]")


def test_recordings_are_named_with_their_version(team: Path, files: Files) -> None:
    """They lie in a folder that is called so."""
    folder = team / "1.18.34"
    folder.mkdir()
    (folder / "short-talk.yaml").write_text("replies: [{prompt: hi, steps: [{text: Hi.}]}]\n")
    assert prompts(files(main="include: [1.18.34/short-talk]\n")) == ["hi"]
    assert as_script("1.18.34/short-talk").replies
    assert "did you mean '1.18.34/short-talk'?" in problem(files(main="include: [1.18.34/short-walk]\n"))
