"""The session routes."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, cast

from opencode_fake.run.effects import Event
from opencode_fake.run.events import session_created, session_deleted, session_updated
from opencode_fake.run.summary import prompt_diff
from opencode_fake.scripts.model import JsonObject, JsonValue
from opencode_fake.server import checks, errors, schemas
from opencode_fake.server.errors import Problem, Refused
from opencode_fake.server.exchange import Incoming, Outgoing, answer
from opencode_fake.server.validation import coerce_number
from opencode_fake.state.store import Session
from opencode_fake.state.wire import SessionModel, Status
from opencode_fake.state.world import World

if TYPE_CHECKING:
    from opencode_fake.server.app import App


async def create(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session``."""
    given = checks.own_body(incoming, app.schemas.create)
    session = app.world.create_session(
        incoming.directory,
        title=cast("str | None", given.get("title")),
        parent_id=cast("str | None", given.get("parentID")),
        permission=cast("list[JsonObject] | None", given.get("permission")),
        agent=cast("str | None", given.get("agent")),
        model=cast("SessionModel | None", given.get("model")),
        metadata=cast("JsonObject | None", given.get("metadata")),
    )
    for happened in session_created(app.world, session):
        app.publish(happened, session.info["directory"])
    return answer(session.info)


_TOO_LARGE = 2**63
"""The first whole number that the database cannot hold."""


async def listed(app: App, incoming: Incoming) -> Outgoing:
    """``GET /session``: as many as are wanted of those that the query asks for."""
    checks.query(incoming, app.schemas.sessions)
    limit = _limit(incoming)
    if app.world.behaviours.limit_is_sql:
        wanted = None if limit < 0 or math.isinf(limit) else int(limit)
        return answer([session.info for session in islice(_filtered(app, incoming), wanted)])
    found = []
    for session in _filtered(app, incoming):
        found.append(session.info)
        if len(found) >= limit:
            break
    return answer(found)


def _limit(incoming: Incoming) -> float:
    """How many sessions are wanted; the database, where that is for it to say, takes whole numbers of 64 bits."""
    given, usual = checks.limit(incoming), incoming.behaviours.sessions_listed
    if given is None or math.isnan(given):
        return math.inf if usual is None else usual
    if incoming.behaviours.limit_is_sql and (given != given // 1 or abs(given) >= _TOO_LARGE):
        raise Refused(errors.unknown("SQLiteError: datatype mismatch"))
    return given


def _filtered(app: App, incoming: Incoming) -> Iterator[Session]:
    query = incoming.query
    search = query.get("search", "").lower()
    start = coerce_number(query["start"]) if "start" in query else math.nan
    path = query.get("path") if app.world.behaviours.path_filters else None
    project, directory = app.world.project(incoming.directory), _wanted_directory(incoming)
    for session in _ordered(app):
        info = session.info
        if info["projectID"] != project or (directory is not None and info["directory"] != directory):
            continue
        if _wants_roots(incoming) and "parentID" in info:
            continue
        if info["time"]["updated"] < start:
            continue
        if path and not f"{info.get('path')}/".startswith(f"{path}/"):
            continue
        if search in info["title"].lower():
            yield session


def _wanted_directory(incoming: Incoming) -> str | None:
    """The directory whose sessions are wanted; None for all of the project. A header says only which project."""
    query, behaviours = incoming.query, incoming.behaviours
    if behaviours.path_filters and ("path" in query or query.get("scope") == "project"):
        return None
    match behaviours.list_filters_by:
        case "given directory":
            return query.get("directory")
        case "named directory":
            return query.get("directory") or None
        case "resolved directory":
            return incoming.directory if query.get("directory") else None


def _ordered(app: App) -> Iterable[Session]:
    match app.world.behaviours.sessions_ordered_by:
        case "creation":
            return app.world.store.by_id()
        case "insertion":
            return app.world.store.by_age()
        case "update":
            return app.world.store.by_update()


def _wants_roots(incoming: Incoming) -> bool:
    given = incoming.query.get("roots")
    return given == "true" if incoming.behaviours.roots_is_boolean else bool(given)


async def status(app: App, _: Incoming) -> Outgoing:
    """``GET /session/status``: the sessions that are not idle."""
    if not app.world.behaviours.retry_has_action:
        return answer(app.world.statuses)
    return answer({session_id: _with_action(each) for session_id, each in app.world.statuses.items()})


def _with_action(status: Status) -> JsonObject:
    extra: JsonObject = {"action": None} if status["type"] == "retry" else {}
    return {**cast("JsonObject", status), **extra}


async def get(app: App, incoming: Incoming) -> Outgoing:
    """``GET /session/{sessionID}``."""
    checks.parameters(incoming, schemas.SESSION)
    return answer(find(app, incoming).info)


async def update(app: App, incoming: Incoming) -> Outgoing:
    """``PATCH /session/{sessionID}``: title, archival and what else the version lets change."""
    checks.unchecked(incoming, schemas.SESSION)
    given = checks.body(incoming, app.schemas.update)
    checks.looked_up(incoming, schemas.SESSION)
    session = find(app, incoming)
    changes = list(_changes(app, session, given))
    if not changes and app.world.behaviours.empty_update_is_told:
        changes.append(session_updated(app.world, session))
    for happened in changes:
        app.publish(happened, session.info["directory"])
    return answer(session.info)


def _changes(app: App, session: Session, given: JsonObject) -> Iterator[Event]:
    """Changes one thing after the other, and tells of each."""
    info, world = session.info, app.world
    if "title" in given:
        info["title"] = cast("str", given["title"])
        yield _changed(world, session, {"title": info["title"]})
    if "metadata" in given:
        info["metadata"] = cast("JsonObject", given["metadata"])
        yield _changed(world, session, {"metadata": info["metadata"]}, rules=True)
    if "permission" in given:
        info["permission"] = [*info.get("permission", []), *cast("list[JsonObject]", given["permission"])]
        yield _changed(world, session, {"permission": cast("JsonValue", info["permission"])}, rules=True)
    archived = cast("dict[str, int]", given.get("time", {})).get("archived")
    if archived is not None:
        info["time"]["archived"] = archived
        yield _changed(world, session, {"time": {"archived": archived}})


def _changed(world: World, session: Session, change: JsonObject, *, rules: bool = False) -> Event:
    touches = world.behaviours.update_touches
    if touches == "always" or (touches == "rules" and rules):
        world.touch(session)
    if rules:
        change = {**change, "time": {"updated": session.info["time"]["updated"]}}
    return session_updated(world, session, change)


async def delete(app: App, incoming: Incoming) -> Outgoing:
    """``DELETE /session/{sessionID}``: true; older versions say so too where there was none. Children go first."""
    checks.parameters(incoming, schemas.SESSION)
    session = known(app, incoming)
    if session is not None:
        _remove(app, session)
    elif app.world.behaviours.deleting_missing_refused:
        raise Refused(not_found(app, incoming))
    return answer(True)


def _remove(app: App, session: Session) -> None:
    for child in _children(app, session.id):
        _remove(app, child)
    app.world.store.remove(session.id, written=app.driver.writes(session.id))
    for happened in session_deleted(app.world, session):
        app.publish(happened, session.info["directory"])


async def abort(app: App, incoming: Incoming) -> Outgoing:
    """``POST /session/{sessionID}/abort``: true, whether or not there was anything to abort."""
    checks.unchecked(incoming, schemas.SESSION)
    ended = app.driver.abort(incoming.parameters["sessionID"], incoming.directory)
    if ended is not None and app.world.behaviours.abort_waits:
        await asyncio.wait([ended])
    return answer(True)


async def children(app: App, incoming: Incoming) -> Outgoing:
    """``GET /session/{sessionID}/children``; older versions list also those of a session that is no more."""
    checks.parameters(incoming, schemas.SESSION)
    if app.world.behaviours.missing_session_refused:
        find(app, incoming)
    return answer([session.info for session in _children(app, incoming.parameters["sessionID"])])


def _children(app: App, parent_id: str) -> list[Session]:
    found = app.world.store.children(parent_id)
    return found[::-1] if app.world.behaviours.children_oldest_first else found


async def diff(app: App, incoming: Incoming) -> Outgoing:
    """``GET /session/{sessionID}/diff``: the files that the whole session changed, or one prompt of it."""
    checks.parameters(incoming, schemas.SESSION)
    checks.query(incoming, schemas.DIFF)
    session, message_id = app.world.store.find(incoming.parameters["sessionID"]), incoming.query.get("messageID")
    if message_id is not None and app.world.behaviours.diff_of_prompts:
        if session is None:
            raise Refused(errors.unknown("no such session"))
        return answer(prompt_diff(session, message_id))
    return answer(session.diff if session is not None else [])


def known(app: App, incoming: Incoming) -> Session | None:
    """The session that the path names, where the version finds it for the request's directory."""
    session_id = incoming.parameters["sessionID"]
    if app.world.behaviours.sessions_found_anywhere:
        return app.world.store.find(session_id)
    return app.world.store.get(session_id, app.world.project(incoming.directory))


def not_found(app: App, incoming: Incoming) -> Problem:
    """The session that the path names is not there."""
    return errors.session_not_found(app.world.project(incoming.directory), incoming.parameters["sessionID"])


def find(app: App, incoming: Incoming) -> Session:
    """The session that the path names. Refused with 404 without it."""
    session = known(app, incoming)
    if session is None:
        raise Refused(not_found(app, incoming))
    return session
