"""The few questions that are put to npm, and what its failures mean."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TypeAlias

from opencode_contract.errors import (
    DamagedDownload,
    LocalServerError,
    NoSuchVersion,
    NpmFailed,
    NpmMissing,
    RegistryUnreachable,
)

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

QUESTION_SECONDS = 60
DOWNLOAD_SECONDS = 900
NEAREST = 5

_RELEASE = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_ABSENT = {"E404", "ETARGET", "ENOVERSIONS"}
_DAMAGED = {"EINTEGRITY", "TAR_BAD_ARCHIVE", "Z_BUF_ERROR", "Z_DATA_ERROR"}
_UNREACHABLE = {
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ENOTFOUND",
    "ERR_SOCKET_TIMEOUT",
    "ETIMEDOUT",
    "FETCH_ERROR",
}


class Npm:
    """The command npm, with the user's own settings: registry, proxies, credentials."""

    def __init__(self) -> None:
        found = shutil.which("npm")
        if found is None:
            raise NpmMissing(
                "'local:VERSION' gets the OpenCode server with npm, and npm is not installed: install Node.js "
                "(npm comes with it), or name an executable that you have: local:/path/to/opencode"
            )
        self._executable = found

    def integrity(self, package: str, version: str) -> str:
        """The hash that the registry has for the package, such as ``sha512-...``."""
        answer = self._ask(["view", f"{package}@{version}", "dist.integrity"], f"{package} {version}", QUESTION_SECONDS)
        if answer is None:
            raise self._no_such_version(package, version)
        if not isinstance(answer, str):
            raise NpmFailed(f"npm gave no integrity hash for {package} {version}, but: {answer!r}")
        return answer

    def pack(self, package: str, version: str, folder: Path) -> Path:
        """Downloads the package's archive into ``folder``."""
        command = ["pack", f"{package}@{version}", "--ignore-scripts", "--pack-destination", str(folder)]
        self._ask(command, f"{package} {version}", DOWNLOAD_SECONDS)
        archives = sorted(folder.glob("*.tgz"))
        if len(archives) != 1:
            raise NpmFailed(f"npm pack {package}@{version} ended well but left {len(archives)} archives instead of one")
        return archives[0]

    def versions(self, package: str) -> list[str]:
        """All versions of the package that the registry has."""
        known = self._ask(["view", package, "versions"], package, QUESTION_SECONDS)
        versions = [known] if isinstance(known, str) else known if isinstance(known, list) else []
        return [text for text in versions if isinstance(text, str)]

    def _no_such_version(self, package: str, version: str) -> NoSuchVersion:
        try:
            known = self.versions(package)
        except NoSuchVersion:
            known = []
        near = nearest_versions(version, known)
        advice = f"the nearest are {', '.join(near)}" if near else "it has no version of it at all"
        return NoSuchVersion(f"the registry has no {package} {version}: {advice}")

    def _ask(self, arguments: list[str], what: str, seconds: float) -> Json:
        # A server's password in our environment is no business of npm's.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENCODE_")}
        command = [self._executable, *arguments, "--json"]
        try:
            ended = subprocess.run(  # noqa: S603 - no shell, and the version was checked
                command, capture_output=True, text=True, env=environment, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired as problem:
            raise RegistryUnreachable(
                f"npm did not get {what} within {seconds:.0f} s: check the network, then try again"
            ) from problem
        answer = _parse(ended.stdout)
        if ended.returncode == 0:
            return answer
        raise self._failure(_error_code(answer, ended.stderr), arguments, what, ended.stderr)

    def _failure(self, code: str, arguments: list[str], what: str, said: str) -> LocalServerError:
        if code in _ABSENT:
            if arguments[0] == "view" and arguments[-1] != "versions":
                package, _, version = arguments[1].rpartition("@")
                return self._no_such_version(package, version)
            return NoSuchVersion(f"the registry has no {what}")
        if code in _DAMAGED:
            return DamagedDownload(f"npm says that {what} arrived damaged ({code}): try again, or 'npm cache verify'")
        if code in _UNREACHABLE:
            return RegistryUnreachable(
                f"npm could not reach its registry for {what} ({code}): check the network and 'npm ping'; "
                "a version that was fetched before needs no network"
            )
        tail = "\n".join(said.strip().splitlines()[-6:])
        return NpmFailed(f"npm {arguments[0]} failed for {what} ({code or 'no error code'}):\n{tail}")


def nearest_versions(wanted: str, known: list[str]) -> list[str]:
    """The releases among ``known`` that lie nearest to ``wanted``, in order."""
    releases = sorted({key for text in known if (key := _key(text)) is not None})
    target = _key(wanted) or (0, 0, 0)
    position = sum(1 for release in releases if release < target)
    low = max(0, min(position - NEAREST // 2, len(releases) - NEAREST))
    return [".".join(map(str, release)) for release in releases[low : low + NEAREST]]


def _key(version: str) -> tuple[int, int, int] | None:
    match = _RELEASE.fullmatch(version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def _parse(text: str) -> Json:
    if not text.strip():
        return None
    try:
        parsed: Json = json.loads(text)
    except json.JSONDecodeError:
        return text
    return parsed


def _error_code(answer: Json, said: str) -> str:
    error = answer.get("error") if isinstance(answer, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, str):
        return code
    found = re.search(r"npm (?:error|ERR!) code (\S+)", said)
    return found[1] if found else ""
