"""Creating, finding, listing, renaming and deleting sessions."""

from __future__ import annotations

from datetime import UTC, datetime

from opencode_contract.evidence import Value, require
from opencode_contract.requirements.requirement import FOR_EVER, requirement
from opencode_contract.targets import Level, Subject

_CREATE = "document: opencodeCreateSession"
_GET = "document: opencodeGetSession"
_LIST = "document: opencodeListSessions"
_IDS = "measured: 1.1.34 to 1.18.34"
_OBJECT = "measured: 1.1.34 to 1.18.34"
_BODIES = "measured: 1.1.34 to 1.18.34"
_ENDPOINTS = "measured: 1.1.34 to 1.18.34"

# The server reads its clock once for each of the times that it writes down together.
_SAME = 20

MISSING = "ses_doesnotexist"


async def created(subject: Subject) -> Value:
    """A session as the answer to its creation shows it, with the server's own title."""
    return await subject.create_session(title=None)


@requirement("sessions.create", Level.WRITE, _CREATE)
async def create(subject: Subject) -> None:
    """POST /session answers 200 with the new session."""
    answer = await subject.send("POST", "/session", body={"title": subject.title()})
    answer.expect(200).json("session").object()


@requirement(
    "sessions.create-without-body",
    Level.WRITE,
    "document: opencodeCreateSession, no parameters required",
    unmarked_until=FOR_EVER,
)
async def create_without_body(subject: Subject) -> None:
    """POST /session needs no body."""
    (await subject.send("POST", "/session")).expect(200).json("session")["id"].text()


@requirement("sessions.id", Level.WRITE, _IDS)
async def session_id(subject: Subject) -> None:
    """A session's id is ses_, 12 hexadecimal digits and 14 letters or digits."""
    session = await subject.once(created)
    session["id"].matches(r"ses_[0-9a-f]{12}[0-9A-Za-z]{14}", "ses_ with 12 hexadecimal and 14 other characters")


@requirement("sessions.ids-differ", Level.WRITE, _IDS)
async def ids_differ(subject: Subject) -> None:
    """Two sessions have different ids."""
    first, second = await subject.create_session(), await subject.create_session()
    second["id"].require(first["id"].json != second["id"].json, "two sessions should not have the same id")


@requirement("sessions.slug", Level.WRITE, _CREATE)
async def slug(subject: Subject) -> None:
    """A session's slug is two words joined by a hyphen."""
    (await subject.once(created))["slug"].matches("[a-z]+-[a-z]+", "two words such as eager-harbor")


@requirement("sessions.version", Level.WRITE, _CREATE)
async def session_version(subject: Subject) -> None:
    """A session's version is that of the server."""
    (await subject.once(created))["version"].equals(subject.version)


@requirement("sessions.directory", Level.WRITE, _CREATE)
async def directory(subject: Subject) -> None:
    """A session's directory is the absolute path of the workspace."""
    (await subject.once(created))["directory"].matches(r"/.*|[A-Za-z]:[\\/].*", "an absolute path")


@requirement("sessions.default-title", Level.WRITE, _CREATE)
async def default_title(subject: Subject) -> None:
    """A session without a title is called New session - and the time of its creation."""
    session = await subject.once(created)
    title = session["title"]
    title.matches(r"New session - \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "New session - and a time")
    apart = session["time.created"].integer() - _milliseconds(title.text().removeprefix("New session - "))
    title.require(0 <= apart <= _SAME, f"the time in the title should be time.created and is {apart} ms before it")


@requirement("sessions.given-title", Level.WRITE, _BODIES)
async def given_title(subject: Subject) -> None:
    """A session keeps the title that it is created with."""
    (await subject.create_session("ü 漢"))["title"].equals(subject.title("ü 漢"))


@requirement("sessions.times", Level.WRITE, _GET)
async def times(subject: Subject) -> None:
    """A new session was created and updated at the same time, in milliseconds."""
    time = (await subject.once(created))["time"]
    time["created"].require(time["created"].integer() > 10**12, "time.created should be in milliseconds since 1970")
    apart = time["updated"].integer() - time["created"].integer()
    time["updated"].require(0 <= apart <= _SAME, f"time.updated should be time.created and is {apart} ms after it")


@requirement("sessions.project", Level.WRITE, _OBJECT)
async def project(subject: Subject) -> None:
    """A session names its project: a commit's id, or global outside a repository."""
    (await subject.once(created))["projectID"].matches("[0-9a-f]{40}|global", "a commit's id, or 'global'")


@requirement("sessions.no-summary-yet", Level.WRITE, _OBJECT)
async def no_summary_yet(subject: Subject) -> None:
    """A session has no summary before its first prompt."""
    (await subject.once(created)).lacks("summary")


@requirement("sessions.unknown-keys", Level.WRITE, _BODIES)
async def unknown_keys(subject: Subject) -> None:
    """Unknown keys in the body of POST /session are ignored."""
    answer = await subject.send("POST", "/session", body={"title": subject.title(), "nobodyKnows": 1})
    answer.expect(200).json("session").lacks("nobodyKnows")


@requirement("sessions.malformed-body", Level.WRITE, _BODIES)
async def malformed_body(subject: Subject) -> None:
    """POST /session with malformed JSON answers 400."""
    answer = await subject.send("POST", "/session", content=b"{", headers={"Content-Type": "application/json"})
    answer.expect(400)


@requirement("sessions.wrong-type", Level.WRITE, _BODIES)
async def wrong_type(subject: Subject) -> None:
    """POST /session with a title that is no text answers 400."""
    (await subject.send("POST", "/session", body={"title": 3})).expect(400)


@requirement("sessions.body-no-object", Level.WRITE, _BODIES)
async def body_no_object(subject: Subject) -> None:
    """POST /session with a list for a body answers 400."""
    (await subject.send("POST", "/session", body=[])).expect(400)


@requirement("sessions.wrong-parent", Level.WRITE, _BODIES)
async def wrong_parent(subject: Subject) -> None:
    """POST /session with a parentID that is no session's id answers 400."""
    (await subject.send("POST", "/session", body={"title": subject.title(), "parentID": "xyz"})).expect(400)


@requirement("sessions.get", Level.WRITE, _GET)
async def get(subject: Subject) -> None:
    """GET /session/{id} shows what the creation has shown."""
    session = await subject.once(created)
    found = await subject.get(f"/session/{session['id'].text()}", "session")
    for key in ("id", "slug", "version", "projectID", "directory", "title", "time"):
        found[key].equals(session[key].json)


@requirement("sessions.get-missing", Level.READ, _ENDPOINTS)
async def get_missing(subject: Subject) -> None:
    """GET /session/{id} of a session that does not exist answers 404 with a NotFoundError."""
    error = (await subject.send("GET", f"/session/{MISSING}")).expect(404).json("error")
    error["name"].equals("NotFoundError")
    error["data.message"].text()


@requirement("sessions.no-such-id", Level.READ, _ENDPOINTS)
async def no_such_id(subject: Subject) -> None:
    """GET /session/{id} with an id that does not begin with ses is an error."""
    answer = await subject.send("GET", "/session/xyz")
    require(answer.status >= 400, f"the status should be 4xx or 5xx and is {answer.status}", answer)


@requirement("sessions.list", Level.READ, _LIST)
async def list_all(subject: Subject) -> None:
    """GET /session answers 200 with a list."""
    (await subject.get("/session", "sessions")).list()


@requirement("sessions.listed", Level.WRITE, _LIST)
async def listed(subject: Subject) -> None:
    """A session that was created is listed, with id, title and time of creation."""
    session = await subject.create_session()
    for item in await subject.get("/session", "sessions"):
        if item["id"].json == session["id"].json:
            item["title"].equals(session["title"].json)
            item["time.created"].equals(session["time.created"].json)
            return
    (await subject.get("/session", "sessions")).fail("the list should hold the session that was just created")


@requirement("sessions.newest-first", Level.WRITE, "document: opencodeListSessions; measured: 1.1.34 to 1.18.34")
async def newest_first(subject: Subject) -> None:
    """The list of sessions shows the one created last before the one created earlier."""
    earlier = await subject.create_session()
    await _next_millisecond(subject, earlier)
    later = await subject.create_session()
    sessions = await subject.get("/session", "sessions")
    ids = [item["id"].json for item in sessions]
    for session in (earlier, later):
        sessions.require(session["id"].json in ids, "the list should hold the sessions that were just created")
    order = ids.index(later["id"].json) < ids.index(earlier["id"].json)
    sessions.require(order, "the session created last should be listed first")


@requirement("sessions.list-limit", Level.WRITE, "measured: 1.1.34 to 1.18.34")
async def list_limit(subject: Subject) -> None:
    """GET /session?limit=1 lists one session."""
    await subject.create_session()
    sessions = await subject.get("/session?limit=1", "sessions")
    sessions.require(sessions.count == 1, f"one session should be listed, not {sessions.count}")


@requirement("sessions.list-search", Level.WRITE, "measured: 1.1.34 to 1.18.34")
async def list_search(subject: Subject) -> None:
    """GET /session?search= lists the sessions whose title holds the text, whatever its case."""
    await subject.create_session("Needle")
    titles = [item["title"].text() for item in await subject.get("/session?search=nEEDLE", "sessions")]
    require(bool(titles), "the session with that title should be found", subject.evidence)
    odd = [title for title in titles if "needle" not in title.lower()]
    require(not odd, f"only titles that hold the text should be listed, and {len(odd)} do not", subject.evidence)


@requirement("sessions.no-messages-yet", Level.WRITE, "document: opencodeGetMessages")
async def no_messages_yet(subject: Subject) -> None:
    """A new session has no messages."""
    session = await subject.once(created)
    (await subject.get(f"/session/{session['id'].text()}/message", "messages")).equals([])


@requirement("sessions.rename", Level.WRITE, _ENDPOINTS)
async def rename(subject: Subject) -> None:
    """PATCH /session/{id} sets the title."""
    session = await subject.create_session()
    path = f"/session/{session['id'].text()}"
    answer = await subject.send("PATCH", path, body={"title": subject.title("renamed")})
    answer.expect(200).json("session")["title"].equals(subject.title("renamed"))
    (await subject.get(path, "session"))["title"].equals(subject.title("renamed"))


@requirement("sessions.delete", Level.WRITE, _ENDPOINTS)
async def delete(subject: Subject) -> None:
    """DELETE /session/{id} answers 200 with true."""
    session = await subject.create_session()
    answer = await subject.send("DELETE", f"/session/{session['id'].text()}")
    answer.expect(200).json("answer").equals(True)


@requirement("sessions.deleted-is-gone", Level.WRITE, _ENDPOINTS)
async def deleted_is_gone(subject: Subject) -> None:
    """A deleted session is neither found nor listed."""
    session = await subject.create_session()
    path = f"/session/{session['id'].text()}"
    (await subject.send("DELETE", path)).expect(200)
    (await subject.send("GET", path)).expect(404)
    sessions = await subject.get("/session", "sessions")
    still = session["id"].json in [item["id"].json for item in sessions]
    sessions.require(not still, "a deleted session should not be listed")


@requirement("sessions.delete-missing", Level.READ, _ENDPOINTS)
async def delete_missing(subject: Subject) -> None:
    """DELETE of a session that does not exist answers 200 or 404, never a server error."""
    (await subject.send("DELETE", f"/session/{MISSING}")).expect(200, 404)


@requirement("sessions.children", Level.WRITE, _ENDPOINTS)
async def children(subject: Subject) -> None:
    """A session created with a parentID carries it and is called a Child session."""
    parent = await subject.create_session()
    answer = await subject.send("POST", "/session", body={"parentID": parent["id"].text()})
    child = answer.expect(200).json("session")
    child["parentID"].equals(parent["id"].json)
    child["title"].matches(r"Child session - \S+", "Child session - and a time")


async def _next_millisecond(subject: Subject, session: Value) -> None:
    """Creates sessions until the server's clock has moved on: within one millisecond the order is not told."""
    for _ in range(50):
        newer = await subject.create_session()
        if newer["time.created"].integer() > session["time.created"].integer():
            return
    session.fail("the server's clock should move on while fifty sessions are created")


def _milliseconds(iso: str) -> int:
    since = datetime.fromisoformat(iso) - datetime(1970, 1, 1, tzinfo=UTC)
    return round(since.total_seconds() * 1000)
