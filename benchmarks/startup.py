"""What the kit's plugins cost a pytest run that uses nothing of them: a run with them beside one without, in turns."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

PLUGINS = ("opencode_fixtures.plugin", "opencode_contract.plugin")
ROUNDS = 15
BOUND_MS = 20.0


@dataclass(frozen=True, slots=True)
class Startup:
    """The processor's time to collect one empty file; that of the clock says more about what else the machine does."""

    whole_ms: float
    """Of a run with the plugins."""
    plugins_ms: float
    """How much of it is theirs: the median of the differences of pairs, so that a slow moment is in both."""

    @property
    def holds(self) -> bool:
        """Whether the plugins cost as little as they may."""
        return self.plugins_ms < BOUND_MS


def startup(rounds: int = ROUNDS) -> Startup:
    """Measures pairs of runs, whose order changes from pair to pair."""
    with tempfile.TemporaryDirectory(prefix="opencode-startup-") as folder:
        Path(folder, "test_nothing.py").write_text("def test_nothing(): pass\n", encoding="utf-8")
        runs = _Runs(Path(folder))
        runs.pair(plugins_first=True)  # writes the bytecode that every further run finds
        pairs = [runs.pair(plugins_first=bool(number % 2)) for number in range(rounds)]
    differences = [having - lacking for having, lacking in pairs]
    return Startup(statistics.median(having for having, _ in pairs), statistics.median(differences))


@dataclass(frozen=True, slots=True)
class _Runs:
    folder: Path

    def pair(self, *, plugins_first: bool) -> tuple[float, float]:
        """A run with the plugins and one without, in milliseconds."""
        if plugins_first:
            return self._run_ms(), self._run_ms(*PLUGINS)
        lacking = self._run_ms(*PLUGINS)
        return self._run_ms(), lacking

    def _run_ms(self, *blocked: str) -> float:
        """Other packages' plugins stay out of both runs, which they would make less steady."""
        others = (each.name for each in entry_points(group="pytest11") if each.name not in PLUGINS)
        without = [word for name in ("cacheprovider", *others, *blocked) for word in ("-p", f"no:{name}")]
        before = _cpu_seconds()
        subprocess.run(  # noqa: S603 - this very interpreter
            [sys.executable, "-m", "pytest", "--collect-only", "-q", *without, "-c", os.devnull, "test_nothing.py"],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            check=True,
        )
        return (_cpu_seconds() - before) * 1000

    def _environment(self) -> dict[str, str]:
        """As a user has it: with bytecode kept, which a developer may have switched off."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "PYTHONPYCACHEPREFIX": str(self.folder / "bytecode")}


def _cpu_seconds() -> float:
    """Of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
