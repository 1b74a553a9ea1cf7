"""Sessions of all kinds, written by a server for a rehearsal that has none of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import resources
from typing import TypeVar

import httpx

from opencode_contract.errors import TargetError
from opencode_contract.evidence import Json
from opencode_contract.rehearsal.premises import Premises, Running
from opencode_contract.rehearsal.wire import described, object_of, objects_of
from opencode_fake.scripts import Script, loads_script

_T = TypeVar("_T")

NAME = "script.yaml"
ENDLESS = "never come to an end"
RUN_SECONDS = 60.0
POLL_SECONDS = 0.05
ARCHIVED = 1_700_000_000_000
FORM: Json = {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]}
PICTURE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def rehearsal_script() -> Script:
    """What the model answers while sessions are written and continued."""
    text = resources.files("opencode_contract.rehearsal").joinpath(NAME).read_text(encoding="utf-8")
    return loads_script(text, NAME)


class Writer:
    """Writes sessions, and knows which is which."""

    def __init__(self, server: Running, premises: Premises) -> None:
        self.kinds: dict[str, str] = {}
        """What each session is an example of, by its id."""
        self._server = server
        self._premises = premises
        self._workspace = str(premises.workspace)

    async def write(self, kind: str) -> None:
        """Writes a session of this kind, with what belongs to it."""
        await KINDS[kind](self)

    async def conversation(self) -> None:
        """Two prompts with their answers."""
        await self._prompted("conversation", "first question", "second question")

    async def tools(self) -> None:
        """A reply that uses tools."""
        await self._prompted("tools", "use your tools")

    async def subagent(self) -> None:
        """A reply that a subagent helps with, in a child session."""
        session = await self._prompted("subagent", "hand it over")
        answer = await self._server.ask("GET", f"/session/{session}/children", self._workspace)
        self.kinds |= {str(child["id"]): "subagent's child" for child in _done(answer, objects_of)}

    async def fork(self) -> None:
        """A session, and a fork of it."""
        origin = await self._prompted("origin of the fork", "first question", "second question")
        answer = await self._server.ask("POST", f"/session/{origin}/fork", self._workspace, {})
        self.kinds[str(_done(answer, object_of)["id"])] = "fork"

    async def child(self) -> None:
        """A session, and one below it."""
        parent = await self._prompted("parent", "first question")
        await self._prompted("child", "second question", parentID=parent)

    async def renamed(self) -> None:
        """A session with another title."""
        session = await self._prompted("renamed", "first question")
        await self._change(session, {"title": "Another title: ünïcödé"})

    async def archived(self) -> None:
        """A session that was put away."""
        session = await self._prompted("archived", "first question")
        await self._change(session, {"time": {"archived": ARCHIVED}})

    async def elsewhere(self) -> None:
        """Sessions of another project, and of a directory that is none."""
        await self._prompted("another project", "first question", directory=str(self._premises.other))
        await self._prompted("outside of projects", "first question", directory=str(self._premises.outside))

    async def attachment(self) -> None:
        """A prompt with a picture."""
        session = await self._create("attachment", self._workspace)
        picture: Json = {"type": "file", "mime": "image/gif", "filename": "dot.gif", "url": PICTURE}
        await self._prompt(session, "first question", self._workspace, parts=[picture])

    async def failed(self) -> None:
        """A reply that ended in an error."""
        await self._prompted("failed", "ask a provider that refuses")

    async def structured(self) -> None:
        """A reply in a form that the prompt asked for; versions that know none take it for an ordinary prompt."""
        session = await self._create("structured", self._workspace)
        form: Json = {"type": "json_schema", "schema": FORM}
        await self._prompt(session, "fill in the form", self._workspace, format=form)

    async def interrupted(self) -> None:
        """A reply that is under way when the server stops."""
        session = await self._create("interrupted", self._workspace)
        body: Json = {"parts": [{"type": "text", "text": ENDLESS}]}
        answer = await self._server.ask("POST", f"/session/{session}/prompt_async", self._workspace, body)
        _done(answer, lambda each: each.is_success or None)
        try:
            async with asyncio.timeout(RUN_SECONDS):
                await self._asked(ENDLESS)
        except TimeoutError as problem:
            raise TargetError(f"the server did not ask the model within {RUN_SECONDS:.0f} s") from problem

    async def _asked(self, prompt: str) -> None:
        # The model keeps what it was asked, and tells nobody.
        while not any(request.prompt == prompt for request in self._server.model.requests):  # noqa: ASYNC110
            await asyncio.sleep(POLL_SECONDS)

    async def _prompted(self, kind: str, *prompts: str, directory: str = "", **fields: Json) -> str:
        directory = directory or self._workspace
        session = await self._create(kind, directory, **fields)
        for prompt in prompts:
            await self._prompt(session, prompt, directory)
        return session

    async def _create(self, kind: str, directory: str, **fields: Json) -> str:
        session = str(_done(await self._server.ask("POST", "/session", directory, fields), object_of)["id"])
        self.kinds[session] = kind
        return session

    async def _prompt(
        self, session: str, prompt: str, directory: str, parts: Sequence[Json] = (), **fields: Json
    ) -> None:
        body: Json = {"parts": [{"type": "text", "text": prompt}, *parts], **fields}
        answer = await self._server.ask("POST", f"/session/{session}/message", directory, body)
        _done(answer, object_of)

    async def _change(self, session: str, change: Json) -> None:
        _done(await self._server.ask("PATCH", f"/session/{session}", self._workspace, change), object_of)


def _done(answer: httpx.Response, read: Callable[[httpx.Response], _T | None]) -> _T:
    found = read(answer)
    if found is None:
        raise TargetError(f"the server could not write sessions for the rehearsal: {described(answer, private=False)}")
    return found


KINDS: Mapping[str, Callable[[Writer], Awaitable[None]]] = {
    # The one that never ends comes last: nothing is to wait for it.
    each.__name__: each
    for each in (
        Writer.conversation,
        Writer.tools,
        Writer.subagent,
        Writer.fork,
        Writer.child,
        Writer.renamed,
        Writer.archived,
        Writer.elsewhere,
        Writer.attachment,
        Writer.failed,
        Writer.structured,
        Writer.interrupted,
    )
}
