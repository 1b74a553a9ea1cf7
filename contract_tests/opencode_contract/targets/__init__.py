"""What the contract can be run against."""

from opencode_contract.targets.levels import Level
from opencode_contract.targets.parsing import parse_target
from opencode_contract.targets.subject import STRANGER, Access, Subject
from opencode_contract.targets.target import Target

__all__ = ["STRANGER", "Access", "Level", "Subject", "Target", "parse_target"]
