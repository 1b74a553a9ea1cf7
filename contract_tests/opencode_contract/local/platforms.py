"""Which of the npm packages holds the executable for this machine."""

from __future__ import annotations

import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

from opencode_contract.errors import LocalServerError

_SYSTEMS = {"Linux": "linux", "Darwin": "darwin", "Windows": "windows"}
_ARCHITECTURES = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class Platform:
    """A kind of machine that OpenCode is built for."""

    system: str
    architecture: str
    musl: bool = False
    """The C library is musl, as on Alpine."""
    baseline: bool = False
    """An x64 processor without AVX2."""

    @classmethod
    def of_this_machine(cls) -> Platform:
        """The platform that this program runs on."""
        system = _SYSTEMS.get(platform.system())
        architecture = _ARCHITECTURES.get(platform.machine().lower())
        if system is None or architecture is None:
            raise LocalServerError(
                f"OpenCode is not built for {platform.system()} on {platform.machine()}: "
                "run the contract on the target 'fake', or on an executable of your own with 'local:/path/to/opencode'"
            )
        musl = system == "linux" and any(Path("/lib").glob("ld-musl-*"))
        return cls(system, architecture, musl, baseline=architecture == "x64" and not _has_avx2(system))

    @property
    def package(self) -> str:
        """The name of the npm package."""
        parts = ["opencode", self.system, self.architecture]
        return "-".join(parts + ["baseline"] * self.baseline + ["musl"] * self.musl)

    @property
    def executable(self) -> str:
        """The name of the executable inside the package's folder ``bin``."""
        return "opencode.exe" if self.system == "windows" else "opencode"


def _has_avx2(system: str) -> bool:
    if system == "linux":
        return "avx2" in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split()
    if system == "darwin":
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.leaf7_features"]
        asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
        return "AVX2" in asked.stdout.split()
    # Windows does not say without asking the processor itself; every one it supports by now has AVX2.
    return True
