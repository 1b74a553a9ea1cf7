"""The differences that are known and stay: each with the reason why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from importlib import resources

from pydantic import BaseModel, ConfigDict, TypeAdapter
from ruamel.yaml import YAML

from opencode_contract.fidelity.cases.model import Case
from opencode_contract.fidelity.compare import Difference


class Accepted(BaseModel):
    """Some differences of some cases in some versions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    case: str
    """A shell pattern of names of cases."""
    place: str
    """A shell pattern that every place must fit where the stages differ."""
    since: str = "0"
    """The first version that it is accepted in."""
    until: str | None = None
    """The first version that it is accepted in no more."""
    reason: str
    """The real server's own randomness, its environment, or a choice, and where that is documented."""

    def fits(self, case: Case, version: str) -> bool:
        """Whether it speaks of a case in a version."""
        wanted = _key(version)
        if wanted < _key(self.since) or (self.until is not None and wanted >= _key(self.until)):
            return False
        return fnmatchcase(case.name, self.case)

    def covers(self, difference: Difference) -> bool:
        """Whether it speaks of a difference."""
        return fnmatchcase(difference.place, self.place)


def accepted_differences() -> tuple[Accepted, ...]:
    """The reviewed list."""
    text = resources.files("opencode_contract.fidelity").joinpath("accepted.yaml").read_text(encoding="utf-8")
    return TypeAdapter(tuple[Accepted, ...]).validate_python(YAML(typ="safe").load(text) or [])


def reason_for(accepted: Iterable[Accepted], case: Case, version: str, differences: Sequence[Difference]) -> str | None:
    """Why all these differences are accepted; None where one of them is not."""
    rules = [rule for rule in accepted if rule.fits(case, version)]
    used = [next((rule for rule in rules if rule.covers(difference)), None) for difference in differences]
    if not used or None in used:
        return None
    return "; ".join(dict.fromkeys(rule.reason for rule in used if rule is not None))


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split(".") if part.isdigit())
