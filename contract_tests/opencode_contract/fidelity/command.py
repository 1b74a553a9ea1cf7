"""The command ``opencode-contract fidelity``, apart from its options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from opencode_contract.errors import BadTarget
from opencode_contract.fidelity.accepted import accepted_differences
from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.exploration import exploration
from opencode_contract.fidelity.measure import measure
from opencode_contract.fidelity.outcome import Bounds, Result, VersionReport
from opencode_contract.fidelity.stages import fake_stage, fidelity_script, real_stage
from opencode_contract.local import Binary, fetch_binary, given_binary

CI_VERSIONS = ("1.1.53", "1.18.34")
PROVEN_VERSIONS = ("1.1.53", "1.1.65", "1.2.27", "1.3.2", "1.14.41", "1.15.13", "1.17.19", "1.18.34")
"""What ``all`` stands for."""


def binaries(versions: Sequence[str], given: Iterable[str]) -> list[Binary]:
    """The executables of some versions: those that were given as ``VERSION=PATH``, the others from npm."""
    paths = dict(map(_pair, given))
    wanted = [each for version in versions for each in (PROVEN_VERSIONS if version == "all" else (version,))]
    return [_checked(paths[version], version) if version in paths else fetch_binary(version) for version in wanted]


async def measure_version(
    binary: Binary, cases: Iterable[Case], bounds: Bounds, on_result: Callable[[Result], None]
) -> VersionReport:
    """Starts both servers, performs the cases on them, and lets the state machine act on them."""
    script = fidelity_script()
    async with AsyncExitStack() as stack:
        # The fake first: a version that it refuses should not cost the start of a real server.
        fake = await stack.enter_async_context(fake_stage(binary.version, script))
        real = await stack.enter_async_context(real_stage(binary, script))
        report = await measure(real, fake, cases, accepted_differences(), on_result)
        if not bounds.sequences:
            return report
        return replace(report, exploration=await exploration(real, fake, bounds))


def _pair(text: str) -> tuple[str, Path]:
    version, separator, path = text.partition("=")
    if not separator:
        raise BadTarget(f"{text!r} names no executable: write VERSION=PATH")
    return version, Path(path)


def _checked(path: Path, version: str) -> Binary:
    binary = given_binary(path)
    if binary.version != version:
        raise BadTarget(f"{path} is OpenCode {binary.version}, not {version}")
    return binary
