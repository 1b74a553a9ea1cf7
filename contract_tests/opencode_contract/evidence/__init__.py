"""What was seen of a server, kept so that a failure can show it."""

from opencode_contract.evidence.exchange import Exchange
from opencode_contract.evidence.json_type import Json
from opencode_contract.evidence.ownership import Ownership
from opencode_contract.evidence.recorder import Recorder
from opencode_contract.evidence.redaction import Redactor
from opencode_contract.evidence.values import Value, require

__all__ = ["Exchange", "Json", "Ownership", "Recorder", "Redactor", "Value", "require"]
