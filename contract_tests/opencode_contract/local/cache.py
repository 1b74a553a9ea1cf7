"""Where fetched executables are kept, one folder a package and version, and how they get there whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

RECORD = "record.json"


def default_cache_folder() -> Path:
    """``$XDG_CACHE_HOME/opencode-testkit``, or ``~/.cache/opencode-testkit`` where the variable is not set."""
    root = os.environ.get("XDG_CACHE_HOME")
    # The specification says that a relative path there is to be ignored.
    base = Path(root) if root and Path(root).is_absolute() else Path.home() / ".cache"
    return base / "opencode-testkit"


@dataclass(frozen=True, slots=True)
class _Record:
    """What is known of a cached executable. Its size and time tell cheaply whether it was touched since."""

    executable: str
    sha256: str
    size: int
    modified: int

    @classmethod
    def of(cls, executable: Path) -> _Record:
        with executable.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        status = executable.stat()
        return cls(executable.name, digest, status.st_size, status.st_mtime_ns)

    @classmethod
    def read(cls, path: Path) -> _Record | None:
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            # Absent or of another make: the executable is then fetched again.
            return None

    def holds_for(self, executable: Path) -> bool:
        try:
            status = executable.stat()
        except FileNotFoundError:
            return False
        if (status.st_size, status.st_mtime_ns) == (self.size, self.modified):
            return True
        return status.st_size == self.size and _Record.of(executable).sha256 == self.sha256


class BinaryCache:
    """Executables by package and version."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_cache_folder()

    def get(self, package: str, version: str) -> Path | None:
        """The cached executable, if there is one and it is what was put there."""
        place = self._place(package, version)
        record = _Record.read(place / RECORD)
        if record is None:
            return None
        executable = place / record.executable
        return executable if record.holds_for(executable) else None

    def get_or_make(self, package: str, version: str, make: Callable[[Path], Path]) -> Path:
        """The cached executable, or the one that ``make`` puts into the folder it is given.

        Two processes that want the same one at once wait for each other; one that dies half-way leaves nothing that
        is taken for an executable.
        """
        found = self.get(package, version)
        if found is not None:
            return found
        place = self._place(package, version)
        place.parent.mkdir(parents=True, exist_ok=True)
        with _locked(place.with_name(f"{place.name}.lock")):
            return self.get(package, version) or self._make(place, make)

    def _make(self, place: Path, make: Callable[[Path], Path]) -> Path:
        with tempfile.TemporaryDirectory(prefix=f".{place.name}-", dir=place.parent) as name:
            folder = Path(name)
            made = make(folder / "work")
            finished = folder / "finished"
            finished.mkdir()
            executable = finished / made.name
            made.replace(executable)
            record = _Record.of(executable)
            (finished / RECORD).write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
            if place.exists():
                shutil.rmtree(place)
            finished.replace(place)
        return place / record.executable

    def _place(self, package: str, version: str) -> Path:
        return self.folder / "binaries" / package / version


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a+b") as file:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
        # Closing the file releases the lock, as does the end of the process.
        yield
