"""The contract: every requirement that a server has to fulfil."""

from opencode_contract.requirements.registry import ALL, by_id
from opencode_contract.requirements.requirement import Requirement

__all__ = ["ALL", "Requirement", "by_id"]
