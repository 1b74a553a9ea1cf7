"""Checks a downloaded archive against the registry's hash and takes the executable out of it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import tarfile
import zlib
from pathlib import Path

from opencode_contract.errors import BrokenBinary, DamagedDownload, NpmFailed


def verify(archive: Path, integrity: str) -> None:
    """Raises DamagedDownload unless ``archive`` has the hash ``integrity``: ``sha512-<base64>``, maybe among others."""
    expected = next((entry[7:] for entry in integrity.split() if entry.startswith("sha512-")), None)
    if expected is None:
        raise NpmFailed(f"the registry gives no sha512 hash for {archive.name}, only: {integrity}")
    try:
        digest = base64.b64decode(expected.partition("?")[0], validate=True)
    except binascii.Error as problem:
        raise NpmFailed(f"the registry's hash for {archive.name} cannot be read: {integrity}") from problem
    with archive.open("rb") as file:
        arrived = hashlib.file_digest(file, "sha512").digest()
    if not hmac.compare_digest(arrived, digest):
        raise DamagedDownload(
            f"{archive.name} ({archive.stat().st_size} bytes) does not have the hash that the registry gives for it: "
            "it was cut short or changed on its way and is not used. Run 'npm cache verify' and try again"
        )


def unpack_executable(archive: Path, name: str, folder: Path) -> Path:
    """Takes ``package/bin/<name>`` out of ``archive``, and nothing else."""
    member = f"package/bin/{name}"
    try:
        with tarfile.open(archive, "r:gz") as opened:
            opened.extract(member, folder, filter="data")
    except KeyError as problem:
        raise BrokenBinary(f"{archive.name} holds no {member}: this version is packed in another way") from problem
    except (tarfile.TarError, EOFError, zlib.error, OSError) as problem:
        raise DamagedDownload(f"{archive.name} cannot be unpacked: {problem}") from problem
    executable = folder / member
    if not executable.is_file():
        raise BrokenBinary(f"{member} in {archive.name} is not a file")
    executable.chmod(0o755)
    return executable
