"""Who is let in, and what the server says of itself."""

from __future__ import annotations

import base64

from opencode_contract.evidence import require
from opencode_contract.requirements.requirement import requirement
from opencode_contract.targets import STRANGER, Level, Subject

_MEASURED = "measured: 1.1.34 to 1.18.34"


@requirement("auth.password-opens", Level.READ, "document: Required Credentials")
async def password_opens(subject: Subject) -> None:
    """With the password GET /global/health answers 200."""
    (await subject.send("GET", "/global/health")).expect(200)


@requirement("auth.without-password", Level.READ, _MEASURED)
async def without_password(subject: Subject) -> None:
    """Without a password GET /session answers 401."""
    (await subject.send("GET", "/session", authenticated=False)).expect(401)


@requirement("auth.wrong-password", Level.READ, _MEASURED)
async def wrong_password(subject: Subject) -> None:
    """With a wrong password GET /session answers 401."""
    headers = _basic("opencode", "certainly-not-the-password")
    (await subject.send("GET", "/session", headers=headers, authenticated=False)).expect(401)


@requirement("auth.wrong-user", Level.READ, _MEASURED)
async def wrong_user(subject: Subject) -> None:
    """The right password with another user's name answers 401."""
    headers = _basic(STRANGER, subject.access.password.get_secret_value())
    (await subject.send("GET", "/session", headers=headers, authenticated=False)).expect(401)


@requirement("auth.bearer", Level.READ, _MEASURED)
async def bearer(subject: Subject) -> None:
    """The password as a bearer token answers 401."""
    headers = {"Authorization": f"Bearer {subject.access.password.get_secret_value()}"}
    (await subject.send("GET", "/session", headers=headers, authenticated=False)).expect(401)


@requirement("auth.challenge", Level.READ, _MEASURED)
async def challenge(subject: Subject) -> None:
    """A 401 asks for Basic authentication in WWW-Authenticate."""
    answer = (await subject.send("GET", "/session", authenticated=False)).expect(401)
    challenged = answer.headers.get("www-authenticate", "")
    require(
        challenged.lower().startswith("basic "), f"WWW-Authenticate should ask for Basic and is {challenged!r}", answer
    )


@requirement("auth.every-path", Level.READ, _MEASURED)
async def every_path(subject: Subject) -> None:
    """Health, the event stream and unknown paths need the password as well."""
    for path in ("/global/health", "/event", "/session/status", "/no-such-path"):
        (await subject.send("GET", path, authenticated=False)).expect(401)


@requirement("auth.before-the-body", Level.READ, _MEASURED)
async def before_the_body(subject: Subject) -> None:
    """The password is checked before the request's body: a malformed one without password answers 401."""
    answer = await subject.send(
        "POST", "/session", content=b"{", headers={"Content-Type": "application/json"}, authenticated=False
    )
    answer.expect(401)


@requirement("auth.not-in-the-query", Level.READ, _MEASURED)
async def not_in_the_query(subject: Subject) -> None:
    """A query parameter named token does not replace the password."""
    (await subject.send("GET", "/session?token=anything", authenticated=False)).expect(401)


@requirement("auth.wrong-password-told-apart", Level.READ, "document: Getting Started, Test the connection")
async def wrong_password_told_apart(subject: Subject) -> None:
    """Testing the connection tells a wrong password from a server that is not there."""
    report = await subject.connection("certainly-not-the-password")
    require(report == "wrong_password", f"the outcome with a wrong password should be wrong_password and is {report}")


@requirement("health.healthy", Level.READ, _MEASURED)
async def healthy(subject: Subject) -> None:
    """GET /global/health answers {"healthy": true, ...}."""
    (await subject.get("/global/health", "health"))["healthy"].equals(True)


@requirement("health.version", Level.READ, _MEASURED)
async def version(subject: Subject) -> None:
    """GET /global/health names the server's version."""
    found = (await subject.get("/global/health", "health"))["version"]
    found.matches(r"\d+\.\d+\.\d+(-.+)?", "a version such as 1.1.53")
    if subject.access.version is not None:
        found.equals(subject.access.version)


@requirement("health.json", Level.READ, _MEASURED)
async def json_content_type(subject: Subject) -> None:
    """JSON is answered with the content type application/json."""
    for path in ("/global/health", "/session", "/session/status"):
        answer = (await subject.send("GET", path)).expect(200)
        kind = answer.headers.get("content-type", "").partition(";")[0]
        require(kind == "application/json", f"the content type should be application/json and is {kind!r}", answer)


@requirement("health.unknown-path", Level.READ, "measured: 1.1.34 to 1.18.34")
async def unknown_path(subject: Subject) -> None:
    """A path that does not exist never answers JSON with a 2xx status."""
    answer = await subject.send("GET", "/no-such-path")
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    require(not (is_json and answer.status < 300), "an unknown path should not look like a success", answer)


def _basic(user: str, password: str) -> dict[str, str]:
    token = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    return {"Authorization": f"Basic {token}"}
