"""Files that a prompt brings along: texts are read and added as words of the server's own."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from opencode_fake.run import tools
from opencode_fake.run.effects import dumps
from opencode_fake.scripts.model import JsonObject
from opencode_fake.scripts.steps import ToolStep
from opencode_fake.state.world import World

TEXT = "text/plain"
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/_-]")


def attached(world: World, given: JsonObject) -> Iterator[JsonObject]:
    """What a file part becomes: two texts of the server and the file, or the texts alone where it is missing."""
    url = str(given["url"])
    scheme = url.partition(":")[0]
    if given["mime"] != TEXT or scheme not in ("data", "file"):
        yield given
        return
    path = str(given.get("filename", "")) if scheme == "data" else unquote(urlsplit(url).path)
    yield _said(f"Called the Read tool with the following input: {dumps({'filePath': path})}")
    if scheme == "data":
        yield _said(_decoded(world, url))
        yield given
        return
    read = tools.perform(_reading(world, path), "read")
    if read.error is None:
        yield _said(read.output)
        yield given
        return
    error = read.error.removeprefix("Error: ")
    yield _said(f"Read tool failed to read {path} with the following error: {error}")


def _reading(world: World, path: str) -> tools.Call:
    given: JsonObject = {"filePath": path}
    return tools.Call(ToolStep(tool="read", input=given), given, world.workspace, world.behaviours)


def _decoded(world: World, url: str) -> str:
    head, _, data = url.partition(",")
    if world.behaviours.data_url_decoded_whole:
        # The server takes all of the address for base64, up to the padding.
        data = url
    elif not head.endswith(";base64"):
        return unquote(data)
    digits = _NOT_BASE64.sub(b"", data.partition("=")[0].encode())
    usable = digits[: len(digits) - (len(digits) % 4 == 1)]
    return base64.urlsafe_b64decode(_padded(usable)).decode("utf-8", "replace")


def _padded(digits: bytes) -> bytes:
    return digits.translate(bytes.maketrans(b"+/", b"-_")) + b"=" * (-len(digits) % 4)


def _said(text: str) -> JsonObject:
    return {"type": "text", "synthetic": True, "text": text}
