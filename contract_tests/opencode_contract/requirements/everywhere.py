"""The stream of all directories, ``/global/event``."""

from __future__ import annotations

from opencode_contract.evidence import Value
from opencode_contract.requirements.requirement import requirement
from opencode_contract.targets import Level, Subject
from opencode_contract.targets.event_log import Event

_MEASURED = "measured: 1.1.34 to 1.18.34"


async def created(subject: Subject) -> tuple[Value, Event, Event]:
    """A session, what all directories hear of it, and what its own does."""
    await subject.everywhere.open()
    await subject.events.open()
    session = await subject.create_session()

    def is_it(event: Event) -> bool:
        return event.type == "session.created" and event.session_id == session["id"].json

    wrapped = await subject.everywhere.wait_for(is_it, "session.created")
    return session, wrapped, await subject.events.wait_for(is_it, "session.created")


@requirement("everywhere.first", Level.READ, _MEASURED)
async def first(subject: Subject) -> None:
    """The first event of /global/event is server.connected, in a wrapping that names no directory."""
    await subject.everywhere.wait_for(lambda _: True, "an event as soon as it is open")
    event = subject.everywhere.events[0]
    event.value["payload.type"].equals("server.connected")
    event.value.lacks("directory")


@requirement("everywhere.wrapped", Level.WRITE, _MEASURED)
async def wrapped(subject: Subject) -> None:
    """An event of a directory is the payload of an object that names the directory."""
    session, event, _ = await subject.once(created)
    event.value["directory"].equals(session["directory"].json)
    event.value["payload.properties.info.id"].equals(session["id"].json)
    event.value.lacks("type")


@requirement("everywhere.same", Level.WRITE, _MEASURED, until="1.15.0")
async def same(subject: Subject) -> None:
    """The payload is the event that /event sends, with the same properties."""
    _, everywhere, own = await subject.once(created)
    own.value.equals(everywhere.value["payload"].json)


@requirement("everywhere.project", Level.WRITE, _MEASURED, since="1.14.34")
async def project(subject: Subject) -> None:
    """The wrapping names the project of the session, too."""
    session, event, _ = await subject.once(created)
    event.value["project"].equals(session["projectID"].json)


@requirement("everywhere.history", Level.WRITE, _MEASURED, since="1.14.34")
async def history(subject: Subject) -> None:
    """What is kept of a session is said a second time, as an entry of its history."""
    session, _, _ = await subject.once(created)
    entry = await subject.everywhere.wait_for(
        lambda event: event.type == "sync" and event.payload["syncEvent.aggregateID"].json == session["id"].json,
        "an entry of the session's history",
    )
    entry.payload["syncEvent.type"].equals("session.created.1")
    entry.payload["syncEvent.data.info.id"].equals(session["id"].json)


@requirement("everywhere.event-ids", Level.WRITE, _MEASURED, since="1.14.34")
async def event_ids(subject: Subject) -> None:
    """Every event has an id: evt_, 12 hexadecimal digits and 14 letters or digits."""
    _, _, own = await subject.once(created)
    for event in (subject.events.events[0], own):
        event.value["id"].matches("evt_[0-9a-f]{12}[0-9A-Za-z]{14}", "evt_ with 12 hexadecimal and 14 other characters")


@requirement("everywhere.names-session", Level.WRITE, _MEASURED, since="1.14.34")
async def names_session(subject: Subject) -> None:
    """The event of a session names the session beside showing it."""
    session, _, own = await subject.once(created)
    own.properties["sessionID"].equals(session["id"].json)
