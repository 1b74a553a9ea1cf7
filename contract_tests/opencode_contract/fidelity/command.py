"""The command ``opencode-contract fidelity``, apart from its options."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from opencode_contract.fidelity.accepted import accepted_differences
from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.compare import Difference
from opencode_contract.fidelity.exploration import exploration, rounds
from opencode_contract.fidelity.measure import measure
from opencode_contract.fidelity.outcome import Audience, Bounds, Finding, VersionReport
from opencode_contract.fidelity.stages import fake_stage, fidelity_script, real_stage
from opencode_contract.local import AtHand, Binary
from opencode_contract.progress import Progress

CI_VERSIONS = ("1.1.53", "1.18.34")
PROVEN_VERSIONS = ("1.1.53", "1.1.65", "1.2.27", "1.3.2", "1.14.41", "1.15.13", "1.17.19", "1.18.34")
"""What ``all`` stands for."""
SERVERS = 4
"""Real servers of one version that share the work: most of it is waiting."""
MANY_CASES = 100


@dataclass(frozen=True, slots=True)
class Watched(Audience):
    """Shows how an exploration goes."""

    progress: Progress

    def begun(self) -> None:
        """Counts it."""
        self.progress.advance()

    def confirmed(self, difference: Difference) -> None:
        """Names it at once: shrinking takes its time."""
        self.progress.say(f"a difference: {difference}")

    def found(self, finding: Finding) -> None:
        """Shows what is left of it: whoever interrupts a long run has it already."""
        self.progress.say(f"found: {finding.differences[0]}\n{finding.script}")


def binaries(versions: Sequence[str], given: Iterable[str]) -> list[Binary]:
    """The executables of some versions: those that were given as ``VERSION=PATH``, the others from npm."""
    at_hand = AtHand(given)
    wanted = [each for version in versions for each in (PROVEN_VERSIONS if version == "all" else (version,))]
    return [at_hand.binary(version) for version in wanted]


async def measure_version(binary: Binary, cases: Sequence[Case], bounds: Bounds, progress: Progress) -> VersionReport:
    """Starts the servers, performs the cases on them, and lets the state machine act on them."""
    script = fidelity_script()
    async with AsyncExitStack() as stack:
        stages = []
        for _ in range(_servers(cases, bounds)):
            # The fake first: a version that it refuses should not cost the start of a real server.
            fake = await stack.enter_async_context(fake_stage(binary.version, script))
            stages.append((await stack.enter_async_context(real_stage(binary, script)), fake))
        progress.begin(f"Measuring {binary.version}", len(cases))
        report = await measure(stages, cases, accepted_differences(), lambda each: progress.advance(each.case.name))
        if not bounds.sequences:
            return report
        progress.begin(f"State machine on {binary.version}", bounds.sequences)
        return replace(report, exploration=await exploration(stages, bounds, Watched(progress)))


def _servers(cases: Sequence[Case], bounds: Bounds) -> int:
    """How many real servers are worth their start."""
    return SERVERS if len(cases) > MANY_CASES else max(1, min(SERVERS, len(rounds(bounds))))
