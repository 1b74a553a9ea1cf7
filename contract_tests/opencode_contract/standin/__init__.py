"""A deployment on this machine: the recipe of ``deploy/fly`` run as it is, behind an edge that does what Fly's does.

For tests, in a checkout: it needs nginx, Node.js and curl, as the recipe does, and ``trustme`` for TLS.
"""

from opencode_contract.standin.deployment import StandIn
from opencode_contract.standin.edge import Edge
from opencode_contract.standin.fakes import fake_executable
from opencode_contract.standin.machine import ENTRY, Machine, MachineSetup, missing_programs
from opencode_contract.standin.troubles import Trouble

__all__ = ["ENTRY", "Edge", "Machine", "MachineSetup", "StandIn", "Trouble", "fake_executable", "missing_programs"]
