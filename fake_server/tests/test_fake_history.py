"""A session's past: forks, reverts, single messages and parts, the todo list, what must wait for a run."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from conftest import Served, Serving

SCRIPT = {
    "replies": [
        {"prompt": "write", "steps": [{"write": "a.txt", "content": "hi\nthere\n"}, {"text": "Wrote."}]},
        {"prompt": "edit", "steps": [{"edit": "a.txt", "old": "there", "new": "you\nall"}, {"text": "Edited."}]},
        {"prompt": "plan", "steps": [{"todos": ["one", {"content": "two", "status": "completed"}]}, {"text": "Ok."}]},
        {"prompt": "ask", "steps": [{"question": "Sure?"}, {"text": "Ok."}]},
        {"steps": [{"text": "Hello."}]},
    ]
}


async def _edited(served: Served) -> tuple[str, list[str]]:
    """A session that wrote a file and changed it, and the ids of its two prompts."""
    session = await served.session(title="Work")
    await served.prompt(session, "write")
    await served.prompt(session, "edit")
    messages = await served.messages(session)
    return session, [message["info"]["id"] for message in messages if message["info"]["role"] == "user"]


async def _post(served: Served, session: str, what: str, body: dict[str, Any] | None = None) -> Any:
    return (await served.http.post(f"/session/{session}/{what}", json=body)).json()


async def test_a_fork_copies_the_messages_before_a_point(serving: Serving) -> None:
    """With new ids, and answers that belong to the copies; it is no child."""
    async with serving(SCRIPT) as served:
        session, (_, second) = await _edited(served)
        whole = await _post(served, session, "fork", {})
        part = await _post(served, session, "fork", {"messageID": second})
        again = await _post(served, whole["id"], "fork", {})
        original, copied = await served.messages(session), await served.messages(whole["id"])
        first_half = await served.messages(part["id"])
    assert [fork["title"] for fork in (whole, part, again)] == ["Work (fork #1)", "Work (fork #1)", "Work (fork #2)"]
    assert "parentID" not in whole
    assert len(copied) == len(original) == 2 * len(first_half)
    assert copied[1]["info"]["parentID"] == copied[0]["info"]["id"] != original[0]["info"]["id"]
    assert [part["type"] for part in copied[1]["parts"]] == [part["type"] for part in original[1]["parts"]]


async def test_a_revert_restores_the_files_and_says_what_is_undone(serving: Serving) -> None:
    """The messages stay listed until the next prompt, which takes their place."""
    async with serving(SCRIPT) as served:
        session, (_, second) = await _edited(served)
        reverted = await _post(served, session, "revert", {"messageID": second})
        listed = await served.messages(session)
        await served.prompt(session, "hello")
        left = await served.messages(session)
        after = (await served.http.get(f"/session/{session}")).json()
    assert reverted["summary"] == {"additions": 2, "deletions": 1, "files": 1}
    assert reverted["revert"]["messageID"] == second
    diff = "diff --git a/a.txt b/a.txt\nindex dba1bfc..0e2f46c 100644\n--- a/a.txt\n+++ b/a.txt\n"
    assert reverted["revert"]["diff"] == diff + "@@ -1,3 +1,2 @@\n hi\n-you\n-all\n+there"
    assert len(listed) == 6
    assert [message["info"]["id"] for message in left[:3]] == [message["info"]["id"] for message in listed[:3]]
    assert len(left) == 5
    assert "revert" not in after


async def test_a_revert_can_be_taken_back(serving: Serving) -> None:
    """Both are about files: those of the first prompt are gone and there again."""
    async with serving(SCRIPT) as served:
        session, (first, _) = await _edited(served)
        reverted = await _post(served, session, "revert", {"messageID": first})
        back = await _post(served, session, "unrevert")
        again = await _post(served, session, "revert", {"messageID": first})
    assert "deleted file mode 100644" in reverted["revert"]["diff"]
    assert "revert" not in back
    assert again["revert"]["diff"] == reverted["revert"]["diff"]


async def test_a_revert_to_an_answer_is_one_to_its_prompt(serving: Serving) -> None:
    """Unless something worth keeping stands before the part; an unknown message changes nothing."""
    async with serving(SCRIPT) as served:
        session, (_, second) = await _edited(served)
        messages = await served.messages(session)
        whole = await _post(served, session, "revert", {"messageID": messages[4]["info"]["id"]})
        text = messages[5]["parts"]
        place = {"messageID": messages[5]["info"]["id"], "partID": text[2]["id"]}
        behind = await _post(served, session, "revert", place)
        unknown = await _post(served, session, "revert", {"messageID": "msg_x"})
    assert whole["revert"]["messageID"] == second
    assert {key: behind["revert"][key] for key in place} == place
    assert unknown == behind


@pytest.mark.parametrize("version", ["1.1.65", "1.2.1", "1.18.34"])
async def test_what_was_reverted_goes_with_the_next_prompt(serving: Serving, version: str) -> None:
    """Later messages first, then the parts behind the point; up to 1.1.65 the whole message."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session(title="Work")
        for _ in range(2):
            await served.prompt(session, "hello")
        (_, answer, second, reply) = await served.messages(session)
        last = answer["parts"][2]["id"]
        await _post(served, session, "revert", {"messageID": answer["info"]["id"], "partID": last})
        async with served.http.stream("GET", "/event") as response:
            lines = response.aiter_lines()
            await served.prompt(session, "hello")
            told = [event async for event in _removals(lines)]
        left = (await served.messages(session))[1]
    gone = [each["info"]["id"] for each in (second, reply)]
    assert told == ([answer["info"]["id"], *gone] if version == "1.1.65" else [*gone, last])
    assert (left["info"]["id"] == answer["info"]["id"]) == (version != "1.1.65")


@pytest.mark.parametrize(
    ("version", "part", "left"),
    [("1.18.14", False, 2), ("1.18.14", True, 3), ("1.18.15", False, 5), ("1.18.15", True, 5)],
)
async def test_the_point_of_a_revert_is_deleted(serving: Serving, version: str, part: bool, left: int) -> None:
    """What comes after it goes with the next prompt all the same; not on the newest versions."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session(title="Work")
        for _ in range(2):
            await served.prompt(session, "hello")
        (asked, answer, *_) = await served.messages(session)
        point = answer["info"]["id"] if part else asked["info"]["id"]
        body = {"messageID": point, "partID": answer["parts"][2]["id"]} if part else {"messageID": point}
        await _post(served, session, "revert", body)
        await served.http.delete(f"/session/{session}/message/{point}")
        await served.prompt(session, "hello")
        found = await served.messages(session)
    assert len(found) == left


async def _removals(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """The messages and parts that are told to be removed before the prompt is done."""
    async for line in lines:
        event: dict[str, Any] = json.loads(line.removeprefix("data: ")) if line else {"type": ""}
        if event["type"].endswith("removed"):
            yield event["properties"].get("partID", event["properties"]["messageID"])
        if event["type"] == "session.idle":
            return


@pytest.mark.parametrize(("version", "own"), [("1.1.53", True), ("1.1.56", False), ("1.15.13", False)])
async def test_what_others_changed_meanwhile(serving: Serving, version: str, own: bool) -> None:
    """Counts for what a session changed, but on the oldest versions."""
    async with serving(SCRIPT, version=version) as served:
        first, other = await served.session(), await served.session()
        await served.prompt(first, "hello")
        await served.prompt(other, "write")
        await served.prompt(first, "hello")
        summary = (await served.http.get(f"/session/{first}")).json()["summary"]
        diff = (await served.http.get(f"/session/{first}/diff")).json()
    assert (summary["files"], [each["file"] for each in diff]) == ((0, []) if own else (1, ["a.txt"]))


async def test_todos_are_kept_with_their_session(serving: Serving) -> None:
    """And have ids up to 1.1.65."""
    lists = []
    for version in ("1.1.53", "1.2.1"):
        async with serving(SCRIPT, version=version) as served:
            session = await served.session()
            before = (await served.http.get(f"/session/{session}/todo")).json()
            await served.prompt(session, "plan")
            lists.append((await served.http.get(f"/session/{session}/todo")).json())
    assert before == []
    assert lists[0] == [
        {"id": "1", "content": "one", "status": "pending", "priority": "medium"},
        {"id": "2", "content": "two", "status": "completed", "priority": "medium"},
    ]
    assert [set(todo) for todo in lists[1]] == [{"content", "status", "priority"}] * 2


@pytest.mark.parametrize(("version", "shown"), [("1.1.53", True), ("1.2.1", True), ("1.3.2", True), ("1.14.34", False)])
async def test_todos_are_shown_with_their_ids_up_to_1_3_2(serving: Serving, version: str, shown: bool) -> None:
    """By the tool that writes them, also where they are kept without."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        await served.prompt(session, "plan")
        state = (await served.messages(session))[1]["parts"][1]["state"]
    assert ["id" in todo for todo in state["metadata"]["todos"]] == [shown] * 2
    assert state["output"].count('"id"') == 2 * shown


async def test_parts_can_be_changed_added_and_removed(serving: Serving) -> None:
    """As wholes, under the ids of their path."""
    async with serving(SCRIPT) as served:
        session = await served.session()
        part = (await served.prompt(session, "hello")).json()["parts"][1]
        path = f"/session/{session}/message/{part['messageID']}/part"
        changed = await served.http.patch(f"{path}/{part['id']}", json={**part, "text": "patched"})
        mismatch = await served.http.patch(f"{path}/prt_x", json=part)
        added = await served.http.patch(f"{path}/prt_zzz", json={**part, "id": "prt_zzz"})
        removed = [await served.http.delete(f"{path}/prt_zzz") for _ in range(2)]
        bad = await served.http.delete(f"{path}/xyz")
        left = (await served.messages(session))[1]["parts"]
    assert changed.json()["text"] == left[1]["text"] == "patched"
    assert mismatch.json()["data"]["message"].startswith(
        f"Error: Part mismatch: body.id='{part['id']}' vs partID='prt_x'"
    )
    assert added.status_code == 200
    assert [(answer.status_code, answer.json()) for answer in removed] == [(200, True)] * 2
    assert bad.status_code == 500
    assert len(left) == 3


async def _two_parts(served: Served, session: str) -> dict[str, Any]:
    """A prompt of a session, with the texts a and b."""
    texts = [{"type": "text", "text": text} for text in "ab"]
    prompt: dict[str, Any] = await _post(served, session, "message", {"parts": texts, "noReply": True})
    return prompt


async def _texts(served: Served, session: str) -> list[str]:
    return [part["text"] for part in (await served.messages(session))[0]["parts"]]


@pytest.mark.parametrize(
    ("version", "left"),
    [("1.1.65", [["a", "b"], ["a", "b"]]), ("1.2.12", [["b"], []]), ("1.2.15", [["b"], ["b"]])],
)
async def test_a_part_is_removed_from_where_the_version_looks(
    serving: Serving, version: str, left: list[list[str]]
) -> None:
    """In the message that the path names, in any message, or in those of the path's session."""
    async with serving(SCRIPT, version=version) as served:
        session, other = await served.session(), await served.session()
        prompt = await _two_parts(served, session)
        first, second = (part["id"] for part in prompt["parts"])
        seen = []
        for path in (f"{session}/message/msg_x/part/{first}", f"{other}/message/{prompt['info']['id']}/part/{second}"):
            assert (await served.http.delete(f"/session/{path}")).json() is True
            seen.append(await _texts(served, session))
    assert seen == left


@pytest.mark.parametrize(
    ("version", "texts"),
    [("1.1.65", [["a", "b"], ["changed", "a", "b"]]), ("1.2.1", [["changed", "b"], ["a", "b"]])],
)
async def test_a_database_keeps_a_part_where_it_was(serving: Serving, version: str, texts: list[list[str]]) -> None:
    """Whatever session and message a change of it names."""
    async with serving(SCRIPT, version=version) as served:
        session, other = await served.session(), await served.session()
        part, named = (await _two_parts(served, session))["parts"][0], (await _two_parts(served, other))["info"]
        changed = {**part, "sessionID": other, "messageID": named["id"], "text": "changed"}
        path = f"/session/{other}/message/{named['id']}/part/{part['id']}"
        assert (await served.http.patch(path, json=changed)).json() == changed
        seen = [await _texts(served, each) for each in (session, other)]
    assert seen == texts


async def test_messages_can_be_removed_from_1_2_15_on(serving: Serving) -> None:
    """Before, that is no route."""
    for version, expected in (("1.2.6", 500), ("1.2.15", 200)):
        async with serving(SCRIPT, version=version) as served:
            session = await served.session()
            message = (await served.prompt(session, "hello")).json()["info"]["id"]
            answer = await served.http.delete(f"/session/{session}/message/{message}")
            left = await served.messages(session)
        assert answer.status_code == expected
        assert len(left) == (1 if expected == 200 else 2)


@pytest.mark.parametrize(
    ("version", "status", "body"),
    [
        ("1.1.53", 500, "Error: Session {0} is busy"),
        ("1.14.41", 400, "Session {0} is busy"),
        ("1.18.34", 409, '{{"_tag":"SessionBusyError","sessionID":"{0}","message":"Session is busy: {0}"}}'),
    ],
)
async def test_reverts_must_wait_for_the_run(serving: Serving, version: str, status: int, body: str) -> None:
    """Forks need not."""
    async with serving(SCRIPT, version=version) as served:
        session = await served.session()
        await served.http.post(f"/session/{session}/prompt_async", json={"parts": [{"type": "text", "text": "ask"}]})
        while not (await served.http.get("/question")).json():
            pass
        refused = await served.http.post(f"/session/{session}/unrevert")
        forked = await served.http.post(f"/session/{session}/fork", json={})
    assert refused.status_code == status
    assert body.format(session) in refused.text
    assert forked.status_code == 200


async def test_nothing_can_be_shared(serving: Serving) -> None:
    """Sharing is off; ending it is a 404 or, from 1.2.1 on, no matter."""
    async with serving() as served:
        session = await served.session()
        shared = await served.http.post(f"/session/{session}/share")
        ended = await served.http.delete(f"/session/{session}/share")
    async with serving(version="1.2.1") as served:
        session = await served.session()
        later = await served.http.delete(f"/session/{session}/share")
    assert (shared.status_code, ended.status_code, later.status_code) == (500, 404, 200)
    assert shared.json()["data"]["message"].startswith("Error: Sharing is disabled in configuration")


@pytest.mark.parametrize(("version", "told"), [("1.2.1", False), ("1.15.13", False), ("1.17.0", True)])
async def test_the_end_of_a_sharing_is_an_update(serving: Serving, version: str, told: bool) -> None:
    """From 1.17.0 on, whether or not there was anything shared."""
    async with serving(version=version) as served:
        session = await served.session()
        before = len(served.server.events)
        await served.http.delete(f"/session/{session}/share")
        events = [each.type for each in served.server.events[before:]]
    assert events == ["session.updated"] * told
