"""Permissions and questions: a tool asks, the reply waits, somebody answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from conftest import Served, Serving, prompt_body

from opencode_fake import ManualClock

LIST = {"tool": "bash", "input": {"command": "ls -la"}, "output": "a.txt\n", "permission": "ask"}
PRINT = {"tool": "bash", "input": {"command": "echo hi && git log"}, "output": "hi\n", "permission": "ask"}
SCRIPT = {
    "replies": [
        {"prompt": "ask", "steps": [LIST, {"text": "Listed."}]},
        {"prompt": "both", "steps": [LIST, {**PRINT, "parallel": True}, {"text": "Done."}]},
        {"prompt": "write", "steps": [{"write": "a.txt", "content": "a\n", "permission": "ask"}, {"text": "Wrote."}]},
        {"prompt": "outside", "steps": [{"tool": "read", "input": {"filePath": "/etc/x"}}, {"text": "Read."}]},
        {
            "prompt": "colour",
            "steps": [{"question": "Which colour?", "header": "Colour", "options": ["Red", "Blue"]}, {"text": "Fine."}],
        },
    ]
}


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Asks the server again and again."""
    async with asyncio.timeout(5):
        while not await condition():  # noqa: ASYNC110 - the condition itself is a request
            await asyncio.sleep(0)


class Asking:
    """A session whose prompt runs until it asks."""

    def __init__(self, served: Served, session: str, kind: str) -> None:
        self.served, self.session, self.kind = served, session, kind

    @classmethod
    async def begin(cls, served: Served, text: str, kind: str = "permission", count: int = 1) -> Asking:
        """Sends a prompt and waits until so many requests wait for an answer."""
        asking = cls(served, await served.session(), kind)
        await served.http.post(f"/session/{asking.session}/prompt_async", json=prompt_body(text))
        await until(lambda: asking.has(count))
        return asking

    async def has(self, count: int) -> bool:
        """Whether so many requests wait for an answer."""
        return len(await self.requests()) >= count

    async def is_idle(self) -> bool:
        """Whether nothing runs."""
        return (await self.served.http.get("/session/status")).text == "{}"

    async def requests(self) -> list[dict[str, Any]]:
        """What waits for an answer."""
        listed: list[dict[str, Any]] = (await self.served.http.get(f"/{self.kind}")).json()
        return listed

    async def answer(self, body: dict[str, Any] | None, how: str = "reply", number: int = 0) -> None:
        """Answers a request and waits until the session is idle."""
        request = (await self.requests())[number]["id"]
        answer = await self.served.http.post(f"/{self.kind}/{request}/{how}", json=body)
        assert answer.json() is True

    async def tools(self) -> list[dict[str, Any]]:
        """The states of the tool calls when the session is idle."""
        return [part["state"] for part in await self.parts() if part["type"] == "tool"]

    async def parts(self) -> list[dict[str, Any]]:
        """All parts of the answers when the session is idle."""
        await until(self.is_idle)
        messages = await self.served.messages(self.session)
        return [part for message in messages[1:] for part in message["parts"]]


async def test_a_tool_that_asks_waits_for_the_answer(serving: Serving) -> None:
    """The request names the command, what an "always" would cover, and the call."""
    async with serving(SCRIPT) as served:
        asking = await Asking.begin(served, "ask")
        (request,) = await asking.requests()
        status = (await served.http.get("/session/status")).json()
        await asking.answer({"reply": "once"})
        (state,) = await asking.tools()
    assert request["id"].startswith("per_")
    assert (request["permission"], request["patterns"], request["always"]) == ("bash", ["ls -la"], ["ls *"])
    assert set(request["tool"]) == {"messageID", "callID"}
    assert status == {asking.session: {"type": "busy"}}
    assert (state["status"], state["output"]) == ("completed", "a.txt\n")


async def test_a_rejection_ends_the_run_and_all_requests_of_the_session(serving: Serving) -> None:
    """Without an error of the message; the model is not called again."""
    async with serving(SCRIPT) as served:
        asking = await Asking.begin(served, "both", count=2)
        await asking.answer({"reply": "reject"})
        parts = await asking.parts()
        left = await asking.requests()
    assert [part["type"] for part in parts] == ["step-start", "tool", "tool", "step-finish"]
    errors = {part["state"]["error"] for part in parts if part["type"] == "tool"}
    assert errors == {"Error: The user rejected permission to use this specific tool call."}
    assert left == []


async def test_a_rejection_with_a_word_lets_the_run_go_on(serving: Serving) -> None:
    """The model is told what the user wants instead."""
    async with serving(SCRIPT) as served:
        asking = await Asking.begin(served, "ask")
        await asking.answer({"reply": "reject", "message": "Use find"})
        (state,) = await asking.tools()
        text = [part["text"] for part in await asking.parts() if part["type"] == "text"]
    assert state["error"].endswith("tool call with the following feedback: Use find")
    assert text == ["Listed."]


async def test_always_is_remembered_for_every_session(serving: Serving) -> None:
    """What the pattern covers is not asked for again; what it does not cover is."""
    async with serving(SCRIPT) as served:
        asking = await Asking.begin(served, "both", count=2)
        await asking.answer({"reply": "always"})
        (left,) = await asking.requests()
        await asking.answer({"reply": "once"})
        await asking.parts()
        again = await served.prompt(await served.session(), "ask")
    assert left["patterns"] == ["echo hi", "git log"]
    assert left["always"] == ["echo *", "git log *"]
    assert again.json()["parts"][1]["text"] == "Listed."


async def test_rules_of_the_session_come_after_those_of_the_script(serving: Serving) -> None:
    """A session may be allowed what the script asks for, and forbidden the rest."""
    async with serving(SCRIPT) as served:
        rule = {"permission": "bash", "pattern": "ls *", "action": "allow"}
        free = (await served.http.post("/session", json={"permission": [rule]})).json()["id"]
        allowed = await served.prompt(free, "ask")
        strict = (await served.http.post("/session", json={"permission": [{**rule, "action": "deny"}]})).json()["id"]
        await served.prompt(strict, "ask")
        denied = (await served.messages(strict))[1]["parts"][1]["state"]
    assert allowed.json()["info"]["finish"] == "stop"
    assert denied["error"].startswith("Error: The user has specified a rule which prevents you")
    assert denied["error"].endswith('{"permission":"bash","pattern":"ls *","action":"deny"}]')


async def test_files_ask_with_the_change_they_would_make(serving: Serving) -> None:
    """A write shows its diff, and a path outside the workspace is asked for by itself."""
    async with serving(SCRIPT) as served:
        (write,) = await (await Asking.begin(served, "write")).requests()
        outside = (await (await Asking.begin(served, "outside", count=2)).requests())[1]
    assert (write["permission"], write["patterns"], write["always"]) == ("edit", ["a.txt"], ["*"])
    assert write["metadata"]["diff"].endswith("+++ /data/workspace/a.txt\n@@ -0,0 +1,1 @@\n+a\n")
    assert (outside["permission"], outside["patterns"]) == ("external_directory", ["/etc/*"])
    assert outside["metadata"] == {"filepath": "/etc/x", "parentDir": "/etc"}


@pytest.mark.parametrize(
    ("answers", "said"),
    [([["Red"]], "Red"), ([], "Unanswered"), ([["Dark", "red"]], "Dark, red")],
)
async def test_answers_to_a_question_reach_the_model(serving: Serving, answers: list[list[str]], said: str) -> None:
    """As labels or in words of one's own, or not at all."""
    async with serving(SCRIPT) as served:
        asking = await Asking.begin(served, "colour", "question")
        (request,) = await asking.requests()
        await asking.answer({"answers": answers})
        (state,) = await asking.tools()
    options = [{"label": "Red", "description": ""}, {"label": "Blue", "description": ""}]
    assert request["questions"] == [{"question": "Which colour?", "header": "Colour", "options": options}]
    assert f'"Which colour?"="{said}"' in state["output"]
    assert (state["title"], state["metadata"]) == ("Asked 1 question", {"answers": answers, "truncated": False})


async def test_a_dismissed_question_ends_the_run(serving: Serving) -> None:
    """As a rejected permission does."""
    async with serving(SCRIPT) as served:
        asking = await Asking.begin(served, "colour", "question")
        await asking.answer(None, "reject")
        (state,) = await asking.tools()
    assert state["error"] == "Error: The user dismissed this question"


async def test_an_abort_leaves_the_request_and_the_message_open(serving: Serving) -> None:
    """Until somebody answers; then the message is closed as aborted (to 1.3.2)."""
    async with serving(SCRIPT) as served:
        asking = await Asking.begin(served, "ask")
        await served.http.post(f"/session/{asking.session}/abort")
        during = (await served.messages(asking.session))[1]
        assert len(await asking.requests()) == 1
        await asking.answer({"reply": "reject"})
        after = (await served.messages(asking.session))[1]
    assert (during["parts"][1]["state"]["status"], during["info"]["time"].get("completed")) == ("running", None)
    assert after["info"]["error"]["name"] == "MessageAbortedError"
    assert after["parts"][1]["state"]["error"] == "Tool execution aborted"


@pytest.mark.parametrize("version", ["1.1.53", "1.3.2"])
async def test_the_late_end_of_an_aborted_run_ends_the_next_one(serving: Serving, version: str) -> None:
    """A run that waited on for an answer ends whatever its session does by then (to 1.3.2)."""
    long = {"prompt": "long", "steps": [{"text": "So "}, {"delay": 3600}, {"text": "late."}]}
    async with serving({"replies": [long, *SCRIPT["replies"]]}, version=version, clock=ManualClock()) as served:
        asking = await Asking.begin(served, "ask")
        await served.http.post(f"/session/{asking.session}/abort")
        await served.http.post(f"/session/{asking.session}/prompt_async", json=prompt_body("long"))
        await asking.answer({"reply": "reject"})
        await until(asking.is_idle)
        await until(lambda: _is_aborted(asking))
        last = (await served.messages(asking.session))[-1]
    assert last["info"]["role"] == "assistant"


async def _is_aborted(asking: Asking) -> bool:
    """Whether the last message ended in an abort."""
    last = (await asking.served.messages(asking.session))[-1]["info"]
    return bool(last.get("error", {}).get("name") == "MessageAbortedError")


async def test_leave_that_comes_after_an_abort_shows_the_command_and_no_end(serving: Serving) -> None:
    """The command is killed before the server hears of it, and nothing more is heard of the run (to 1.3.2)."""
    async with serving(SCRIPT) as served:
        asking = await Asking.begin(served, "ask")
        await served.http.post(f"/session/{asking.session}/abort")
        await asking.answer({"reply": "once"})
        message = (await served.messages(asking.session))[1]
        again = await served.prompt(asking.session, "ask me nothing", noReply=True)
    state = message["parts"][1]["state"]
    assert (state["status"], state["metadata"]) == ("running", {"output": "", "description": "ls -la"})
    assert "completed" not in message["info"]["time"]
    assert again.status_code == 200


async def test_requests_that_do_not_exist_are_answered_all_the_same(serving: Serving) -> None:
    """True for any id of the right kind; the body is checked first."""
    async with serving() as served:
        answers = [
            await served.http.post(path, json=body)
            for path, body in [
                ("/permission/per_x/reply", {"reply": "once"}),
                ("/session/xyz/permissions/per_x", {"response": "always"}),
                ("/question/x/reply", {"answers": [["a"]]}),
                ("/question/x/reject", None),
                ("/permission/per_x/reply", {"reply": "maybe"}),
                ("/permission/xyz/reply", {"reply": "once"}),
            ]
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 400, 500]
    assert '\\"requestID\\"' in answers[-1].text


async def test_a_script_can_forbid_a_call(serving: Serving) -> None:
    """The rule of one step holds for every call of the same command; the run goes on."""
    denied = {"replies": [{"steps": [{**LIST, "permission": "deny"}, {"text": "Sorry."}]}]}
    async with serving(denied) as served:
        session = await served.session()
        answer = await served.prompt(session, "go")
        state = (await served.messages(session))[1]["parts"][1]["state"]
    assert state["error"].startswith("Error: The user has specified a rule")
    assert answer.json()["parts"][1]["text"] == "Sorry."


@pytest.mark.parametrize(
    ("version", "first"),
    [
        ("1.2.15", '{"permission":"*","pattern":"*","action":"allow"}'),
        ("1.3.0", '{"permission":"*","action":"allow","pattern":"*"}'),
    ],
)
async def test_a_denial_shows_the_rules_as_they_were_written_from_1_3_0_on(
    serving: Serving, version: str, first: str
) -> None:
    """Of a rule without a pattern the pattern comes last; the others are the same in every version."""
    denied = {"replies": [{"steps": [{**LIST, "permission": "deny"}, {"text": "Sorry."}]}]}
    async with serving(denied, version=version) as served:
        session = await served.session()
        await served.prompt(session, "go")
        error = (await served.messages(session))[1]["parts"][1]["state"]["error"]
    assert f'[{first},{{"permission":"bash","pattern":"*","action":"allow"}}' in error
