"""Stands in for OpenCode in rehearsals: keeps sessions in files, and asks the model, but knows next to nothing else.

Versions up to 1.1 keep them in ``storage``. Up to 1.15 they move them to ``opencode-moved`` at the first start, where
that is not there yet; later versions know only that. The mode says what it does wrong.

Run as ``VERSION MODE serve --port N ...`` by a wrapper that the tests write.
"""

from __future__ import annotations

import base64
import http.server
import json
import os
import shutil
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

VERSION, MODE, *ARGUMENTS = sys.argv[1:]
MINOR = int(VERSION.split(".")[1])
DATA = Path(os.environ["XDG_DATA_HOME"]) / "opencode"
FILES = DATA / "storage" / "session"
MOVED = DATA / "opencode-moved"


def keep() -> Path:
    """The folder that sessions are kept in by this version."""
    if MINOR == 1:
        FILES.mkdir(parents=True, exist_ok=True)
        return FILES
    if MINOR <= 15 and FILES.exists() and not MOVED.exists():
        shutil.copytree(FILES, MOVED)
    MOVED.mkdir(parents=True, exist_ok=True)
    return MOVED


def sessions(place: Path) -> list[dict[str, Any]]:
    """All sessions, with their messages inside."""
    return [json.loads(path.read_text()) for path in sorted(place.glob("*/ses_*.json"))]


def answer_to(held: dict[str, Any], prompt: str) -> str:
    """Asks the model, and returns what it says."""
    config = json.loads(Path(os.environ["OPENCODE_CONFIG"]).read_text())
    url = config["provider"]["scripted"]["options"]["baseURL"]
    known = [] if MODE == "forgets" else held["messages"]
    told = [{"role": each["info"]["role"], "content": each["parts"][0]["text"]} for each in known]
    body = {"model": "script-1", "messages": [*told, {"role": "user", "content": prompt}], "promptCacheKey": held["id"]}
    request = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode())  # noqa: S310
    with urllib.request.urlopen(request) as answered:  # noqa: S310
        return str(json.load(answered)["choices"][0]["message"]["content"])


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers requests about sessions."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Health, the list, a session, its messages."""
        wanted = base64.b64encode(b"opencode:" + os.environ["OPENCODE_SERVER_PASSWORD"].encode()).decode()
        if self.headers["Authorization"] != "Basic " + wanted:
            return self.answer(401, "Unauthorized")
        path, _, query = self.path.partition("?")
        if path == "/global/health":
            return self.answer(200, {"healthy": True, "version": VERSION})
        directory = urllib.parse.parse_qs(query)["directory"][0]
        if path == "/session":
            listed = [held for held in sessions(PLACE) if held["directory"] == directory]
            return self.answer(200, [self.info(held) for held in listed])
        held = self.find(path.split("/")[2])
        if held is None:
            return self.answer(404, {"name": "NotFoundError", "data": {"message": "secret of the user"}})
        if path.endswith("/message"):
            if MODE == "blind":
                return self.answer(400, {"name": "BadRequest", "data": {"message": "secret of the user"}})
            return self.answer(200, held["messages"])
        return self.answer(200, self.info(held))

    def do_POST(self) -> None:
        """A new session, or a prompt."""
        path, _, query = self.path.partition("?")
        directory = urllib.parse.parse_qs(query)["directory"][0]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if path == "/session":
            held = {
                "id": f"ses_{time.time_ns()}",
                "directory": directory,
                "projectID": "global",
                "messages": [],
                **body,
            }
            return self.answer(200, self.info(self.store(held)))
        found = self.find(path.split("/")[2])
        assert found is not None
        prompt = body["parts"][0]["text"]
        reply = answer_to(found, prompt)
        for role, text in (("user", prompt), ("assistant", reply)):
            name = f"msg_{time.time_ns()}"
            part = {"id": f"prt_{name}", "type": "text", "text": text}
            found["messages"].append({"info": {"id": name, "role": role}, "parts": [part]})
        return self.answer(200, self.store(found)["messages"][-1])

    def do_PATCH(self) -> None:
        """Another title, or other times."""
        held = self.find(self.path.partition("?")[0].split("/")[2])
        assert held is not None
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return self.answer(200, self.info(self.store(held | body)))

    def find(self, name: str) -> dict[str, Any] | None:
        """The session of an id."""
        return next((held for held in sessions(PLACE) if held["id"] == name), None)

    def store(self, held: dict[str, Any]) -> dict[str, Any]:
        """Keeps a session."""
        path = PLACE / "global" / f"{held['id']}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(held))
        return held

    def info(self, held: dict[str, Any]) -> dict[str, Any]:
        """A session without its messages."""
        return {key: value for key, value in held.items() if key != "messages"}

    def answer(self, status: int, value: object) -> None:
        """Sends JSON."""
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Says nothing."""


if "--version" in ARGUMENTS:
    print(VERSION)
    sys.exit()
if MODE == "ill" and any(DATA.rglob("ses_*.json")):
    sys.exit("cannot read the data")
PLACE = keep()
PORT = int(ARGUMENTS[ARGUMENTS.index("--port") + 1])
SERVER = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
print(f"opencode server listening on http://127.0.0.1:{PORT}", flush=True)
SERVER.serve_forever()
