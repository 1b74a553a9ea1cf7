"""What browsers and proxies ask beside the requests themselves: origins, preflights, heads."""

from __future__ import annotations

from opencode_contract.evidence import require
from opencode_contract.requirements.requirement import requirement
from opencode_contract.targets import Level, Subject

_MEASURED = "measured: 1.1.34 to 1.18.34"
_OWN = "http://localhost:3000"
_FOREIGN = "http://evil.example"
_ALLOWED = "access-control-allow-origin"
_ASKED = {"Origin": _OWN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@requirement("browsers.own-origin", Level.READ, _MEASURED)
async def own_origin(subject: Subject) -> None:
    """A page of this machine may read answers: its origin is allowed by name."""
    answer = (await subject.send("GET", "/global/health", headers={"Origin": _OWN})).expect(200)
    allowed = answer.headers.get(_ALLOWED)
    require(allowed == _OWN, f"the origin {_OWN} should be allowed, and is {allowed!r}", answer)


@requirement("browsers.foreign-origin", Level.READ, _MEASURED)
async def foreign_origin(subject: Subject) -> None:
    """A page of somewhere else is answered, but its origin is not allowed."""
    answer = (await subject.send("GET", "/global/health", headers={"Origin": _FOREIGN})).expect(200)
    answer.json("health")["healthy"].equals(True)
    require(_ALLOWED not in answer.headers, "a foreign origin should not be allowed", answer)


@requirement("browsers.preflight-refused", Level.READ, _MEASURED, until="1.1.56")
async def preflight_refused(subject: Subject) -> None:
    """A preflight without the password answers 401, so that pages cannot use a server that has one."""
    (await subject.send("OPTIONS", "/session", headers=_ASKED, authenticated=False)).expect(401)


@requirement("browsers.preflight", Level.READ, _MEASURED, since="1.1.56")
async def preflight(subject: Subject) -> None:
    """A preflight without the password answers 204 and allows the origin, the method and the headers asked for."""
    answer = (await subject.send("OPTIONS", "/session", headers=_ASKED, authenticated=False)).expect(204)
    require(answer.headers.get(_ALLOWED) == _OWN, f"the origin {_OWN} should be allowed", answer)
    methods = answer.headers.get("access-control-allow-methods", "")
    require("POST" in methods, f"POST should be among the allowed methods: {methods!r}", answer)
    headers = answer.headers.get("access-control-allow-headers", "")
    require("authorization" in headers.lower(), f"authorization should be among the headers: {headers!r}", answer)


@requirement("browsers.head", Level.READ, _MEASURED, until="1.15.0")
async def head(subject: Subject) -> None:
    """HEAD answers as GET does, without the body."""
    answer = (await subject.send("HEAD", "/global/health")).expect(200)
    kind = answer.headers.get("content-type")
    require(kind == "application/json", f"the content type should be application/json and is {kind!r}", answer)
    require(answer.received == "", "HEAD should have no body", answer)


@requirement("browsers.head-is-a-page", Level.READ, _MEASURED, since="1.15.0")
async def head_is_a_page(subject: Subject) -> None:
    """HEAD is answered by the web interface: 200 with the type text/html, whatever the path."""
    answer = (await subject.send("HEAD", "/global/health")).expect(200)
    kind = answer.headers.get("content-type", "")
    require(kind.startswith("text/html"), f"the content type should be text/html and is {kind!r}", answer)
