"""The endpoints of a session, each with a request that is right: what the systematic cases are made from."""

from __future__ import annotations

from dataclasses import dataclass

from opencode_contract.evidence import Json
from opencode_contract.fidelity.steps import ABSENT, Body, text

_MODEL: dict[str, Json] = {"providerID": "scripted", "modelID": "script-1"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method and a path in which ``{ses}``, ``{msg}`` and ``{prt}`` stand for ids, and a body that fits."""

    word: str
    """What names of cases call it."""
    method: str
    path: str
    body: Body = ABSENT

    @property
    def route(self) -> str:
        """The endpoint as reports name it."""
        path = self.path
        for placeholder, name in (("{ses}", "{id}"), ("{msg}", "{mid}"), ("{prt}", "{pid}"), ("{per}", "{rid}")):
            path = path.replace(placeholder, name)
        return f"{self.method} {path.replace('{que}', '{rid}')}"


_PART: Json = {"id": "{prt}", "sessionID": "{ses}", "messageID": "{msg}", "type": "text", "text": "changed"}

SESSION_ENDPOINTS = (
    Endpoint("get", "GET", "/session/{ses}"),
    Endpoint("patch", "PATCH", "/session/{ses}", {"title": "renamed"}),
    Endpoint("delete", "DELETE", "/session/{ses}"),
    Endpoint("children", "GET", "/session/{ses}/children"),
    Endpoint("todo", "GET", "/session/{ses}/todo"),
    Endpoint("diff", "GET", "/session/{ses}/diff"),
    Endpoint("messages", "GET", "/session/{ses}/message"),
    Endpoint("message", "GET", "/session/{ses}/message/{msg}"),
    Endpoint("abort", "POST", "/session/{ses}/abort"),
    Endpoint("fork", "POST", "/session/{ses}/fork", {}),
    Endpoint("share", "POST", "/session/{ses}/share"),
    Endpoint("unshare", "DELETE", "/session/{ses}/share"),
    Endpoint("summarize", "POST", "/session/{ses}/summarize", dict(_MODEL)),
    Endpoint("revert", "POST", "/session/{ses}/revert", {"messageID": "{msg}"}),
    Endpoint("unrevert", "POST", "/session/{ses}/unrevert"),
    Endpoint("init", "POST", "/session/{ses}/init", {**_MODEL, "messageID": "{msg}"}),
    Endpoint("command", "POST", "/session/{ses}/command", {"command": "nosuch", "arguments": "x"}),
    Endpoint("shell", "POST", "/session/{ses}/shell", {"agent": "build", "command": "echo hi"}),
    Endpoint("prompt", "POST", "/session/{ses}/message", text("play plain")),
    Endpoint("prompt-async", "POST", "/session/{ses}/prompt_async", text("play plain")),
    Endpoint("answer-permission", "POST", "/session/{ses}/permissions/{per}", {"response": "once"}),
    Endpoint("delete-message", "DELETE", "/session/{ses}/message/{msg}"),
    Endpoint("delete-part", "DELETE", "/session/{ses}/message/{msg}/part/{prt}"),
    Endpoint("patch-part", "PATCH", "/session/{ses}/message/{msg}/part/{prt}", _PART),
)
"""Every endpoint below ``/session/{id}``."""

CREATE = Endpoint("create", "POST", "/session", {"title": "given"})

REPLY_ENDPOINTS = (
    Endpoint("permission-reply", "POST", "/permission/{per}/reply", {"reply": "once"}),
    Endpoint("question-reply", "POST", "/question/{que}/reply", {"answers": [["yes"]]}),
    Endpoint("question-reject", "POST", "/question/{que}/reject"),
)

WITH_BODY = tuple(each for each in (CREATE, *SESSION_ENDPOINTS, *REPLY_ENDPOINTS) if each.body is not ABSENT)
"""Every endpoint that takes a body."""
