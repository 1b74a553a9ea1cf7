"""Sends an answer over HTTP: as a stream of chunks or as one body, at real speed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from opencode_fake.scripted_model.answer import Answer, Text, ToolCall, Wait, failure_headers
from opencode_fake.scripts.failures import failure_body
from opencode_fake.scripts.model import Failure, JsonObject

OnToolCall = Callable[[ToolCall], None]
"""Is told of each tool call just before it is sent."""


def refuse(failure: Failure) -> web.Response:
    """The provider's refusal."""
    # Compact, as providers write it: the server stores the body with the message.
    return web.json_response(
        failure_body(failure), status=failure.http_status, headers=failure_headers(failure), dumps=_compact
    )


async def deliver_stream(request: web.Request, answer: Answer, on_tool_call: OnToolCall) -> web.StreamResponse:
    """Sends the answer as it comes, and returns when the last byte is out."""
    response = web.StreamResponse(headers={"content-type": "text/event-stream", "cache-control": "no-cache"})
    await response.prepare(request)
    await response.write(_event(answer.chunk({"role": "assistant"})))
    async for item in _performed(answer, on_tool_call):
        await response.write(_event(answer.chunk(item.delta)))
    if answer.call.break_off is not None:
        await response.write(_event(failure_body(answer.call.break_off.error)))
    else:
        await response.write(_event(answer.last_chunk()))
        await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


async def deliver_whole(answer: Answer, on_tool_call: OnToolCall) -> web.Response:
    """The answer as one body."""
    sent = [item async for item in _performed(answer, on_tool_call)]
    if answer.call.break_off is not None:
        return web.json_response(failure_body(answer.call.break_off.error), status=500)
    return web.json_response(answer.completion(sent))


async def _performed(answer: Answer, on_tool_call: OnToolCall) -> AsyncIterator[Text | ToolCall]:
    for item in answer.items():
        if isinstance(item, Wait):
            await asyncio.sleep(item.seconds)
            continue
        if isinstance(item, ToolCall):
            on_tool_call(item)
        yield item


def _event(data: JsonObject) -> bytes:
    return f"data: {_compact(data)}\n\n".encode()


def _compact(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
