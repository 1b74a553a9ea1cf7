"""Outputs that are longer than a model should read."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Serving

from opencode_fake.run.truncation import MOST_BYTES, beginning, end, is_long, preview
from opencode_fake.scripts import ScriptError, loads_script

FILE = "/data/tool-output/tool_1"
NUMBERED = "".join(f"{number:059}\n" for number in range(3000))
SHORT_LINES = "x\n" * 2500
BOTH = pytest.mark.parametrize("version", ["1.1.53", "1.18.34"])


async def state(serving: Serving, version: str, step: dict[str, Any], **prompt: object) -> dict[str, Any]:
    """What comes of a tool call."""
    async with serving({"replies": [{"steps": [step, {"text": "Done."}]}]}, version=version) as served:
        session = await served.session()
        await served.prompt(session, "go", **prompt)
        messages = await served.messages(session)
    (found,) = [part["state"] for message in messages for part in message["parts"] if part["type"] == "tool"]
    return dict(found)


@BOTH
async def test_a_commands_long_output_is_cut(serving: Serving, version: str) -> None:
    """Older versions show how it begins, newer ones how it ends; both name a file."""
    found = await state(serving, version, {"tool": "bash", "input": {"command": "seq"}, "output": NUMBERED})
    path = found["metadata"]["outputPath"]
    assert path.startswith("/home/user/.local/share/opencode/tool-output/tool_")
    assert found["metadata"]["truncated"] is True
    shown, output = found["metadata"]["output"], found["output"]
    if version == "1.1.53":
        assert output == beginning(NUMBERED, path, delegates=True)
        assert shown == NUMBERED[:30_000] + "\n\n..."
    else:
        assert output == end(NUMBERED, path)
        assert shown == "...\n\n" + NUMBERED[-30_000:]


@BOTH
async def test_any_other_tools_long_output_shows_its_beginning(serving: Serving, version: str) -> None:
    """Beside what the tool itself shows."""
    step = {"tool": "lookup", "output": SHORT_LINES, "metadata": {"hits": 2500}}
    found = await state(serving, version, step)
    path = found["metadata"]["outputPath"]
    assert found["output"] == beginning(SHORT_LINES, path, delegates=True)
    assert found["metadata"] == {"hits": 2500, "truncated": True, "outputPath": path}


async def test_an_agent_without_subagents_is_told_to_read_the_file_itself(serving: Serving) -> None:
    """Its rules say that it has none."""
    step = {"tool": "bash", "input": {"command": "seq"}, "output": NUMBERED}
    found = await state(serving, "1.1.53", step, agent="explore")
    assert found["output"] == beginning(NUMBERED, found["metadata"]["outputPath"], delegates=False)


@BOTH
async def test_what_fits_is_shown_whole(serving: Serving, version: str) -> None:
    """To the last byte that there is room for."""
    output = "y" * MOST_BYTES
    found = await state(serving, version, {"tool": "bash", "input": {"command": "yes"}, "output": output})
    assert (found["output"], found["metadata"]["truncated"]) == (output, False)


def test_whole_lines_are_kept_of_a_beginning() -> None:
    """What is left out is counted in bytes or lines, whichever there are too many of."""
    shown, told = beginning(NUMBERED, FILE, delegates=False).split("\n\n", 1)
    assert int(shown.splitlines()[-1]) == 852
    assert told.startswith("...128821 bytes truncated...\n\nThe tool call succeeded")
    assert told.endswith(
        f"{FILE}\nUse Grep to search the full content or Read with offset/limit to view specific sections."
    )
    assert "\n\n...501 lines truncated...\n\n" in beginning(SHORT_LINES, FILE, delegates=True)


def test_whole_lines_are_kept_of_an_end() -> None:
    """Unless there is only one, of which the last bytes are shown."""
    head, shown = end(NUMBERED, FILE).split(f"Full output saved to: {FILE}\n\n")
    assert head == "...output truncated...\n\n"
    assert int(shown.splitlines()[0]) == 2147
    assert end(SHORT_LINES, FILE).count("x\n") == 1999
    assert end("é" * MOST_BYTES, FILE).endswith("\n\n" + "é" * (MOST_BYTES // 2))


def test_an_output_is_long_by_lines_or_bytes() -> None:
    """A line break at the end begins one more line."""
    assert not is_long("\n" * 1999)
    assert is_long("\n" * 2000)
    assert is_long("é" * (MOST_BYTES // 2 + 1))
    assert preview("short", keeps_end=True) == "short"


def test_a_script_repeats_a_text() -> None:
    """Wherever a long one may stand."""
    script = loads_script(
        "replies:\n- steps:\n"
        "  - text: {repeat: ab, times: 3}\n"
        "  - reasoning: {repeat: cd, times: 1}\n"
        "  - {tool: read, output: {repeat: x, times: 2}}\n"
        "  - {write: a.txt, content: {repeat: y, times: 4}}\n"
    )
    assert [step.model_dump(exclude_unset=True) for step in script.replies[0].steps] == [
        {"text": "ababab"},
        {"reasoning": "cd"},
        {"tool": "read", "output": "xx"},
        {"write": "a.txt", "content": "yyyy"},
    ]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{repeat: x}", "write a text, or {repeat: a text, times: 1000} for a long one"),
        ("{repeat: x, times: 0}", "write a text, or {repeat: a text, times: 1000} for a long one"),
        ("{repeat: xx, times: 10000000}", "'times' is a whole number, and the text 16777216 characters long at most"),
        ("3", "'text' is a text; got the number 3; put it in quotes"),
    ],
)
def test_what_is_no_repetition_is_told(written: str, told: str) -> None:
    """With its line."""
    with pytest.raises(ScriptError) as caught:
        loads_script(f"replies:\n- steps:\n  - text: {written}\n", "s.yaml")
    assert caught.value.problems[0].located("s.yaml") == f"s.yaml:3: replies[0].steps[0].text: {told}"
