"""How fast a server is and how much memory it takes: figures of this machine, which are told and never judged."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from time import monotonic

import httpx

from opencode_contract.capture.model import Measures
from opencode_contract.fidelity.cast import Cast
from opencode_contract.fidelity.stages import Stage

READS = 20
REPLIES = 3


async def measured(cast: Cast, start_seconds: float) -> Measures:
    """The figures of a server that is at rest."""
    session = f"/session/{cast.names['shared']}"
    reads = [await _seconds(cast.stage, "GET", session) for _ in range(READS)]
    prompt = b'{"parts": [{"type": "text", "text": "play plain"}]}'
    replies = [await _seconds(cast.stage, "POST", f"{session}/message", prompt) for _ in range(REPLIES)]
    return Measures(
        start_seconds=round(start_seconds, 2),
        read_milliseconds=round(1000 * median(reads), 2),
        reply_milliseconds=round(1000 * median(replies), 1),
        memory_megabytes=_memory(cast.stage),
    )


async def _seconds(stage: Stage, method: str, path: str, content: bytes | None = None) -> float:
    headers = {"Content-Type": "application/json"} if content else {}
    request = stage.build(method, path, content, headers)
    started = monotonic()
    await stage.http.send(request, auth=stage.credentials)
    return monotonic() - started


def _memory(stage: Stage) -> float | None:
    """What the process takes that was told to listen on the server's port, where Linux shows it; not that of a fake."""
    port = str(httpx.URL(stage.url).port).encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            if b"serve" in words and port in words and not words[0].endswith(b"python"):
                return _resident(process)
        except OSError:
            # It has ended meanwhile, or is somebody else's.
            continue
    return None


def _resident(process: Path) -> float | None:
    for line in (process / "status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024)
    return None
