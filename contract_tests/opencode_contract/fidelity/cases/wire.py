"""Methods, paths, headers, the password, browsers' questions, and the query parameters of the lists."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from opencode_contract.fidelity.cases.model import Case, case
from opencode_contract.fidelity.steps import Send, get

_HEALTH = "GET /global/health"
_PATHS = {
    "unknown": ("GET", "/nope"),
    "unknown-post": ("POST", "/nope"),
    "unknown-deep": ("GET", "/session/{ses}/nope"),
    "unknown-put": ("PUT", "/session"),
    "put-session": ("PUT", "/session/{ses}"),
    "post-session-id": ("POST", "/session/{ses}"),
    "delete-all": ("DELETE", "/session"),
    "patch-all": ("PATCH", "/session"),
    "get-abort": ("GET", "/session/{ses}/abort"),
    "get-prompt-async": ("GET", "/session/{ses}/prompt_async"),
    "get-fork": ("GET", "/session/{ses}/fork"),
    "put-message": ("PUT", "/session/{ses}/message"),
    "head-list": ("HEAD", "/session?limit=0"),
    "head-session": ("HEAD", "/session/{ses}"),
    "head-missing": ("HEAD", "/session/ses_doesnotexist"),
    "head-messages": ("HEAD", "/session/{ses}/message"),
    "head-health": ("HEAD", "/global/health"),
    "head-unknown": ("HEAD", "/nope"),
    "head-status": ("HEAD", "/session/status"),
    "slash-after-session": ("GET", "/session/{ses}/"),
    "slash-after-list": ("GET", "/session/"),
    "slash-after-post": ("POST", "/session/"),
    "slash-after-health": ("GET", "/global/health/"),
    "double-slash": ("GET", "//session"),
    "double-slash-inside": ("GET", "/session//{ses}"),
    "case": ("GET", "/SESSION/{ses}"),
    "case-health": ("GET", "/Global/Health"),
    "case-below": ("GET", "/session/{ses}/Message"),
    "case-event": ("GET", "/Session/Status"),
    "prefix-api": ("GET", "/api/session/nope"),
    "prefix-opencode": ("GET", "/opencode/session"),
    "encoded-slash": ("GET", "/session%2F{ses}"),
    "encoded-letter": ("GET", "/sessio%6E/{ses}"),
    "encoded-id": ("GET", "/session/%73es_doesnotexist"),
    "bad-encoding": ("GET", "/session/ses_%ZZ"),
    "bad-utf8": ("GET", "/session/ses_%FF"),
    "dot-segments": ("GET", "/session/../global/health"),
    "dot": ("GET", "/./global/health"),
    "semicolon": ("GET", "/global/health;x=1"),
    "question-mark": ("GET", "/global/health?"),
    "plus": ("GET", "/session/ses_a+b"),
    "long-id": ("GET", "/session/ses_" + "a" * 300),
    "options-unknown": ("OPTIONS", "/nope"),
    "post-health": ("POST", "/global/health"),
    "post-event": ("POST", "/event"),
    "delete-status": ("DELETE", "/session/status"),
    "options-session": ("OPTIONS", "/session"),
}
_CREDENTIALS = {
    "none": None,
    "wrong-password": "Basic b3BlbmNvZGU6d3Jvbmc=",
    "wrong-user": "Basic Ym9iOnNlY3JldA==",
    "empty-user": "Basic OnNlY3JldA==",
    "no-colon": "Basic b3BlbmNvZGU=",
    "bearer": "Bearer secret",
    "not-base64": "Basic !!!",
    "empty": "",
    "scheme-only": "Basic",
}
_BEHIND_THE_PASSWORD = (
    ("GET", "/global/health"),
    ("GET", "/session"),
    ("POST", "/session"),
    ("GET", "/event"),
    ("GET", "/global/event"),
    ("GET", "/doc"),
    ("GET", "/"),
    ("GET", "/nope"),
    ("HEAD", "/session"),
)
_ORIGINS = {
    "localhost": "http://localhost:3000",
    "localhost-no-port": "http://localhost",
    "https-localhost": "https://localhost:3000",
    "loopback": "http://127.0.0.1:3000",
    "evil": "http://evil.example",
    "evil-localhost": "http://localhost.evil.example",
    "tauri": "tauri://localhost",
    "tauri-http": "http://tauri.localhost",
    "opencode": "https://app.opencode.ai",
    "opencode-http": "http://app.opencode.ai",
    "opencode-root": "https://opencode.ai",
    "null": "null",
}
_NUMBERS = ("0", "1", "2", "-1", "1.5", "abc", "", "1e1", "0x2", "%20", "NaN", "Infinity", "1000", "+1", "01")
_FLAGS = ("true", "false", "1", "0", "maybe", "", "TRUE")


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _paths()
    yield from _passwords()
    yield from _origins()
    yield from _queries()


def _paths() -> Iterator[Case]:
    for word, (method, path) in _PATHS.items():
        yield case(f"path.{word}", "any path", "method and path", Send(method, path))


def _passwords() -> Iterator[Case]:
    for word, value in _CREDENTIALS.items():
        headers = {} if value is None else {"Authorization": value}
        yield case(f"auth.{word}", _HEALTH, "headers", Send("GET", "/global/health", headers=headers, auth="none"))
    for number, (method, path) in enumerate(_BEHIND_THE_PASSWORD, 1):
        yield case(f"auth.behind-{number}", f"{method} {path}", "headers", Send(method, path, auth="none"))
    yield case("auth.query-token", _HEALTH, "query", Send("GET", "/global/health?token=secret", auth="none"))
    yield case(
        "auth.query-wrong", _HEALTH, "query", Send("GET", "/global/health?auth_token=b3BlbmNvZGU6eA==", auth="none")
    )
    yield case("health", _HEALTH, "good input", get("/global/health"))


def _origins() -> Iterator[Case]:
    for word, origin in _ORIGINS.items():
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        more = {**asked, "Access-Control-Request-Headers": "authorization,content-type"}
        route = "OPTIONS /session"
        yield case(f"cors.get-{word}", _HEALTH, "headers", Send("GET", "/global/health", headers={"Origin": origin}))
        yield case(f"cors.preflight-{word}", route, "headers", Send("OPTIONS", "/session", headers=more, auth="none"))
    own = _ORIGINS["localhost"]
    asked = {"Origin": own, "Access-Control-Request-Method": "POST"}
    yield case(
        "cors.preflight-with-password", "OPTIONS /session", "headers", Send("OPTIONS", "/session", headers=asked)
    )
    yield case(
        "cors.preflight-no-headers",
        "OPTIONS /session",
        "headers",
        Send("OPTIONS", "/session", headers=asked, auth="none"),
    )
    yield case("cors.refused", _HEALTH, "headers", Send("GET", "/global/health", headers={"Origin": own}, auth="none"))
    yield case(
        "cors.missing",
        "GET /session/{id}",
        "headers",
        Send("GET", "/session/ses_doesnotexist", headers={"Origin": own}),
    )
    yield case("cors.stream", "GET /event", "headers", Send("GET", "/event", headers={"Origin": own}, many=True))
    for word, path in (
        ("small", "/global/health"),
        ("large", "/session/{shared}/message"),
        ("missing", "/session/ses_x"),
    ):
        zipped = Send("GET", path, headers={"Accept-Encoding": "gzip"})
        yield case(f"gzip.{word}", "any path", "headers", zipped)


def _queries() -> Iterator[Case]:
    numbers = count(1)
    messages = "GET /session/{id}/message"
    for value in _NUMBERS:
        word = f"limit-{next(numbers)}"
        yield case(f"messages.{word}", messages, "query", get(f"/session/{{shared}}/message?limit={value}"))
        yield case(f"list.{word}", "GET /session", "query", _listed(f"limit={value}"))
        yield case(f"list.start-{word[6:]}", "GET /session", "query", _listed(f"start={value}"))
    for word, query in (
        ("before-without-limit", "before=xyz"),
        ("before-bad", "limit=1&before=xyz"),
        ("before-message", "limit=1&before={shared_user}"),
        ("after", "after=xyz"),
        ("order", "order=asc&limit=1"),
        ("unknown", "nobody=knows"),
        ("twice", "limit=1&limit=2"),
        ("directory", "directory=/nowhere/at/all"),
    ):
        yield case(f"messages.{word}", messages, "query", get(f"/session/{{shared}}/message?{query}"))
    for number, value in enumerate(_FLAGS, 1):
        yield case(f"list.roots-{number}", "GET /session", "query", _listed(f"roots={value}"))
    for word, query in (
        ("search", "search=SECond"),
        ("search-none", "search=nothing%20like%20it"),
        ("search-empty", "search="),
        ("search-encoded", "search=%C3%BC"),
        ("start-future", "start=99999999999999"),
        ("unknown", "nobody=knows"),
        ("cursor", "cursor=x"),
        ("limit-and-search", "limit=1&search=i"),
        ("path", "path=sub"),
        ("scope", "scope=project"),
    ):
        yield case(f"list.{word}", "GET /session", "query", _listed(query))
    for word, query in (
        ("empty", "messageID="),
        ("bad", "messageID=xyz"),
        ("missing", "messageID=msg_doesnotexist"),
        ("unknown", "x=1"),
    ):
        yield case(f"diff.query-{word}", "GET /session/{id}/diff", "query", get(f"/session/{{shared}}/diff?{query}"))


def _listed(query: str) -> Send:
    return get(f"/session?directory={{lists}}&{query}")
