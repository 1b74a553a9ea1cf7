"""The session routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from opencode_fake.run.effects import event
from opencode_fake.scripts.model import JsonObject
from opencode_fake.server import checks, errors, schemas
from opencode_fake.server.errors import Refused
from opencode_fake.server.exchange import Incoming, Outgoing, answer
from opencode_fake.server.validation import coerce_number
from opencode_fake.state.store import Session

if TYPE_CHECKING:
    from opencode_fake.server.app import App


async def create(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session``."""
    given = checks.body(incoming, schemas.CREATE)
    session = app.world.create_session(
        incoming.directory,
        title=cast("str | None", given.get("title")),
        parent_id=cast("str | None", given.get("parentID")),
        permission=cast("list[JsonObject] | None", given.get("permission")),
    )
    for kind in ("session.created", "session.updated"):
        app.publish(event(kind, info=session.info), session.info["directory"])
    return answer(session.info)


async def listed(app: App, incoming: Incoming) -> Outgoing:
    """``GET /session``: newest created first."""
    checks.query(incoming, schemas.LIST)
    limit = checks.limit(incoming)
    found = []
    for session in _filtered(app, incoming):
        found.append(session.info)
        if limit is not None and len(found) >= limit:
            break
    return answer(found)


def _filtered(app: App, incoming: Incoming) -> Iterator[Session]:
    query = incoming.query
    search = query.get("search", "").lower()
    start = coerce_number(query["start"]) if "start" in query else None
    for session in app.world.store.by_id():
        info = session.info
        if info["directory"] != incoming.directory:
            continue
        if query.get("roots") and "parentID" in info:
            continue
        if start is not None and info["time"]["updated"] < start:
            continue
        if search in info["title"].lower():
            yield session


async def status(app: App, _: Incoming) -> Outgoing:
    """``GET /session/status``: the sessions that are not idle."""
    return answer(app.world.statuses)


async def get(app: App, incoming: Incoming) -> Outgoing:
    """``GET /session/{sessionID}``."""
    checks.parameters(incoming, schemas.SESSION)
    return answer(find(app, incoming).info)


async def update(app: App, incoming: Incoming) -> Outgoing:
    """``PATCH /session/{sessionID}``: title and archival. ``time.updated`` stays as it is."""
    given = checks.body(incoming, schemas.UPDATE)
    session = find(app, incoming)
    if "title" in given:
        session.info["title"] = cast("str", given["title"])
    archived = cast("dict[str, int]", given.get("time", {})).get("archived")
    if archived is not None:
        session.info["time"]["archived"] = archived
    app.publish(event("session.updated", info=session.info), session.info["directory"])
    return answer(session.info)


async def delete(app: App, incoming: Incoming) -> Outgoing:
    """``DELETE /session/{sessionID}``: true, whether or not there was one. Children go first."""
    checks.parameters(incoming, schemas.SESSION)
    session = app.world.store.get(incoming.parameters["sessionID"], app.world.project(incoming.directory))
    if session is not None:
        _remove(app, session)
    return answer(True)


def _remove(app: App, session: Session) -> None:
    for child in app.world.store.children(session.id):
        _remove(app, child)
    app.world.store.remove(session.id)
    app.publish(event("session.deleted", info=session.info), session.info["directory"])


async def abort(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session/{sessionID}/abort``: true, whether or not there was anything to abort."""
    app.driver.abort(incoming.parameters["sessionID"], incoming.directory)
    return answer(True)


async def children(app: App, incoming: Incoming) -> Outgoing:
    """``GET /session/{sessionID}/children``: newest first, also those of a session that is no more."""
    checks.parameters(incoming, schemas.SESSION)
    return answer([session.info for session in app.world.store.children(incoming.parameters["sessionID"])])


async def diff(app: App, incoming: Incoming) -> Outgoing:
    """``GET /session/{sessionID}/diff``: the files that the whole session changed."""
    checks.parameters(incoming, schemas.SESSION)
    checks.query(incoming, schemas.DIFF)
    session = app.world.store.find(incoming.parameters["sessionID"])
    return answer(session.diff if session is not None else [])


def find(app: App, incoming: Incoming) -> Session:
    """The session that the path names, in the project of the request's directory. Refused with 404 without it."""
    session_id, project_id = incoming.parameters["sessionID"], app.world.project(incoming.directory)
    session = app.world.store.get(session_id, project_id)
    if session is None:
        raise Refused(errors.session_not_found(project_id, session_id))
    return session
