"""The scripted model over HTTP, asked as a real server asks it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import httpx
import pytest

from opencode_fake.scripted_model import ScriptedModel
from opencode_fake.scripts import (
    Reply,
    delay,
    provider_error,
    reasoning,
    reply,
    stream_error,
    text,
    tool,
    turn,
)
from opencode_fake.scripts.compaction import SUMMARY
from opencode_fake.scripts.model import JsonObject

REPLIES = (
    reply(
        "list the files",
        reasoning("Hm."),
        text("I'll list the files."),
        tool("bash", {"command": "ls -la"}, output="total 60\n..."),
        text("Three files."),
        title="List files",
        tokens={"input": 3, "output": 87},
    ),
    reply("fail", error=provider_error(401, "bad key")),
    reply("busy", provider_error(429, "slow down", times=1, retry_after=2), text("now")),
    reply("cut", text("partial "), error=stream_error("the line broke")),
    reply("wait for ever", text("one"), delay(3600), text("two")),
)


class Asking:
    """A server's side of the conversation."""

    def __init__(self, model: ScriptedModel, http: httpx.AsyncClient) -> None:
        self.model = model
        self.http = http

    def body(self, prompt: str, *answers: JsonObject, stream: bool = True) -> dict[str, object]:
        """A request for the answer to ``prompt``."""
        return {
            "model": "script-1",
            "messages": [{"role": "user", "content": prompt}, *answers],
            "tools": [{"type": "function", "function": {"name": "bash", "parameters": {}}}],
            "promptCacheKey": "ses_1",
            "stream": stream,
        }

    async def send(self, prompt: str, *answers: JsonObject, stream: bool = True) -> httpx.Response:
        """Asks."""
        return await self.http.post("/chat/completions", json=self.body(prompt, *answers, stream=stream))


def events(response: httpx.Response) -> list[str]:
    """The data of each event of a stream."""
    assert response.headers["content-type"] == "text/event-stream"
    lines = [line for line in response.text.split("\n\n") if line]
    return [line.removeprefix("data: ") for line in lines]


@pytest.fixture
async def asking(tmp_path: Path) -> AsyncIterator[Asking]:
    """A running model with a shell."""
    async with ScriptedModel(REPLIES, directory="/w") as model:
        model.environment(tmp_path / "shell")
        async with httpx.AsyncClient(base_url=model.base_url) as http:
            yield Asking(model, http)


async def test_a_server_that_hangs_up_is_no_error(
    asking: Asking, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As it does when a run is aborted: nothing is printed, and it is no failure of the model."""

    async def gone(*_: object) -> None:
        raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

    monkeypatch.setattr("opencode_fake.scripted_model.model.deliver_stream", gone)
    await asking.send("Please list the files")
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_an_answer_is_streamed(asking: Asking) -> None:
    """Chunks, the finish with the usage, and the end mark."""
    *chunks, end = events(await asking.send("Please list the files"))
    assert end == "[DONE]"
    first, *middle, last = map(json.loads, chunks)
    assert {(chunk["id"], chunk["object"], chunk["model"]) for chunk in (first, *middle, last)} == {
        ("chatcmpl-0001000", "chat.completion.chunk", "script-1")
    }
    deltas = [chunk["choices"][0]["delta"] for chunk in middle]
    assert first["choices"][0]["delta"] == {"role": "assistant"}
    assert [delta.get("reasoning_content") or delta.get("content") for delta in deltas[:-1]] == [
        "Hm.",
        "I'll ",
        "list ",
        "the ",
        "files.",
    ]
    assert deltas[-1]["tool_calls"][0]["function"]["name"] == "bash"
    assert (last["choices"][0]["finish_reason"], last["usage"]["prompt_tokens"]) == ("tool_calls", 3)


async def test_the_answer_goes_on_after_the_tool(asking: Asking) -> None:
    """The next request shows the tool's result and gets the next call."""
    await asking.send("list the files")
    chunks = events(
        await asking.send("list the files", {"role": "assistant", "content": "x"}, {"role": "tool", "content": "o"})
    )
    deltas = [json.loads(chunk)["choices"][0] for chunk in chunks[1:-1]]
    assert "".join(choice["delta"].get("content", "") for choice in deltas) == "Three files."
    assert deltas[-1]["finish_reason"] == "stop"
    assert len(asking.model.casting.performances) == 1


async def test_an_answer_as_one_body(asking: Asking) -> None:
    """Without ``stream`` the same comes at once."""
    answer = (await asking.send("list the files", stream=False)).json()
    message = answer["choices"][0]["message"]
    assert (answer["object"], answer["choices"][0]["finish_reason"]) == ("chat.completion", "tool_calls")
    assert (message["content"], message["reasoning_content"]) == ("I'll list the files.", "Hm.")
    assert json.loads(message["tool_calls"][0]["function"]["arguments"])["command"] == "ls -la"
    assert answer["usage"]["completion_tokens"] == 87


async def test_a_commands_output_is_laid_down_before_its_call(asking: Asking, tmp_path: Path) -> None:
    """The shell knows the command when the server gets to hear of it; a new prompt takes back what was never run."""
    await asking.send("list the files")
    (laid,) = (tmp_path / "shell").glob("*.take")
    assert json.loads(laid.read_text()) == {"output": "total 60\n...", "exit": 0, "duration": 0.0}
    await asking.send("fail")
    assert not list((tmp_path / "shell").glob("*.take"))


async def test_titles(asking: Asking) -> None:
    """A title request is answered with the title of the performance, and uses nothing up."""
    system = {"role": "system", "content": "You are a title generator. You output ONLY a thread title."}
    asked = {"model": "script-1", "messages": [system, {"role": "user", "content": "list the files"}]}
    waiting = asyncio.create_task(asking.http.post("/chat/completions", json=asked))
    await asking.send("list the files")
    assert (await waiting).json()["choices"][0]["message"]["content"] == "List files"
    assert sorted(request.purpose for request in asking.model.requests) == ["prompt", "title"]


async def test_a_refusal_is_the_providers(asking: Asking) -> None:
    """Status, message and type are those of the script."""
    response = await asking.send("fail")
    assert response.status_code == 401
    assert response.text == '{"error":{"message":"bad key","type":"authentication_error"}}'


async def test_a_refusal_that_passes(asking: Asking) -> None:
    """After its number of times the reply goes on."""
    refused, answered = await asking.send("busy"), await asking.send("busy")
    assert (refused.status_code, refused.headers["retry-after"], answered.status_code) == (429, "2", 200)


async def test_after_a_summary_the_same_prompt_is_a_new_one(asking: Asking) -> None:
    """The server asks again what was too long; the reply's next turn answers."""
    asking.model.play(reply("long", sequence=[turn(error=provider_error(400, "prompt is too long")), turn(text("ok"))]))
    refused = await asking.send("long")
    system = {"role": "system", "content": "You are a helpful AI assistant tasked with summarizing conversations."}
    messages = [system, {"role": "user", "content": "Sum up"}]
    body = {"model": "script-1", "messages": messages, "promptCacheKey": "ses_1"}
    summary = (await asking.http.post("/chat/completions", json=body)).json()
    answered = await asking.send("long", stream=False)
    assert refused.status_code == 400
    assert summary["choices"][0]["message"]["content"] == SUMMARY
    assert answered.json()["choices"][0]["message"]["content"] == "ok"


async def test_a_broken_stream(asking: Asking) -> None:
    """The text so far, then the error, and no end mark; trying again breaks off again."""
    for _ in range(2):
        *_, text_chunk, error = events(await asking.send("cut"))
        assert json.loads(text_chunk)["choices"][0]["delta"] == {"content": "partial "}
        assert json.loads(error)["error"]["message"] == "the line broke"
    assert (await asking.send("cut", stream=False)).status_code == 500
    assert len(asking.model.casting.performances) == 1


async def test_an_unmatched_prompt_says_why(asking: Asking) -> None:
    """The provider's error is the explanation."""
    response = await asking.send("list files")
    assert response.status_code == 400
    (unmatched,) = asking.model.unmatched
    assert response.json()["error"]["message"] == str(unmatched)


async def test_an_aborted_answer_does_not_disturb_the_next(asking: Asking) -> None:
    """The client goes away in the middle; the same request gets the same call, another prompt another one."""
    async with asking.http.stream("POST", "/chat/completions", json=asking.body("wait for ever")) as response:
        async for line in response.aiter_lines():
            if '"one"' in line:
                break
    assert (await asking.send("fail")).status_code == 401


async def test_garbage_is_refused(asking: Asking) -> None:
    """What is no chat completion request gets a 400 that says so."""
    response = await asking.http.post("/chat/completions", content=b"{")
    assert response.status_code == 400
    assert "not a chat completion request" in response.json()["error"]["message"]


async def test_the_models_are_listed(asking: Asking) -> None:
    """There is one; and the catalogue that 1.1.34 fetches is empty."""
    assert [model["id"] for model in (await asking.http.get("/models")).json()["data"]] == ["script-1"]
    assert (await asking.http.get(f"{asking.model.url}/api.json")).json() == {}


async def test_without_the_shell_no_command_is_sent() -> None:
    """A server whose shell is a real one would execute the script's commands."""
    async with ScriptedModel(REPLIES, directory="/w") as model, httpx.AsyncClient(base_url=model.base_url) as http:
        response = await Asking(model, http).send("list the files")
    assert response.status_code == 400
    assert "ScriptedModel.environment(folder)" in response.json()["error"]["message"]


async def test_the_servers_configuration(asking: Asking, tmp_path: Path) -> None:
    """The scripted model is its only model; further keys can be given."""
    config = asking.model.opencode_config(permission={"bash": "ask"}, share="auto")
    assert (config["model"], config["small_model"]) == ("scripted/script-1", "scripted/script-1")
    assert (config["permission"], config["share"]) == ({"bash": "ask"}, "auto")
    assert asking.model.base_url in json.dumps(config)
    environment = asking.model.environment(tmp_path / "other")
    assert environment == {
        "SHELL": str(tmp_path / "other" / "scripted-shell"),
        "OPENCODE_DISABLE_FILETIME_CHECK": "1",
        "OPENCODE_MODELS_URL": asking.model.url,
    }


async def test_two_models_side_by_side() -> None:
    """Nothing is shared."""
    replies: tuple[Reply, ...] = (reply("a", text("1"), uses=1),)
    async with ScriptedModel(replies, directory="/w") as one, ScriptedModel(replies, directory="/w") as other:
        assert one.base_url != other.base_url
        for model in (one, other):
            async with httpx.AsyncClient(base_url=model.base_url) as http:
                assert (await Asking(model, http).send("a")).status_code == 200
        assert (len(one.requests), len(other.requests)) == (1, 1)


async def test_a_port_in_use_is_an_os_error() -> None:
    """The caller can say which port it is."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="address already in use"):
            await ScriptedModel(None, directory="/w", port=taken.getsockname()[1]).start()


def test_a_model_that_does_not_run_has_no_address() -> None:
    """The error says how to run it."""
    with pytest.raises(RuntimeError, match="async with ScriptedModel"):
        _ = ScriptedModel(None, directory="/w").base_url
