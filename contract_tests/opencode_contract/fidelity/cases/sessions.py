"""Sessions: creating, showing, renaming, deleting, children, lists, other directories."""

from __future__ import annotations

from collections.abc import Iterator

from opencode_contract.evidence import Json
from opencode_contract.fidelity.cases.model import Case, case
from opencode_contract.fidelity.steps import Send, Step, delete, get, patch, post

_ONE = "/session/{ses}"
_CREATED: dict[str, Json] = {
    "empty": {},
    "title": {"title": "A title"},
    "empty-title": {"title": ""},
    "unicode": {"title": 'ünï 漢字 🎉 \u0007 \\ "'},
    "lone-surrogate": {"title": "x\ud800y"},
    "long-title": {"title": "t" * 5000},
    "unknown-keys": {"title": "x", "nobodyKnows": 1, "id": "ses_custom", "slug": "own"},
    "missing-parent": {"parentID": "ses_doesnotexist"},
    "parent": {"parentID": "{shared}"},
    "parent-and-title": {"parentID": "{shared}", "title": "child"},
    "permission": {"permission": [{"permission": "bash", "pattern": "*", "action": "ask"}]},
    "empty-permission": {"permission": []},
    "permission-extra": {"permission": [{"permission": "bash", "pattern": "*", "action": "ask", "more": 1}]},
    "metadata": {"metadata": {"a": 1, "b": {"c": [True, None, 1.5]}}},
    "agent": {"agent": "plan"},
    "agent-and-model": {"agent": "plan", "model": {"id": "script-1", "providerID": "scripted"}},
}
_PATCHED: dict[str, Json] = {
    "title": {"title": "renamed"},
    "empty-title": {"title": ""},
    "nothing": {},
    "archived": {"time": {"archived": 5}},
    "archived-now": {"time": {"archived": 1795328705265}},
    "archived-zero": {"time": {"archived": 0}},
    "archived-fraction": {"time": {"archived": 1.5}},
    "empty-time": {"time": {}},
    "both": {"title": "renamed", "time": {"archived": 7}},
    "unknown-keys": {"nobodyKnows": 1},
    "other-time": {"time": {"created": 1, "updated": 2}},
    "permission": {"permission": [{"permission": "edit", "pattern": "*", "action": "deny"}]},
    "metadata": {"metadata": {"a": 1}},
    "parent": {"parentID": "{shared}"},
}


def cases() -> Iterator[Case]:
    """All of them."""
    for word, body in _CREATED.items():
        shown = (post("/session", body, new="id"), get("/session/{new}"), get("/session/{new}/message"))
        yield case(f"create.{word}", "POST /session", "good input", *shown, events=True)
    for word, body in _PATCHED.items():
        steps = (patch(_ONE, body), get(_ONE))
        yield case(f"patch.{word}", "PATCH /session/{id}", "good input", *steps, events=True)
    yield from _fresh()
    yield from _deleting()
    yield from _children()
    yield from _directories()


def _fresh() -> Iterator[Case]:
    for word, path in (
        ("get", ""),
        ("children", "/children"),
        ("todo", "/todo"),
        ("diff", "/diff"),
        ("messages", "/message"),
    ):
        yield case(f"fresh.{word}", f"GET /session/{{id}}{path}", "good input", get(_ONE + path))
    yield case("fresh.status", "GET /session/status", "good input", get("/session/status"))
    yield case("fresh.abort", "POST /session/{id}/abort", "good input", post(f"{_ONE}/abort"), events=True)
    yield case("fresh.abort-with-body", "POST /session/{id}/abort", "good input", post(f"{_ONE}/abort", {"x": 1}))
    yield case("fresh.unrevert", "POST /session/{id}/unrevert", "good input", post(f"{_ONE}/unrevert"), events=True)
    yield case("fresh.share", "POST /session/{id}/share", "good input", post(f"{_ONE}/share"), events=True)
    yield case("fresh.unshare", "DELETE /session/{id}/share", "good input", delete(f"{_ONE}/share"), events=True)
    forked = (post(f"{_ONE}/fork", {}, fork="id"), get("/session/{fork}"), get("/session/{fork}/message"))
    yield case("fresh.fork", "POST /session/{id}/fork", "good input", *forked, events=True)
    reverted = (post(f"{_ONE}/revert", {"messageID": "msg_doesnotexist"}), get(_ONE))
    yield case("fresh.revert", "POST /session/{id}/revert", "good input", *reverted, events=True)
    yield case("fresh.permissions", "GET /permission", "good input", get("/permission"))
    yield case("fresh.questions", "GET /question", "good input", get("/question"))
    yield case("fresh.event", "GET /event", "good input", Send("GET", "/event", many=True))
    yield case("fresh.event-directory", "GET /event", "query", Send("GET", "/event?directory={lists}", many=True))
    yield case("fresh.global-event", "GET /global/event", "good input", Send("GET", "/global/event", many=True))
    yield case("list.all", "GET /session", "good input", get("/session?directory={lists}"))
    header = Send("GET", "/session", headers={"x-opencode-directory": "{lists}"})
    yield case("list.header", "GET /session", "headers", header)
    encoded = Send("GET", "/session", headers={"x-opencode-directory": "%2Fnowhere%2Fat%2Fall"})
    yield case("list.header-encoded", "GET /session", "headers", encoded)
    both = Send("GET", "/session?directory={lists}", headers={"x-opencode-directory": "/nowhere/at/all"})
    yield case("list.header-and-query", "GET /session", "headers", both)
    yield case("list.nowhere", "GET /session", "query", get("/session?directory=/nowhere/at/all"))


def _deleting() -> Iterator[Case]:
    route = "DELETE /session/{id}"
    gone: tuple[Step, ...] = (delete(_ONE), get(_ONE), get(f"{_ONE}/message"), delete(_ONE))
    yield case("delete.one", route, "good input", *gone, events=True)
    child = post("/session", {"parentID": "{ses}"}, child="id")
    grandchild = post("/session", {"parentID": "{child}"}, grandchild="id")
    steps = (child, grandchild, delete(_ONE), get("/session/{child}"), get("/session/{grandchild}"))
    yield case("delete.with-children", route, "good input", *steps, events=True)
    kept = (child, delete("/session/{child}"), get(_ONE), get(f"{_ONE}/children"))
    yield case("delete.child", route, "good input", *kept, events=True)
    yield case("delete.body", route, "good input", Send("DELETE", _ONE, {"x": 1}), events=True)
    written = (post(f"{_ONE}/message", {"noReply": True, "parts": []}), *gone)
    yield case("delete.with-messages", route, "good input", *written, events=True)
    after = (delete(_ONE), patch(_ONE, {"title": "x"}), post(f"{_ONE}/abort"), get(f"{_ONE}/children"))
    yield case("delete.and-go-on", route, "good input", *after, events=True)


def _children() -> Iterator[Case]:
    route = "GET /session/{id}/children"
    first = Send("POST", "/session", {"parentID": "{ses}", "title": "one"}, save={"child": "id"})
    second = Send("POST", "/session", {"parentID": "{ses}", "title": "two"}, save={"second": "id"})
    yield case("children.two", route, "good input", first, second, get(f"{_ONE}/children"))
    of_child = (first, Send("POST", "/session", {"parentID": "{child}"}, save={"second": "id"}))
    listed = (get(f"{_ONE}/children"), get("/session/{child}/children"))
    yield case("children.of-a-child", route, "good input", *of_child, *listed)
    renamed = (first, second, patch("/session/{child}", {"title": "later"}), get(f"{_ONE}/children"))
    yield case("children.after-rename", route, "good input", *renamed)


def _directories() -> Iterator[Case]:
    where = "?directory=%2Fnowhere%2Felse"
    made = Send("POST", f"/session{where}", {"title": "far"}, save={"far": "id"})
    for word, path in (("get", ""), ("messages", "/message"), ("children", "/children"), ("diff", "/diff")):
        steps = (made, get(f"/session/{{far}}{path}{where}"), get(f"/session/{{far}}{path}"))
        yield case(f"directory.{word}", f"GET /session/{{id}}{path}", "query", *steps)
    changed = (made, patch("/session/{far}", {"title": "near"}), patch(f"/session/{{far}}{where}", {"title": "there"}))
    yield case("directory.patch", "PATCH /session/{id}", "query", *changed, get(f"/session/{{far}}{where}"))
    removed = (made, delete("/session/{far}"), get(f"/session/{{far}}{where}"), delete(f"/session/{{far}}{where}"))
    yield case("directory.delete", "DELETE /session/{id}", "query", *removed, get(f"/session/{{far}}{where}"))
    by_header = Send("POST", "/session", headers={"x-opencode-directory": "/nowhere/by/header"})
    yield case("directory.header", "POST /session", "headers", by_header)
    spaced = Send("POST", "/session?directory=%2Fnowhere%2Fwith%20space")
    yield case("directory.space", "POST /session", "query", spaced)
    yield case("directory.relative", "POST /session", "query", Send("POST", "/session?directory=nowhere"))
    yield case("directory.empty", "POST /session", "query", Send("POST", "/session?directory="))
    yield case("directory.slash", "POST /session", "query", Send("POST", "/session?directory={workspace}/"))
    yield case("directory.below", "POST /session", "query", Send("POST", "/session?directory={workspace}/sub"))
