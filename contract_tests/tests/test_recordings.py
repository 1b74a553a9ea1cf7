"""The recordings of real servers, and what the fake makes of them."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.scene import Seen
from opencode_contract.fidelity.stages import real_stage
from opencode_contract.local import given_binary
from opencode_contract.recordings.cases import recorded_cases, recorded_script
from opencode_contract.recordings.making import differences, read_told, record, replay, write_told
from opencode_contract.recordings.serving import local
from opencode_fake.recording.targets import NotRecordable
from opencode_fake.scripts import load_script
from opencode_fixtures import library

CASES = {case.name: case for case in recorded_cases()}
VERSIONS = ("1.1.53", "1.18.34")
TRIES = 3
"""How often a run may differ: a real server's tools race with the stream that called them."""
BINARY = os.environ.get("OPENCODE_TESTKIT_BINARY", "")


def test_each_case_was_recorded_on_each_version() -> None:
    """And nothing else lies about."""
    assert set(library.recordings()) == {f"{version}/{name}" for version in VERSIONS for name in CASES}
    assert {file.stem for file in library.RECORDINGS.glob("*/*.json")} == CASES.keys()


@pytest.mark.parametrize("name", library.recordings())
async def test_a_recording_plays_as_the_real_server_did(name: str) -> None:
    """The same messages, session and events after normalisation; the file is whole, and small."""
    version, _, word = name.partition("/")
    file = library.RECORDINGS / f"{name}.yaml"
    recorded = load_script(file).recorded
    assert recorded is not None
    assert recorded.version == version
    assert recorded.redacted == "nothing that looks like a secret was found"
    assert file.stat().st_size < 4000
    fake = await replay(CASES[word], file, version)
    assert differences(CASES[word], version, read_told(file.with_suffix(".json")), fake) == []


async def test_a_recording_that_plays_otherwise_is_found(tmp_path: Path) -> None:
    """With the place where it does."""
    text = (library.RECORDINGS / "1.1.53/text.yaml").read_text().replace("Hello!", "Hullo!")
    changed = tmp_path / "changed.yaml"
    changed.write_text(text.partition("replies:")[1] + text.partition("replies:")[2])
    told = read_told(library.RECORDINGS / "1.1.53/text.json")
    found = differences(CASES["text"], "1.1.53", told, await replay(CASES["text"], changed, "1.1.53"))
    assert any("parts[1] · text" in each.place for each in found)


def test_what_is_told_is_kept(tmp_path: Path) -> None:
    """Whatever it is, lists and signs included."""
    seen = [Seen("a", [1, {"b": "ü\u2028"}]), Seen("c", {"d": None}), Seen("e", [])]
    write_told(tmp_path / "told.json", seen)
    assert read_told(tmp_path / "told.json") == seen


@pytest.mark.local
@pytest.mark.skipif(not BINARY, reason="OPENCODE_TESTKIT_BINARY names no OpenCode executable")
async def test_a_real_run_plays_as_it_was(tmp_path: Path) -> None:
    """Recorded now: messages, session and events are the same on the fake."""
    binary = given_binary(Path(BINARY))

    async def found(case: Case) -> list[str]:
        file = tmp_path / f"{case.name}.yaml"
        found: list[str] = []
        for _ in range(TRIES):
            real = await record(stage, case, file)
            fake = await replay(case, file, binary.version)
            found = [f"{case.name}: {each}" for each in differences(case, binary.version, real, fake)]
            if not found:
                break
        return found

    async with real_stage(binary, recorded_script()) as stage:
        # A server is slow at its first prompt, which is not what is looked at.
        await record(stage, CASES["text"], tmp_path / "first.yaml")
        assert [each for name in ("tool-loop", "permission", "abort") for each in await found(CASES[name])] == []


@pytest.mark.local
@pytest.mark.skipif(not BINARY, reason="OPENCODE_TESTKIT_BINARY names no OpenCode executable")
async def test_real_servers_can_be_recorded_by_the_command() -> None:
    """What ``opencode-fake record local:...`` starts."""
    async with local(BINARY, recorded_script()) as server:
        assert server.is_ours
        async with httpx.AsyncClient(trust_env=False, auth=(server.username, server.password or "")) as http:
            assert (await http.get(f"{server.url}/global/health")).json()["healthy"]
    with pytest.raises(NotRecordable, match="there is no file"):
        await local("/nowhere/opencode", recorded_script()).__aenter__()
