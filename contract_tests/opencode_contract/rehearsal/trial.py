"""What is done on the data once the new version is there: going on with a session, and going back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from opencode_contract.errors import ServerGone, TargetError
from opencode_contract.evidence import Json
from opencode_contract.rehearsal.judgement import Finding, judge, losses
from opencode_contract.rehearsal.premises import Running
from opencode_contract.rehearsal.snapshot import JsonObject, Place, Snapshot, ToldSession
from opencode_contract.rehearsal.wire import object_of
from opencode_fake.scripted_model.request import ChatMessage
from opencode_fake.scripts.pricing import MODEL_ID, PROVIDER_ID

PROMPT = "Let us go on where we were."
CONTINUED = 3
"""Sessions that are gone on with, at most."""


@dataclass(frozen=True, slots=True)
class Continuation:
    """A prompt to a session from before."""

    place: Place
    answered: bool
    known: int
    """How many of the earlier prompts the model was told."""
    earlier: int
    evidence: str = ""

    @property
    def holds(self) -> bool:
        """Whether it was answered, and the model knew what had been said."""
        return self.answered and (self.known > 0 or not self.earlier)


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What the new version did to the data, beyond reading it."""

    continuations: tuple[Continuation, ...]
    created: Place | None
    """A session that it made, with a prompt and its answer."""


@dataclass(frozen=True, slots=True)
class WayBack:
    """What the old version sees when it is started again on the data that the new one has used."""

    findings: tuple[Finding, ...]
    sees_new: bool
    """The session that the new version made."""
    continued: int
    """Sessions whose continuation it sees."""
    to_see: int
    """Sessions that were gone on with."""
    trouble: str = ""
    """Why it did not start."""

    @property
    def lost(self) -> tuple[Finding, ...]:
        """What is gone of what was there before the upgrade."""
        return losses(self.findings)

    @property
    def sees_all(self) -> bool:
        """Whether it sees what was done since, too."""
        return self.keeps_old and self.sees_new and self.continued == self.to_see

    @property
    def keeps_old(self) -> bool:
        """Whether all from before the upgrade is there."""
        return not self.trouble and not self.lost


def to_continue(snapshot: Snapshot) -> list[ToldSession]:
    """A session of each directory, those with most prompts; none that is below another."""
    best: dict[str, ToldSession] = {}
    for session in sorted(snapshot.sessions.values(), key=lambda each: -len(_prompts(each.messages or ()))):
        if session.there and session.messages and session.info is not None and "parentID" not in session.info:
            best.setdefault(session.place.directory, session)
    return list(best.values())[:CONTINUED]


async def use(server: Running, sessions: Sequence[ToldSession], directory: str) -> Aftermath:
    """Goes on with sessions, and makes a new one."""
    continuations = [await _go_on(server, session) for session in sessions]
    made = object_of(await server.ask("POST", "/session", directory, {"title": "Made after the upgrade"}))
    if made is None:
        return Aftermath(tuple(continuations), None)
    place = Place(str(made["id"]), directory)
    await _prompt(server, place)
    return Aftermath(tuple(continuations), place)


def way_back(before: Snapshot, after: Snapshot, aftermath: Aftermath) -> WayBack:
    """Judges what the old version tells in the end."""
    created = aftermath.created
    new = after.sessions.get(created.session_id) if created else None
    seen = [after.sessions.get(each.place.session_id) for each in aftermath.continuations if each.answered]
    gone_on = {each.place.session_id for each in aftermath.continuations}
    return WayBack(
        # A session that was gone on with has a right to another cost, model or title.
        tuple(
            finding
            for finding in judge(before, after)
            if not (finding.session in gone_on and finding.where.startswith("session."))
        ),
        sees_new=new is not None and new.there and bool(new.messages),
        continued=sum(session is not None and PROMPT in _prompts(session.messages or ()) for session in seen),
        to_see=len(seen),
    )


def no_way_back(problem: TargetError) -> WayBack:
    """The old version does not even start."""
    return WayBack((), sees_new=False, continued=0, to_see=0, trouble=str(problem))


async def _go_on(server: Running, session: ToldSession) -> Continuation:
    trouble = await _prompt(server, session.place)
    earlier = _prompts(session.messages or ())
    asked = [request for request in server.model.requests if request.prompt == PROMPT and request.purpose == "prompt"]
    told = _texts(asked[-1].messages) if asked else ""
    known = sum(prompt in told for prompt in earlier)
    return Continuation(session.place, not trouble, known, len(earlier), trouble)


async def _prompt(server: Running, place: Place) -> str:
    """Prompts a session; returns what went wrong, or nothing."""
    server.model.requests.clear()
    model: Json = {"providerID": PROVIDER_ID, "modelID": MODEL_ID}
    # Model and agent are named: those of a session from elsewhere are not there.
    body: Json = {"parts": [{"type": "text", "text": PROMPT}], "model": model, "agent": "build"}
    try:
        answer = await server.ask("POST", f"/session/{place.session_id}/message", place.directory, body)
    except ServerGone as problem:
        return str(problem)
    message = object_of(answer)
    info = message.get("info") if message else None
    completed = isinstance(info, dict) and not info.get("error") and bool(message and message.get("parts"))
    return "" if completed else server.describe(answer)


def _prompts(messages: Iterable[JsonObject]) -> list[str]:
    """The texts of the user's messages."""
    found = []
    for message in messages:
        info, parts = message.get("info"), message.get("parts")
        if isinstance(info, dict) and info.get("role") == "user" and isinstance(parts, list):
            found += [
                str(part["text"])
                for part in parts
                if isinstance(part, dict) and part.get("type") == "text" and not part.get("synthetic")
            ]
    return [text for text in found if text]


def _texts(messages: Iterable[ChatMessage]) -> str:
    return "\n".join(message.text for message in messages)
