"""The two stages that are driven side by side: a real server, and the fake as the same version."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from types import TracebackType
from typing import Self

import httpx
from pydantic import SecretStr

from opencode_contract.errors import BadTarget
from opencode_contract.fidelity.clock import TellingClock
from opencode_contract.fidelity.stream import EventLog
from opencode_contract.local import Binary, LocalServer, Lodging
from opencode_fake import Clock, FakeServer, UnknownVersion
from opencode_fake.scripted_model import ScriptedModel
from opencode_fake.scripts import Script, loads_script
from opencode_fake.scripts.model import DOCUMENT_WORKSPACE, JsonObject, JsonValue
from opencode_fake.state.world import DATA_DIRECTORY
from opencode_fake.surroundings.offerings import known_commands
from opencode_fake.versions import behaviours

USERNAME = "opencode"
REQUEST_SECONDS = 40.0
_PASSWORD = "opens-nothing-but-the-fake"  # noqa: S105 - just that


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of a stage, each by the role that it plays."""

    workspace: str
    data: str
    temporary: str


class Stage:
    """A running server, what is known of it, and the connections to it."""

    def __init__(
        self,
        name: str,
        version: str,
        url: str,
        password: SecretStr,
        places: Places,
        *,
        username: str = USERNAME,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.name = name
        self.version = version
        self.url = url
        self.password = password
        self.places = places
        self.username = username
        self.http = http or httpx.AsyncClient(
            base_url=url,
            trust_env=False,
            verify=False,  # noqa: S501 - loopback without TLS
            timeout=REQUEST_SECONDS,
            headers={"Accept-Encoding": "identity"},
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        )
        self.log = self.listen("/event")
        self._stack = AsyncExitStack()

    def listen(self, path: str) -> EventLog:
        """An event stream, not yet opened."""
        return EventLog(self.http, self.credentials, f"{self.url}{path}")

    @property
    def credentials(self) -> httpx.Auth:
        """What lets us in."""
        return httpx.BasicAuth(self.username, self.password.get_secret_value())

    def build(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> httpx.Request:
        """A request whose path is sent to the letter: httpx would tidy up what a case wants untidy."""
        extensions = {"target": path.encode()}
        return self.http.build_request(method, f"{self.url}/", content=content, headers=headers, extensions=extensions)

    async def __aenter__(self) -> Self:
        """Opens the connections; the event stream is read from now on."""
        await self._stack.enter_async_context(self.http)
        await self._stack.enter_async_context(self.log)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the connections."""
        await self._stack.aclose()


def fidelity_script() -> Script:
    """What the assistant does for the prompts of the cases, on either stage."""
    name = "script.yaml"
    text = resources.files("opencode_contract.fidelity").joinpath(name).read_text(encoding="utf-8")
    return loads_script(text, name)


@asynccontextmanager
async def real_stage(binary: Binary, script: Script, **config: JsonValue) -> AsyncIterator[Stage]:
    """The real server, with the scripted model as its only one; ``config`` is added to its configuration."""
    with Lodging() as lodging:
        async with (
            ScriptedModel(script, directory=str(lodging.workspace)) as model,
            LocalServer(
                binary,
                lodging,
                config=model.opencode_config(command=_stand_ins(binary.version), **config),
                environment=model.environment(lodging.home),
            ) as server,
        ):
            places = Places(
                workspace=str(lodging.workspace),
                data=str(lodging.home / "share" / "opencode"),
                temporary=str(lodging.folder),
            )
            async with Stage("real", binary.version, server.url, server.password, places) as stage:
                yield stage


def _stand_ins(version: str) -> JsonObject:
    """The server's commands with the fake's templates, for what comes of them is compared, not the maker's texts."""
    told = {"template", "description", "subtask"}
    return {
        str(command["name"]): {key: value for key, value in command.items() if key in told}
        for command in known_commands(behaviours(version))
        if command["source"] == "command"
    }


@asynccontextmanager
async def fake_stage(version: str, script: Script, clock: Clock | None = None) -> AsyncIterator[Stage]:
    """The fake as ``version``, at real speed unless there is another clock."""
    try:
        fake = FakeServer(script, version=version, password=_PASSWORD, clock=clock or TellingClock(), base_path="")
    except UnknownVersion as problem:
        raise BadTarget(str(problem)) from problem
    async with fake as server:
        places = Places(workspace=DOCUMENT_WORKSPACE, data=DATA_DIRECTORY, temporary="/tmp/opencode-fake")  # noqa: S108
        async with Stage("fake", version, server.url, SecretStr(_PASSWORD), places) as stage:
            yield stage
