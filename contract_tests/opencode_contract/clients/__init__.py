"""Other people's clients of OpenCode, fetched as they are published and run against any server."""

from opencode_contract.clients.installing import node_package, python_with
from opencode_contract.clients.running import RunningClient, client_environment, run_client, running_client
from opencode_contract.clients.stage import Stage, stage
from opencode_contract.clients.terminal import Terminal

__all__ = [
    "RunningClient",
    "Stage",
    "Terminal",
    "client_environment",
    "node_package",
    "python_with",
    "run_client",
    "running_client",
    "stage",
]
