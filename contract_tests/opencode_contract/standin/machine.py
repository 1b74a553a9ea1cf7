"""The machine that the recipe of ``deploy/fly`` runs on, whose entry script is taken as it is."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from opencode_contract.errors import StartFailed
from opencode_contract.local import Lodging
from opencode_contract.local.environment import server_environment
from opencode_contract.local.process import ServerProcess
from opencode_contract.local.server import HOST, free_port

ENTRY = Path(__file__).resolve().parents[3] / "deploy" / "fly" / "entry"
START_SECONDS = 60.0
STARTS_TRIED = 3
_NEEDED = ("bash", "curl", "git", "nginx", "node", "setpriv")
# Debian keeps nginx where only root's PATH leads.
_SYSTEM = "/usr/local/sbin:/usr/sbin"


def missing_programs() -> tuple[str, ...]:
    """What the recipe needs and this machine lacks."""
    return tuple(name for name in _NEEDED if shutil.which(name) is None and shutil.which(name, path=_SYSTEM) is None)


@dataclass(frozen=True)
class MachineSetup:
    """What a machine is made of."""

    lodging: Lodging
    """Its volume; the workspace on it is the one that the recipe uses."""
    executable: Path
    """What stands on its PATH as ``opencode``."""
    password: SecretStr
    config: Path
    """OpenCode's configuration."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What else the entry script and OpenCode are told."""

    def variables(self, port: int, opencode_port: int, run: Path) -> dict[str, str]:
        """The environment of the entry script."""
        base = server_environment(self.lodging.home, self.password.get_secret_value(), self.config)
        return {
            **base,
            "PATH": f"{self._programs()}:{base['PATH']}",
            "HOST": HOST,
            "PORT": str(port),
            "OPENCODE_PORT": str(opencode_port),
            "DATA_DIR": str(self.lodging.folder),
            "RUN_DIR": str(run),
            "IDLE_SECONDS": "0",
            **self.environment,
        }

    def _programs(self) -> Path:
        folder = self.lodging.folder / "programs"
        folder.mkdir(exist_ok=True)
        link = folder / "opencode"
        link.unlink(missing_ok=True)
        link.symlink_to(self.executable.resolve())
        return folder


class Machine:
    """A machine that can be started and stopped; what it has on its volume stays."""

    def __init__(self, setup: MachineSetup) -> None:
        self.port = 0
        """Where nginx listens."""
        self.opencode_port = 0
        """Where OpenCode listens, behind it."""
        self.starts = 0
        """How often it was started."""
        self._setup = setup
        self._has_listened = False
        self._process: ServerProcess | None = None
        self._starting = asyncio.Lock()

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.exit_code is None

    @property
    def listens(self) -> bool:
        """Whether it takes connections."""
        return self.runs and self._has_listened

    @property
    def exit_code(self) -> int | None:
        """How it ended the last time; None while it runs, and before the first start."""
        return self._process.exit_code if self._process else None

    @property
    def log(self) -> str:
        """The last lines that it printed, without its password; nothing once it was stopped."""
        tail = self._process.tail if self._process else ""
        return tail.replace(self._setup.password.get_secret_value(), "[password]")

    async def start(self) -> None:
        """Starts it unless it runs, and waits until it listens."""
        async with self._starting:
            for attempt in range(1, STARTS_TRIED + 1):
                if self.runs:
                    return
                try:
                    await self._start()
                except StartFailed:
                    # Somebody may have taken one of its ports.
                    if attempt == STARTS_TRIED:
                        raise

    async def ended(self) -> int:
        """Its exit code, when it has ended by itself."""
        if self._process is None:
            raise StartFailed("the machine was never started")
        return await self._process.ended()

    async def stop(self) -> None:
        """Stops it, as Fly does: with SIGTERM."""
        self._has_listened = False
        if self._process is not None:
            await self._process.stop()

    async def _start(self) -> None:
        self._has_listened = False
        self.port, self.opencode_port = free_port(), free_port()
        run = Path(tempfile.mkdtemp(prefix="run-", dir=self._setup.lodging.folder))
        self._process = await ServerProcess.start(
            ["bash", str(ENTRY)],
            cwd=self._setup.lodging.folder,
            environment=self._setup.variables(self.port, self.opencode_port, run),
            folder=run,
        )
        self.starts += 1
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._accepting()
        except TimeoutError as problem:
            late = StartFailed(f"the machine did not listen within {START_SECONDS:g} s:\n{self.log}")
            await self.stop()
            raise late from problem
        except BaseException:
            await self.stop()
            raise
        self._has_listened = True

    async def _accepting(self) -> None:
        while self.runs:
            try:
                _, writer = await asyncio.open_connection(HOST, self.port)
            except ConnectionError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
        raise StartFailed(f"the machine ended with code {self.exit_code}:\n{self.log}")
