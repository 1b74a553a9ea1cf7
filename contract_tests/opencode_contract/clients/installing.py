"""Gets clients from their registries into the cache, each version once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from opencode_contract.errors import ClientFailed, NpmMissing
from opencode_contract.local import default_cache_folder

SECONDS = 600

Commands: TypeAlias = "Callable[[Path], list[list[str]]]"


def node_package(name: str, version: str) -> Path:
    """A folder whose ``node_modules`` holds this package. Raises NpmMissing, ClientFailed."""
    npm = shutil.which("npm")
    if npm is None:
        raise NpmMissing("the JavaScript clients come from npm, and npm is not installed: install Node.js")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]
    return _once(
        f"node/{name}@{version}", lambda new: [[npm, "install", *options, "--prefix", str(new), f"{name}@{version}"]]
    )


def python_with(requirement: str) -> Path:
    """The interpreter of an environment with this requirement and nothing else. Raises ClientFailed."""

    def commands(new: Path) -> list[list[str]]:
        pip = ["-m", "pip", "--disable-pip-version-check", "--quiet", "--no-input"]
        return [[sys.executable, "-m", "venv", str(new)], [str(_interpreter(new)), *pip, "install", requirement]]

    return _interpreter(_once(f"python/{requirement}", commands))


def _interpreter(environment: Path) -> Path:
    return environment / "bin" / "python"


def _once(name: str, commands: Commands) -> Path:
    """The folder of this name in the cache, made whole or not at all."""
    place = default_cache_folder() / "clients" / name
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{place.name}-", dir=place.parent) as work:
        new = Path(work) / "new"
        new.mkdir()
        for command in commands(new):
            _run(command)
        try:
            new.rename(place)
        except OSError:
            # Somebody else was quicker; what they made is as good.
            if not place.is_dir():
                raise
    return place


def _run(command: list[str]) -> None:
    # A server's password in our environment is no business of an installer's.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENCODE_")}
    try:
        ended = subprocess.run(  # noqa: S603 - no shell, and the versions are ours
            command, capture_output=True, text=True, env=environment, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as problem:
        raise ClientFailed(f"{Path(command[0]).name} did not end within {SECONDS} s: check the network") from problem
    if ended.returncode != 0:
        raise ClientFailed(f"{Path(command[0]).name} failed with code {ended.returncode}:\n{ended.stderr[-1500:]}")
