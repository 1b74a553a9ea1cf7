"""The command ``opencode-contract compare``, apart from its options."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from opencode_contract.capture.command import Taking
from opencode_contract.capture.model import Capture, read_capture
from opencode_contract.compare.comparing import compare
from opencode_contract.compare.model import Comparison
from opencode_contract.errors import BadTarget
from opencode_contract.targets import Level


class Side:
    """A capture at hand, or one that is still to be taken."""

    def __init__(self, text: str, level: Level | None = None, *, contract: bool = False) -> None:
        self._capture: Capture | None = None
        self._taking: Taking | None = None
        path = Path(text)
        if path.is_file():
            self._capture = read_capture(path)
        elif path.suffix == ".json":
            raise BadTarget(f"there is no file {text}: write one with 'opencode-contract capture TARGET -o {text}'")
        else:
            self._taking = Taking.of(text, level, contract=contract)

    @property
    def exchanges(self) -> int:
        """How many probes are still to be sent, about."""
        return 0 if self._taking is None else self._taking.exchanges

    async def capture(self, on_probe: Callable[[str], None]) -> Capture:
        """The capture."""
        if self._capture is None:
            if self._taking is None:
                raise BadTarget("there is neither a capture nor a target")
            self._capture = await self._taking.run(on_probe)
        return self._capture


async def compared(before: Side, after: Side, on_probe: Callable[[str], None] = lambda _: None) -> Comparison:
    """The comparison of two sides, whose captures are taken at the same time."""
    one, other = await asyncio.gather(before.capture(on_probe), after.capture(on_probe))
    return compare(one, other)
