"""The whole of it: a machine with the recipe, and the edge before it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from opencode_contract.local import Lodging
from opencode_contract.standin.certificates import Certificates
from opencode_contract.standin.edge import IDLE_SECONDS, Edge
from opencode_contract.standin.machine import Machine, MachineSetup
from opencode_contract.standin.troubles import Trouble
from opencode_contract.targets.contract_script import contract_script
from opencode_fake.scripted_model import ScriptedModel
from opencode_fake.scripts import Script

PREFIX = "/opencode"


class StandIn:
    """A deployment on this machine: ``async with StandIn(executable) as standin``.

    The machine is not started before the first connection, as on Fly.
    """

    def __init__(
        self,
        executable: Path,
        *,
        script: Script | None = None,
        idle_seconds: float = IDLE_SECONDS,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.password = SecretStr(secrets.token_urlsafe(24))
        self._executable = executable
        self._script = script or contract_script()
        self._idle_seconds = idle_seconds
        self._environment = environment or {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Makes the machine, and opens the edge."""
        async with AsyncExitStack() as stack:
            lodging = stack.enter_context(Lodging())
            model = await stack.enter_async_context(ScriptedModel(self._script, directory=str(lodging.workspace)))
            config = lodging.home / "opencode.json"
            config.write_text(json.dumps(model.opencode_config()), encoding="utf-8")
            environment = {**model.environment(lodging.home), **self._environment}
            self.machine = Machine(MachineSetup(lodging, self._executable, self.password, config, environment))
            stack.push_async_callback(self.machine.stop)
            self.certificates = Certificates(lodging.folder)
            self.edge = Edge(self.machine, self.certificates, idle_seconds=self._idle_seconds)
            await stack.enter_async_context(self.edge)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends it all."""
        await self._stack.aclose()

    @property
    def url(self) -> str:
        """Where it is, with the prefix."""
        return f"https://{self.edge.host}:{self.edge.port}{PREFIX}"

    @property
    def environment(self) -> Mapping[str, str]:
        """What a program that talks to it needs in its environment."""
        return {
            **os.environ,
            "OPENCODE_SERVER_PASSWORD": self.password.get_secret_value(),
            "SSL_CERT_FILE": str(self.certificates.authority),
        }

    async def suffer(self, trouble: Trouble | None, times: int | None = None) -> None:
        """Makes ``trouble`` from now on, or for so many connections; None ends it. Open connections are cut."""
        await self.edge.suffer(trouble, times)
