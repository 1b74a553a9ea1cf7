"""What happens on the way to a server, told apart from what the server does."""

from opencode_contract.network.encounters import Encounter, Encounters
from opencode_contract.network.patience import Patience
from opencode_contract.network.troubles import ALL, Trouble

__all__ = ["ALL", "Encounter", "Encounters", "Patience", "Trouble"]
