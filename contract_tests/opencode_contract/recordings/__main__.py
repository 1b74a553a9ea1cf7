"""Makes the recordings anew: ``python -m opencode_contract.recordings VERSION...`` or ``VERSION=/path/to/opencode``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from opencode_contract.fidelity.cast import Cast
from opencode_contract.fidelity.scene import PATIENT
from opencode_contract.fidelity.stages import real_stage
from opencode_contract.local import Binary, fetch_binary, given_binary
from opencode_contract.recordings.cases import recorded_cases, recorded_script
from opencode_contract.recordings.making import differences, record, replay, write_told
from opencode_fixtures import library


async def make(binary: Binary, folder: Path) -> list[str]:
    """Records all cases into a folder. Returns what the fake does otherwise, which ought to be nothing."""
    found: list[str] = []
    cases = recorded_cases()
    async with real_stage(binary, recorded_script()) as stage:
        # The first prompt of a server takes long.
        await Cast(stage, PATIENT).play(cases[0])
        for case in cases:
            file = folder / f"{case.name}.yaml"
            real = await record(stage, case, file)
            write_told(file.with_suffix(".json"), real)
            fake = await replay(case, file, binary.version)
            found += [f"{file}: {each}" for each in differences(case, binary.version, real, fake)]
    return found


def main(named: list[str]) -> int:
    """Records the versions named. The exit code is 1 where the fake plays one of them otherwise."""
    found: list[str] = []
    for each in named:
        version, _, path = each.partition("=")
        binary = given_binary(Path(path)) if path else fetch_binary(version)
        folder = library.RECORDINGS / binary.version
        folder.mkdir(parents=True, exist_ok=True)
        found += asyncio.run(make(binary, folder))
    for each in found:
        sys.stderr.write(f"{each}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
