"""The command ``opencode-contract capture``, apart from its options."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import httpx

from opencode_contract.capture.model import Capture
from opencode_contract.capture.opening import Opening, opening
from opencode_contract.capture.probes import probes
from opencode_contract.capture.taking import Take
from opencode_contract.errors import BadTarget, TargetUnreachable
from opencode_contract.requirements import ALL
from opencode_contract.runner import run_contract
from opencode_contract.targets import Level, Subject, parse_target


@dataclass(frozen=True, slots=True)
class Taking:
    """A capture that can be taken: what blocks was done, what is left needs an event loop."""

    opening: Opening
    level: Level
    only: str = "*"
    """Patterns of the probes that are sent, with commas."""
    subject: AbstractAsyncContextManager[Subject] | None = None
    """The target once more, for the contract."""

    @classmethod
    def of(cls, target: str, level: Level | None = None, only: str = "*", *, contract: bool = False) -> Taking:
        """The capture of a target, at its own level unless another is given, with the contract if it is wanted."""
        found = opening(target)
        wanted = found.default if level is None else level
        if wanted > found.highest:
            raise BadTarget(
                f"{found.target} cannot be captured at the level {wanted.word}, but {found.highest.word} at most: "
                "what a model says there is never twice the same. Capture local:VERSION for prompts"
            )
        return cls(found, wanted, only, parse_target(target).open() if contract else None)

    @property
    def exchanges(self) -> int:
        """How many probes there are, about."""
        return len(probes(self.level, self.only))

    async def run(self, on_probe: Callable[[str], None] = lambda _: None) -> Capture:
        """Opens the target and asks everything."""
        try:
            async with self.opening.server as server:
                capture = await Take(server, self.level, on_probe, self.only).run()
        except (httpx.HTTPError, TimeoutError) as problem:
            raise TargetUnreachable(
                f"{self.opening.target} answered at first and is gone now ({type(problem).__name__}): "
                "there is no capture of half a server"
            ) from problem
        return capture if self.subject is None else capture.model_copy(update={"contract": await self._contract()})

    async def _contract(self) -> dict[str, str]:
        if self.subject is None:
            return {}
        report = await run_contract(self.opening.target, self.subject, ALL, level=self.level)
        return {result.requirement.id: result.outcome.value for result in report.results}
