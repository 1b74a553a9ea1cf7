"""Real OpenCode servers on this machine: fetched from npm, verified, cached, isolated, and ended for sure."""

from opencode_contract.local.at_hand import AtHand
from opencode_contract.local.binary import Binary, fetch_binary, given_binary
from opencode_contract.local.cache import BinaryCache, default_cache_folder
from opencode_contract.local.platforms import Platform
from opencode_contract.local.server import LocalServer, Lodging

__all__ = [
    "AtHand",
    "Binary",
    "BinaryCache",
    "LocalServer",
    "Lodging",
    "Platform",
    "default_cache_folder",
    "fetch_binary",
    "given_binary",
]
