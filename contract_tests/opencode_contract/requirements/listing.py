"""Which sessions are listed: filters, children, and the directory that a request is about."""

from __future__ import annotations

from urllib.parse import quote

from opencode_contract.evidence import Value
from opencode_contract.requirements.requirement import requirement
from opencode_contract.requirements.sessions import MISSING
from opencode_contract.targets import Level, Subject

_MEASURED = "measured: 1.1.34 to 1.18.34"
NOWHERE = "/nowhere/opencode-contract"
"""A directory that no server has."""


async def family(subject: Subject) -> tuple[Value, Value]:
    """A session and a child of it."""
    parent = await subject.create_session()
    body = {"title": subject.title("child"), "parentID": parent["id"].text()}
    return parent, (await subject.send("POST", "/session", body=body)).expect(200).json("child")


@requirement("listing.children", Level.WRITE, _MEASURED)
async def children(subject: Subject) -> None:
    """GET /session/{id}/children lists the sessions that were created with it as their parent."""
    parent, child = await family(subject)
    found = await subject.get(f"/session/{parent['id'].text()}/children", "children")
    found.require(found.count == 1, f"one child should be listed, not {found.count}")
    found.last()["id"].equals(child["id"].json)
    (await subject.get(f"/session/{child['id'].text()}/children", "children")).equals([])


@requirement("listing.roots", Level.WRITE, _MEASURED)
async def roots(subject: Subject) -> None:
    """GET /session lists children with the others; with roots=true it leaves them out."""
    parent, child = await family(subject)
    everybody = await subject.get("/session", "sessions")
    everybody.require(child["id"].json in _ids(everybody), "a child should be listed where roots are not asked for")
    only = await subject.get("/session?roots=true", "sessions")
    only.require(parent["id"].json in _ids(only), "a session without parent should be listed as a root")
    only.require(child["id"].json not in _ids(only), "a child should not be listed as a root")


@requirement("listing.start", Level.WRITE, _MEASURED)
async def start(subject: Subject) -> None:
    """GET /session?start= lists the sessions that were updated at that time or later."""
    session = await subject.create_session()
    updated = session["time.updated"].integer()
    since = await subject.get(f"/session?start={updated}", "sessions")
    since.require(session["id"].json in _ids(since), "a session should be listed from its own time on")
    later = await subject.get(f"/session?start={updated + 10**9}", "sessions")
    later.require(session["id"].json not in _ids(later), "a session should not be listed from a later time on")


@requirement("listing.search-nothing", Level.WRITE, _MEASURED)
async def search_nothing(subject: Subject) -> None:
    """A search that fits no title lists nothing; an empty one is none."""
    session = await subject.create_session()
    (await subject.get("/session?search=no-title-is-like-this-one", "sessions")).equals([])
    found = await subject.get("/session?search=", "sessions")
    found.require(session["id"].json in _ids(found), "an empty search should leave nothing out")


@requirement("listing.no-limit", Level.WRITE, _MEASURED, since="1.2.6")
async def limit_zero(subject: Subject) -> None:
    """GET /session?limit=0 lists nothing."""
    await subject.create_session()
    (await subject.get("/session?limit=0", "sessions")).equals([])


@requirement("listing.directory", Level.WRITE, _MEASURED)
async def directory(subject: Subject) -> None:
    """Sessions are listed for the directory that the query names, and those of others are not."""
    session = await subject.create_session()
    own = quote(session["directory"].text(), safe="")
    here = await subject.get(f"/session?directory={own}", "sessions")
    here.require(session["id"].json in _ids(here), "a session should be listed in its own directory")
    (await subject.get(f"/session?directory={quote(NOWHERE, safe='')}", "sessions")).equals([])


@requirement("listing.directory-header", Level.WRITE, _MEASURED)
async def directory_header(subject: Subject) -> None:
    """The header x-opencode-directory names the directory as well; the query wins over it."""
    session = await subject.create_session()
    elsewhere = {"x-opencode-directory": NOWHERE}
    (await subject.send("GET", "/session", headers=elsewhere)).expect(200).json("sessions").equals([])
    own = quote(session["directory"].text(), safe="")
    found = (await subject.send("GET", f"/session?directory={own}", headers=elsewhere)).expect(200).json("sessions")
    found.require(session["id"].json in _ids(found), "the query should win over the header")


@requirement("listing.archived", Level.WRITE, _MEASURED)
async def archived(subject: Subject) -> None:
    """A session is archived by PATCH with time.archived, and is listed all the same."""
    session = await subject.create_session()
    answer = await subject.send(
        "PATCH", f"/session/{session['id'].text()}", body={"time": {"archived": 1_700_000_000_000}}
    )
    answer.expect(200).json("session")["time.archived"].equals(1_700_000_000_000)
    found = await subject.get("/session", "sessions")
    found.require(session["id"].json in _ids(found), "an archived session should be listed")


@requirement("listing.delete-with-children", Level.WRITE, _MEASURED)
async def delete_with_children(subject: Subject) -> None:
    """Deleting a session deletes its children with it."""
    parent, child = await family(subject)
    (await subject.send("DELETE", f"/session/{parent['id'].text()}")).expect(200)
    (await subject.send("GET", f"/session/{child['id'].text()}")).expect(404)


@requirement("listing.children-of-nobody", Level.READ, _MEASURED, until="1.15.0")
async def children_of_nobody(subject: Subject) -> None:
    """The children of a session that does not exist are an empty list."""
    (await subject.get(f"/session/{MISSING}/children", "children")).equals([])


@requirement("listing.children-missing", Level.READ, _MEASURED, since="1.15.0")
async def children_missing(subject: Subject) -> None:
    """GET /session/{id}/children of a session that does not exist answers 404."""
    (await subject.send("GET", f"/session/{MISSING}/children")).expect(404)


def _ids(sessions: Value) -> list[object]:
    return [session["id"].json for session in sessions]
