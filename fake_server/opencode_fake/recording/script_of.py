"""The script that a transcript is a performance of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, cast

from opencode_fake.recording.texts import changed
from opencode_fake.recording.transcript import (
    Info,
    RecordedMessage,
    RecordedPart,
    RecordedSession,
    Refusal,
    Transcript,
)
from opencode_fake.scripts.calls import chunks
from opencode_fake.scripts.model import DOCUMENT_WORKSPACE, CacheTokens, JsonValue, Tokens
from opencode_fake.scripts.pricing import price
from opencode_fake.scripts.steps import TextStep

Words = dict[str, Any]
"""A piece of a script as it is written in YAML."""
NO_OUTPUT = "(no output)"
"""What newer versions show of a command that prints nothing."""
_ABORTED = re.compile(r"\n*<(bash|shell)_metadata>\nUser aborted the command\n</\1_metadata>\s*\Z")
"""What a command's output ends with where the user ended the command."""
FOR_EVER = 86_400
"""Seconds of a step that was not over when the recording ended or the prompt was aborted."""
MANY = 2
NOTICED = 0.02
"""Seconds that count: what is shorter is the machine's, not the model's."""


def script_of(transcript: Transcript) -> Words:
    """``{"replies": [...]}``: a reply for each prompt, those to the same prompt as a sequence."""
    turns: dict[str, list[Words]] = {}
    for session in transcript.sessions.values():
        for message in session.ordered():
            prompt = prompt_of(message)
            if prompt:
                turns.setdefault(prompt, []).append(_turn(transcript, session, message))
    return {"replies": [_reply(prompt, made) for prompt, made in turns.items()]}


def prompt_of(message: RecordedMessage) -> str:
    """What the user wrote; empty for a message of somebody else."""
    if message.info.get("role") != "user":
        return ""
    texts = [part.info for part in message.ordered() if part.info.get("type") == "text"]
    return "\n".join(str(text["text"]) for text in texts if not text.get("synthetic"))


def _reply(prompt: str, made: list[Words]) -> Words:
    head: Words = {"prompt": {"exactly": prompt}}
    if len(made) == 1:
        return {**head, **made[0]}
    return {**head, "sequence": made}


def _turn(transcript: Transcript, session: RecordedSession, prompt: RecordedMessage) -> Words:
    answers = session.answers_to(str(prompt.info.get("id")))
    turn: Words = {}
    title = (prompt.info.get("summary") or {}).get("title")
    if prompt is next(iter(session.ordered()), None) and session.named is not None:
        title = session.named
    if isinstance(title, str):
        turn["title"] = title
    steps: list[Words] = []
    for answer in answers:
        steps += _steps(transcript, session, answer)
    turn["steps"] = _at_home(steps, str(session.info.get("directory") or ""))
    return turn | _shared_price(turn["steps"], answers)


def _at_home(steps: list[Words], folder: str) -> Any:  # noqa: ANN401 - a piece of a script
    """The steps with the document's workspace in the place of the recorded one: it is known on every stage."""
    if folder in ("", "/", DOCUMENT_WORKSPACE):
        return steps
    pattern = re.compile(rf"{re.escape(folder)}(?![\w.-])")
    return changed(cast("JsonValue", steps), lambda text, _: pattern.sub(DOCUMENT_WORKSPACE, text))


def _shared_price(steps: list[Words], answers: list[RecordedMessage]) -> Words:
    """The tokens and cost of the last message, which hold for all; they need not stand at the steps then."""
    shared = _price(answers[-1]) if answers else {}
    if shared and all(_price(answer) in (shared, {}) for answer in answers):
        for step in steps:
            for key in shared:
                step.pop(key, None)
    return shared


def _steps(transcript: Transcript, session: RecordedSession, answer: RecordedMessage) -> Iterator[Words]:
    if answer.refusals:
        yield {"error": _refusal(answer.refusals)}
    own = _price(answer)
    called = False
    before = answer.begun
    for part in answer.ordered():
        step = _step(transcript, session, part)
        if step is None:
            continue
        begin = part.pieces[0].at if part.pieces else part.begun
        if begin - before > NOTICED * 5 and "tool" not in part.info.get("type", ""):
            yield {"delay": round(begin - before, 2)}
        before = part.pieces[-1].at if part.pieces else part.begun
        is_call = part.info["type"] == "tool"
        if is_call and called:
            step["parallel"] = True
        called = called or is_call
        yield {**step, **own}
        own = {}
    yield from _ending(answer)


def _step(transcript: Transcript, session: RecordedSession, part: RecordedPart) -> Words | None:
    match part.info.get("type"):
        case "text":
            return {"text": part.text, **_pieces(part)}
        case "reasoning":
            return {"reasoning": part.text, **_pieces(part)}
        case "tool":
            step = _call(session, part.info)
            if part.info.get("callID") in transcript.asked and "question" not in step:
                step["permission"] = "ask"
            return step
        case _:
            return None


def _pieces(part: RecordedPart) -> Words:
    """The chunks, unless the text would be cut like that anyway, and the time between two of them."""
    texts = [piece.text for piece in part.pieces if piece.text]
    if len(texts) < MANY or "".join(texts) != part.text:
        return {}
    gap = (part.pieces[-1].at - part.pieces[0].at) / (len(texts) - 1)
    pace: Words = {"pace": round(gap, 3)} if gap > NOTICED else {}
    return pace if tuple(texts) == chunks(TextStep(text=part.text)) else {"chunks": texts, **pace}


def _call(session: RecordedSession, part: Info) -> Words:
    state, tool = part["state"], str(part["tool"])
    given: Words = dict(state.get("input") or {})
    step: Words
    match tool, given:
        case "write", {"filePath": str(path), "content": str(content)} if _inside(session, path):
            step = {"write": _inside(session, path), "content": content}
        case "edit", {"filePath": str(path), "oldString": str(old), "newString": str(new)} if old and _inside(
            session, path
        ):
            step = {"edit": _inside(session, path), "old": old, "new": new}
            if given.get("replaceAll"):
                step["all"] = True
        case "question", {"questions": [{"question": str(words), **more}]}:
            kept = {key: more[key] for key in ("header", "options", "multiple") if more.get(key)}
            step = {"question": words, **kept}
        case "todowrite", {"todos": [*todos]}:
            kept_keys = ("content", "status", "priority")
            step = {"todos": [{key: todo[key] for key in kept_keys if key in todo} for todo in todos]}
        case "task", {"prompt": str(prompt)}:
            step = {
                "task": prompt,
                "description": given.get("description", "Task"),
                "agent": given.get("subagent_type", "general"),
            }
        case "bash", {"command": str()}:
            step = {"tool": tool, "input": given, **_printed(state)}
        case _:
            step = {"tool": tool, "input": given, **_canned(state)}
    took = _seconds(state)
    if took > NOTICED and "task" not in step and "question" not in step:
        step["duration"] = took
    return step


def _printed(state: Info) -> Words:
    metadata = state.get("metadata") or {}
    output = _ABORTED.sub("", str(metadata.get("output", state.get("output", ""))))
    code = metadata.get("exit")
    return {"output": "" if output == NO_OUTPUT else output} | (
        {"exit": code} if isinstance(code, int) and code else {}
    )


def _canned(state: Info) -> Words:
    if state.get("status") == "error":
        return {"error": str(state.get("error", ""))}
    found: Words = {"output": str(state.get("output", ""))}
    return found | {key: state[key] for key in ("title", "metadata") if state.get(key)}


def _seconds(state: Info) -> float:
    time = state.get("time") or {}
    if state.get("status") not in {"completed", "error"} or "end" not in time:
        return FOR_EVER
    if "aborted" in str(state.get("error", "")) or _ABORTED.search(str(state.get("output", ""))):
        return FOR_EVER
    return float(round((time["end"] - time.get("start", time["end"])) / 1000, 2))


def _ending(answer: RecordedMessage) -> Iterator[Words]:
    failure = answer.info.get("error")
    if failure is None:
        if "completed" not in answer.info.get("time", {}):
            yield {"delay": FOR_EVER}
        return
    data = failure.get("data") or {}
    match failure.get("name"):
        case "MessageAbortedError":
            yield {"delay": FOR_EVER}
        case "APIError" if isinstance(data.get("statusCode"), int):
            yield {"error": {"kind": "provider", "status": data["statusCode"], "message": str(data.get("message", ""))}}
        case _:
            yield {"error": {"kind": "stream", "message": _unwrapped(str(data.get("message", "")))}}


def _unwrapped(words: str) -> str:
    """What the provider said, where the server shows all that it sent."""
    try:
        told = json.loads(words)
    except ValueError:
        return words
    if isinstance(told, dict):
        told = told.get("message")
    return told if isinstance(told, str) else words


def _refusal(refusals: list[Refusal]) -> Words:
    """The status is not told; the words are, and what is repeated is either too many requests or a broken server."""
    words, waited = refusals[-1].words, max(refusal.waited for refusal in refusals)
    status = 429 if "rate" in words.lower() or "many" in words.lower() or "slow" in words.lower() else 500
    failure = {"kind": "provider", "status": status, "message": words, "times": len(refusals)}
    return {**failure, "retry_after": round(waited, 1) or 1}


def _price(answer: RecordedMessage) -> Words:
    tokens = answer.info.get("tokens")
    if not isinstance(tokens, dict) or not any((tokens.get("input"), tokens.get("output"))):
        return {}
    cache = tokens.get("cache") or {}
    told = {key: int(tokens.get(key, 0)) for key in ("input", "output", "reasoning")}
    cached = CacheTokens(read=int(cache.get("read", 0)), write=int(cache.get("write", 0)))
    if "total" in tokens:
        # Newer versions do not count the reasoning as output; the provider does, and so do scripts.
        told["output"] = int(tokens["total"]) - told["input"] - cached.read - cached.write
    counted = Tokens(**told, cache=cached)
    cost = answer.info.get("cost")
    usual = {price(counted, reasoning_twice=twice) for twice in (False, True)}
    shown: Words = {"tokens": counted.model_dump(exclude_defaults=True)}
    return shown | ({"cost": cost} if isinstance(cost, int | float) and cost and cost not in usual else {})


def _inside(session: RecordedSession, path: str) -> str:
    """The path below the workspace; empty for one outside."""
    folder = str(session.info.get("directory") or DOCUMENT_WORKSPACE)
    pure = PurePosixPath(path)
    return str(pure.relative_to(folder)) if pure.is_relative_to(folder) and ".." not in pure.parts else ""
