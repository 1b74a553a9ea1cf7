"""What a real server says of its interface (OpenAPI) is a second witness to what the fake answers.

Cases of the measure are performed on the fake, and each answer and each event has to fit the description, or else
what ``document_amendments.yaml`` says that the real server sends instead; the same run on a real server proves that.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias, cast

import httpx
import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from opencode_contract.document import kept
from opencode_contract.fidelity.cases.catalogue import chosen
from opencode_contract.fidelity.cases.model import Case, case
from opencode_contract.fidelity.cast import Cast
from opencode_contract.fidelity.stages import USERNAME, Stage, fake_stage, fidelity_script, real_stage
from opencode_contract.fidelity.steps import get, post
from opencode_contract.local import given_binary
from opencode_fake import FakeServer, VirtualClock
from opencode_fake.run.answer import Answer
from opencode_fake.server import errors
from opencode_fake.server.frames import Letter
from opencode_fake.state.store import Session
from opencode_fake.state.world import World
from opencode_fake.surroundings.document import pruned, reached, stored

pytestmark = pytest.mark.system

VERSIONS = ("1.1.53", "1.18.34")
AMENDMENTS: dict[str, list[dict[str, Any]]] = YAML(typ="safe").load(
    Path(__file__).with_name("document_amendments.yaml")
)
BINARY = os.environ.get("OPENCODE_TESTKIT_BINARY", "")
Change: TypeAlias = Callable[[Any], object]
"""From what is there to what is put in its place."""
STREAMS = ("/event", "/global/event")
HEARTBEAT_SECONDS = 35
CASES = (
    "health,list.all,create.title,patch.title,delete.with-children,children.two,fresh.*,message.*,messages.pages,"
    "async.plain,run.thinking,run.two-at-once,run.failing-bash,run.write-and-edit,run.refused,run.boom,prompt.no-reply,"
    "prompt.own-id,prompt.agent-part,prompt.unknown-agent,talk.diffs,abort.text,abort.tool,abort.retry,busy.shell,"
    "busy.revert,busy.delete-message,ask.once,ask.old-once,ask.reject-with-message,question.label,question.reject,"
    "tool.*,fork.at-second-prompt,revert.files,revert.then-prompt,unrevert.after-revert,delete-message.user,"
    "delete-part.text,patch-part.text,shell.fresh,summarize.fresh,init.fresh,command.review,"
    # and what goes wrong
    "*.session-missing,*.session-no-prefix,*.request-*,*.message-missing,*.body-empty-object,*.body-malformed,"
    "*.body-text-plain"
)
"""Each route with a good answer, and with the errors that it knows; each event."""
QUERIES = {
    "/file": "?path=.",
    "/file/content": "?path=note.txt",
    "/find": "?pattern=two",
    "/find/file": "?query=note",
    "/find/symbol": "?query=x",
    "/experimental/tool": "?provider=scripted&model=script-1",
}
EVENTS = frozenset({
    *("session.created", "session.updated", "session.deleted", "session.status", "session.idle", "session.diff"),
    *("session.error", "session.compacted", "message.updated", "message.removed", "message.part.updated"),
    *("message.part.removed", "permission.asked", "permission.replied", "question.asked", "question.replied"),
    *("question.rejected", "todo.updated", "command.executed", "file.edited", "server.connected", "server.heartbeat"),
})  # fmt: skip
MORE_EVENTS = {
    "1.1.53": frozenset[str](),
    "1.18.34": frozenset(
        {"/event message.part.delta", "/event plugin.added", "/global/event plugin.added", "/global/event sync"}
    ),
}
NEVER_GOOD = {
    "1.1.53": frozenset({"POST /session/{sessionID}/share", "DELETE /session/{sessionID}/share"}),
    "1.18.34": frozenset({"POST /session/{sessionID}/share"}),
}
"""Nothing is shared: that needs the maker's own site."""
NEEDS_NETWORK = frozenset({"GET /find"})
"""What a real server has no good answer to on a machine without ripgrep, which it would fetch."""


@dataclass
class Witness:
    """Holds what a server sends against its description, and keeps what does not fit."""

    document: dict[str, Any]
    amendments: list[dict[str, Any]]
    seen: set[str] = field(default_factory=set)
    """What was held against the description, by method, path and status, or by stream and type."""
    faults: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    """The amendments that were needed."""
    beaten: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when both streams have said a heartbeat."""
    _checks: dict[str, Any] = field(default_factory=dict)
    _operations: list[tuple[str, str, re.Pattern[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path in sorted(self.document["paths"], key=lambda each: str(each).count("{")):
            pattern = re.compile(re.sub(r"\\{[^}]*}", "[^/]+", re.escape(path)))
            self._operations += [(method, path, pattern) for method in self.document["paths"][path]]

    async def note(self, response: httpx.Response) -> None:
        """Looks at an answer to any of the described requests."""
        found = self._operation(response.request)
        if found is None or response.status_code == httpx.codes.UNAUTHORIZED:
            return
        await response.aread()
        method, path = found
        told = self.document["paths"][path][method]["responses"].get(str(response.status_code))
        is_json = response.headers.get("Content-Type") == "application/json" and response.content
        value = response.json() if is_json else response.text
        self.look(f"{method.upper()} {path} {response.status_code}", _schema(told), value)

    def hear(self, path: str, event: dict[str, Any]) -> None:
        """Looks at an event of a stream, in its wrapping if it has one."""
        told = self.document["paths"][path]["get"]["responses"]["200"]["content"]["text/event-stream"]["schema"]
        self.look(f"{path} {event.get('payload', event)['type']}", told, event)
        if {f"{path} server.heartbeat" for path in STREAMS} <= self.seen:
            self.beaten.set()

    def look(self, where: str, described: dict[str, Any], value: object) -> None:
        """Holds a value against what is described, or else against what is known to come instead."""
        self.seen.add(where)
        check = self._check(where, described)
        if check.is_valid(value):
            return
        for amendment in self.amendments:
            name = named(amendment)
            if re.fullmatch(amendment["where"], where) and self._check(name, amendment["instead"]).is_valid(value):
                self.used.add(name)
                return
        problems = [f"{each.instance_path} {each.message[:300]}" for each in check.iter_errors(value)]
        self.faults.add(f"{where}: {'; '.join(problems)}")

    def _check(self, name: str, schema: dict[str, Any]) -> Any:
        if name not in self._checks:
            known = reached(schema, self.document["components"]["schemas"])
            self._checks[name] = jsonschema_rs.validator_for({**schema, "components": {"schemas": known}})
        return self._checks[name]

    def _operation(self, request: httpx.Request) -> tuple[str, str] | None:
        asked = request.extensions.get("target", request.url.raw_path).decode().partition("?")[0]
        for method, path, pattern in self._operations:
            if path not in STREAMS and method == request.method.lower() and pattern.fullmatch(asked):
                return method, path
        return None


def _schema(told: dict[str, Any] | None) -> dict[str, Any]:
    """What a body has to be: nothing is right where the status is not described, no body where none is."""
    if told is None:
        return {"not": {}}
    found: dict[str, Any] = told.get("content", {}).get("application/json", {}).get("schema", {"const": ""})
    return found


def named(amendment: dict[str, Any]) -> str:
    """An amendment as reports name it."""
    return f"{amendment['where']}: {amendment['reason']}"


def described(version: str) -> dict[str, Any]:
    """What the real server of the version says of the routes that the fake serves."""
    document: dict[str, Any] = pruned(stored(version), FakeServer(version=version)._app.routes)
    return document


def surroundings(document: dict[str, Any]) -> Case:
    """Asks for whatever is described and is not about a session."""
    paths = [path for path, methods in document["paths"].items() if "get" in methods and "{" not in path]
    asked = [get(f"{path}{QUERIES.get(path, '')}") for path in paths if path not in STREAMS]
    logged = post("/log", {"service": "s", "level": "info", "message": "m"})
    places = (get("/project/current", project="id"), get("/project/{project}/directories"))
    second = (post("/session", {}, own="id"), get("/api/session/{own}"))
    return case("surroundings", "any path", "good input", asked, logged, places, second, alone=True)


@asynccontextmanager
async def listening(stage: Stage, witness: Witness, path: str) -> AsyncIterator[None]:
    """Lets the witness hear all that a stream says, from its first event on."""
    opened = asyncio.Event()

    async def listen() -> None:
        timeout = httpx.Timeout(20, read=None)
        async with stage.http.stream("GET", path, auth=_auth(stage), timeout=timeout) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    witness.hear(path, json.loads(line.removeprefix("data: ")))
                    opened.set()

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(listen())
        await opened.wait()
        yield
        task.cancel()


def _auth(stage: Stage) -> httpx.Auth:
    return httpx.BasicAuth(USERNAME, stage.password.get_secret_value())


async def perform(
    stage: Stage, witness: Witness, cases: tuple[Case, ...], quiet: float, *, patient: bool = False
) -> None:
    """Lets the witness see the cases on a stage."""
    stage.http.event_hooks["response"].append(witness.note)
    async with listening(stage, witness, "/event"), listening(stage, witness, "/global/event"):
        players, gate = Cast(stage, quiet), asyncio.Semaphore(8)
        await players.prepare()

        async def play(one: Case) -> None:
            async with gate:
                await players.play(one)

        alone = [one for one in cases if one.alone]
        await asyncio.gather(*(play(one) for one in cases if one not in alone))
        for one in alone:
            await play(one)
        if patient:
            # A real 1.1.53 says the first heartbeat 30 s after the stream was opened.
            await asyncio.wait_for(witness.beaten.wait(), HEARTBEAT_SECONDS)


def missing(witness: Witness, version: str) -> set[str]:
    """The described routes of which the witness saw no good answer, and the events that it did not see."""
    routes = {
        f"{method.upper()} {path}"
        for path, methods in witness.document["paths"].items()
        for method in methods
        if path not in STREAMS
    }
    good = {where.rpartition(" ")[0] for where in witness.seen if re.search(r" 2\d\d$", where)}
    events = {f"{path} {kind}" for path in STREAMS for kind in EVENTS} | MORE_EVENTS[version]
    return (routes - good - NEVER_GOOD[version]) | (events - witness.seen)


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_fake_fits_the_description(version: str) -> None:
    """All that the fake sends fits what the real server says of itself, or is known to come instead."""
    async with fake_stage(version, fidelity_script(), VirtualClock()) as stage:
        witness = Witness(described(version), AMENDMENTS[version])
        await perform(stage, witness, (*chosen(CASES), surroundings(witness.document)), quiet=0.03)
    assert witness.faults == set()
    assert missing(witness, version) == set()
    shown = {named(amendment) for amendment in witness.amendments if amendment.get("only_on") != "real"}
    assert shown - witness.used == set()


@pytest.mark.local
@pytest.mark.skipif(not BINARY, reason="OPENCODE_TESTKIT_BINARY names no OpenCode executable")
async def test_the_real_server_fits_the_description_as_amended() -> None:
    """What the fake is held against is what the real server says of itself, and the amendments are its own doing."""
    binary = given_binary(Path(BINARY))
    if binary.version not in AMENDMENTS:
        pytest.skip(f"the description of {binary.version} is not kept")
    async with real_stage(binary, fidelity_script()) as stage:
        document = (await stage.http.get("/doc", auth=_auth(stage))).json()
        assert kept(document) == stored(binary.version)
        witness = Witness(described(binary.version), AMENDMENTS[binary.version])
        await perform(stage, witness, (*chosen(CASES), surroundings(witness.document)), quiet=0.3, patient=True)
    assert witness.faults == set()
    assert missing(witness, binary.version) <= NEEDS_NETWORK
    assert {named(amendment) for amendment in witness.amendments} - witness.used == set()


def session_without(key: str) -> Change:
    """Makes sessions without a key."""

    def change(original: Callable[..., Session]) -> Callable[..., Session]:
        def create(*args: object, **more: object) -> Session:
            session = original(*args, **more)
            cast("dict[str, Any]", session.info).pop(key)
            return session

        return create

    return change


def result(change: Callable[[Any], object]) -> Change:
    """Changes what a function returns."""
    return lambda original: lambda *args, **more: change(original(*args, **more))


def reworded(**changed: Any) -> Change:
    """Changes how an error is answered."""
    return result(lambda problem: lambda behaviours: replace(problem(behaviours), **changed))


@pytest.mark.parametrize(
    ("owner", "attribute", "change", "pattern", "found"),
    [
        (World, "create_session", session_without("slug"), "fresh.get", "GET /session/{sessionID} 200: [] "),
        (World, "create_session", session_without("slug"), "fresh.get", "/event session.created"),
        (errors, "session_not_found", reworded(status=410), "get.session-missing", "GET /session/{sessionID} 410"),
        (errors, "session_not_found", reworded(body=b"{}"), "get.session-missing", "GET /session/{sessionID} 404"),
        (errors, "malformed", reworded(body=b"Malformed"), "create.body-malformed", "POST /session 400"),
        (errors, "unknown", reworded(body=b"{}"), "messages.session-no-prefix", "GET /session/{sessionID}/message 500"),
        (Answer, "_tokens", result(lambda _: {"input": 1}), "run.plain", "POST /session/{sessionID}/message 200"),
        (Letter, "_payload", result(lambda text: text.replace("sessionID", "session")), "fresh.get", "/event session"),
        (Letter, "_where", result(lambda _: ""), "fresh.get", "/global/event session.created: [] "),
    ],
)
async def test_the_witness_sees(
    monkeypatch: pytest.MonkeyPatch, owner: object, attribute: str, change: Change, pattern: str, found: str
) -> None:
    """A fake that sends something else is found, and the route or the event is named."""
    monkeypatch.setattr(owner, attribute, change(getattr(owner, attribute)))
    async with fake_stage("1.1.53", fidelity_script(), VirtualClock()) as stage:
        witness = Witness(described("1.1.53"), AMENDMENTS["1.1.53"])
        await perform(stage, witness, chosen(pattern), quiet=0.01)
    assert any(fault.startswith(found) for fault in witness.faults), witness.faults


def test_amendments_have_reasons() -> None:
    """Every amendment says what the real server does."""
    assert all(len(amendment["reason"]) > 10 for amendments in AMENDMENTS.values() for amendment in amendments)
