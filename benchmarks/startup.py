"""What the kit's plugins cost a pytest run that uses nothing of them: a run with them beside one without, in turns."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PLUGINS = ("opencode_fixtures.plugin", "opencode_contract.plugin")
ROUNDS = 5
BOUND_MS = 20
_IMPORTED = "opencode_"


def startup_ms(rounds: int = ROUNDS) -> tuple[float, float]:
    """Medians of the processor's time to collect one empty file: of a run with the plugins, and how much is theirs."""
    without = [word for plugin in PLUGINS for word in ("-p", f"no:{plugin}")]
    with tempfile.TemporaryDirectory(prefix="opencode-startup-") as folder:
        Path(folder, "test_nothing.py").write_text("def test_nothing(): pass\n", encoding="utf-8")
        pairs = [(_run_ms(folder), _run_ms(folder, *without)) for _ in range(rounds + 1)][1:]
    # The difference of each pair: what else the machine does changes slowly.
    return statistics.median(one for one, _ in pairs), statistics.median(one - other for one, other in pairs)


def imports_ms() -> float:
    """What importing the plugins' own modules takes, by ``-X importtime``; pytest's are there already."""
    code = f"import pytest, {', '.join(PLUGINS)}"
    ended = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=True
    )
    rows = [line.removeprefix("import time:").split("|") for line in ended.stderr.splitlines()[1:]]
    return sum(int(own) for own, _, name in rows if name.strip().startswith(_IMPORTED)) / 1000


def _run_ms(folder: str, *options: str) -> float:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
    before = _cpu_seconds()
    subprocess.run(  # noqa: S603 - this very interpreter
        [*command, *options, "test_nothing.py"], cwd=folder, capture_output=True, check=True
    )
    return (_cpu_seconds() - before) * 1000


def _cpu_seconds() -> float:
    """Of the processes that have ended: time on the clock says more about what else the machine does."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
