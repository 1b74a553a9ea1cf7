"""The heart without a server: providers that fail, aborts, and prompts that cannot be answered."""

from __future__ import annotations

from typing import Any, cast

import pytest
from conftest import Stage, shorten

from opencode_fake.run.effects import Event, Wait
from opencode_fake.run.loop import Run
from opencode_fake.run.prompt import UnknownAgent


def test_a_provider_error_ends_the_run_with_an_error_inside_the_message() -> None:
    """Measured on 1.1.53 (order d): the error is told, then idle, then the message is final."""
    stage = Stage({"error": {"kind": "provider", "status": 401, "message": "bad key"}})
    played = stage.play("go")
    assert played[played.index("session.error") :] == [
        "session.error", "idle", "session.idle", "assistant error completed", "idle", "session.idle",
        "session.updated", "user",
    ]  # fmt: skip
    info = stage.messages()[-1]["info"]
    assert info["error"]["name"] == "APIError"
    assert info["error"]["data"]["statusCode"] == 401
    assert info["error"]["data"]["isRetryable"] is False
    assert "finish" not in info


def test_an_error_inside_the_stream_keeps_the_text_so_far() -> None:
    """The message is quoted as JSON (measured on 1.1.53)."""
    stage = Stage({"steps": [{"text": "partial"}], "error": {"kind": "stream", "message": "overloaded mid"}})
    stage.play("go")
    message = stage.messages()[-1]
    assert message["info"]["error"] == {"name": "UnknownError", "data": {"message": '"overloaded mid"'}}
    assert [part["type"] for part in message["parts"]] == ["step-start", "text"]
    assert "end" not in message["parts"][1]["time"]


def test_a_failing_provider_is_called_again_until_it_answers() -> None:
    """429 and 5xx: waits of 2, 4, 8 seconds, each told as a retry status with the time of the next call."""
    failure = {"kind": "provider", "status": 429, "message": "slow down", "times": 3}
    stage = Stage({"steps": [{"error": failure}, {"text": "ok now"}]})
    stage.prompt("go")
    effects = stage.run()
    assert [effect.seconds for effect in effects if isinstance(effect, Wait)] == [2, 4, 8]
    told = [
        cast("dict[str, Any]", e.properties)["status"]
        for e in effects
        if isinstance(e, Event) and e.type == "session.status"
    ]
    retries = [status for status in told if status["type"] == "retry"]
    assert [(status["attempt"], status["message"]) for status in retries] == [
        (1, "slow down"),
        (2, "slow down"),
        (3, "slow down"),
    ]
    assert stage.messages()[-1]["info"]["finish"] == "stop"


def test_a_retry_waits_as_long_as_the_provider_says() -> None:
    """The retry-after header."""
    failure = {"kind": "provider", "status": 429, "message": "slow down", "times": 1, "retry_after": 7}
    stage = Stage({"steps": [{"error": failure}, {"text": "ok"}]})
    stage.prompt("go")
    assert [effect.seconds for effect in stage.run() if isinstance(effect, Wait)] == [7]


def test_a_provider_that_always_fails_is_called_for_ever() -> None:
    """Until somebody aborts; the waits say that they are endless."""
    stage = Stage({"error": {"kind": "provider", "status": 500, "message": "boom"}})
    stage.prompt("go")
    waits = [effect for effect in stage.run(abort_at=40) if isinstance(effect, Wait)]
    assert len(waits) == 41
    assert all(wait.endless for wait in waits)
    assert waits[-1].seconds == 30


def test_an_abort_while_text_streams_keeps_the_text() -> None:
    """Measured on 1.1.53: the error is told, then idle, then the message is final; no step-finish."""
    stage = Stage({"steps": [{"text": "one two three", "pace": 1}]})
    stage.prompt("go")
    played = [shorten(effect) for effect in stage.run(abort_at=1)]
    assert played[played.index("session.error") :][:6] == [
        "session.error", "idle", "session.idle", "assistant error completed", "idle", "session.idle",
    ]  # fmt: skip
    message = stage.messages()[-1]
    assert message["info"]["error"] == {
        "name": "MessageAbortedError",
        "data": {"message": "The operation was aborted."},
    }
    assert message["parts"][-1]["text"] == "one two "
    assert (message["info"]["cost"], message["info"]["tokens"]["input"]) == (0, 0)


def test_an_abort_gives_up_a_tool_that_runs() -> None:
    """Its state becomes an error."""
    stage = Stage({"steps": [{"tool": "bash", "input": {"command": "sleep 20"}, "output": "", "duration": 20}]})
    stage.prompt("go")
    stage.run(abort_at=0)
    tool = stage.messages()[-1]["parts"][-1]
    assert (tool["state"]["status"], tool["state"]["error"]) == ("error", "Tool execution aborted")


def test_a_prompt_that_nothing_matches_becomes_an_error_that_says_why() -> None:
    """A refused call whose message names the nearest replies."""
    stage = Stage({"prompt": "list the files", "steps": [{"text": "a"}]})
    stage.play("list the flies")
    message = stage.messages()[-1]["info"]["error"]["data"]["message"]
    assert "no reply of the script answers the prompt 'list the flies'" in message
    assert "the prompt does not contain 'list the files'" in message
    assert [miss.reply.prompt for miss in stage.world.casting.unmatched[0].misses] == ["list the files"]


def test_an_unknown_agent_stores_nothing() -> None:
    """The error comes before the message."""
    stage = Stage()
    with pytest.raises(UnknownAgent):
        stage.prompt("go", agent="nosuch")
    assert not stage.messages()


def test_an_unknown_model_is_answered_by_nothing() -> None:
    """Up to 1.1.53 not even an error is told, from 1.1.56 one is."""
    model = {"providerID": "scripted", "modelID": "nosuch"}
    told: dict[str, list[str]] = {}
    for version in ("1.1.53", "1.1.56"):
        stage = Stage({"steps": [{"text": "a"}]}, version=version)
        stage.prompt("go", model=model)
        told[version] = [shorten(effect) for effect in stage.run()]
        assert [message["info"]["role"] for message in stage.messages()] == ["user"]
    assert told == {
        "1.1.53": ["busy", "idle", "session.idle", "session.updated"],
        "1.1.56": ["busy", "session.error", "idle", "session.idle", "session.updated"],
    }


def test_a_prompt_whose_id_lies_in_the_future_keeps_the_session_busy() -> None:
    """The loop compares ids (to 1.18.3); what it does for ever is shown as an endless wait."""
    stage = Stage({"steps": [{"text": "a"}]})
    stage.prompt("go", messageID="msg_ffffffffffffCustom00000000")
    effects = Run(stage.world, stage.session).effects()
    waits = 0
    for effect in effects:
        waits += isinstance(effect, Wait)
        if waits > 3:
            break
    assert stage.world.statuses[stage.session.id]["type"] == "busy"
