"""What can go wrong, apart from a server that breaks the contract.

::

    ContractError
    ├── RequirementFailed            the server does not do what a requirement says: exit code 1
    ├── BudgetExhausted              a further prompt might cost more than allowed: the requirement is not checked
    └── TargetError                  the contract could not be run at all: exit code 2
        ├── BadTarget                the text does not name a target
        ├── PasswordMissing          a deployment needs a password, and none was given
        ├── TargetUnreachable        nobody there, wrong password, not OpenCode, or gone while the contract ran
        │   └── NetworkFailed        the network or a proxy is to blame, or a machine that did not start in time
        ├── ClientFailed             somebody else's client could not be fetched, or did not end well
        └── LocalServerError         no real server could be had on this machine
            ├── NpmMissing           npm is not installed
            ├── NoSuchVersion        the registry has no such version
            ├── RegistryUnreachable  npm could not talk to its registry
            ├── NpmFailed            npm failed in another way
            ├── DamagedDownload      what arrived is not what the registry has
            ├── BrokenBinary         the executable is missing or does not run
            ├── NoWorkspace          the workspace could not be made (git)
            ├── StartFailed          the server did not start
            │   └── PortInUse        its port is taken
            └── ServerGone           it ended, or does not answer any more
"""

from __future__ import annotations


class ContractError(Exception):
    """Base of all errors of this package."""


class RequirementFailed(ContractError):
    """The server does not do what a requirement says."""

    def __init__(self, message: str, evidence: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.evidence = evidence
        """The exchange with the server, as far as it was seen. A report takes the password out of both."""

    def __str__(self) -> str:
        return f"{self.message}\n{self.evidence}" if self.evidence else self.message


class BudgetExhausted(ContractError):
    """A further prompt might cost more than is allowed."""


class TargetError(ContractError):
    """The contract could not be run at all."""


class BadTarget(TargetError):
    """The text does not name a target."""


class PasswordMissing(TargetError):
    """A deployment needs a password, and none was given."""


class TargetUnreachable(TargetError):
    """Nobody there, wrong password, not OpenCode, or gone while the contract ran."""


class NetworkFailed(TargetUnreachable):
    """The network or a proxy is to blame, or a machine that did not start in time."""


class ClientFailed(TargetError):
    """Somebody else's client could not be fetched, or did not end well."""


class LocalServerError(TargetError):
    """No real server could be had on this machine."""


class NpmMissing(LocalServerError):
    """The command npm is not installed."""


class NoSuchVersion(LocalServerError):
    """The registry has no such version for this machine."""


class RegistryUnreachable(LocalServerError):
    """The command npm could not talk to its registry."""


class NpmFailed(LocalServerError):
    """The command npm failed in a way of its own."""


class DamagedDownload(LocalServerError):
    """What arrived is not what the registry has."""


class BrokenBinary(LocalServerError):
    """The executable is missing or does not run."""


class NoWorkspace(LocalServerError):
    """The git repository that serves as the workspace could not be made."""


class StartFailed(LocalServerError):
    """The server did not start."""


class PortInUse(StartFailed):
    """The port that the server was to listen on is taken."""


class ServerGone(LocalServerError):
    """The server ended while it was needed, or does not answer any more."""
