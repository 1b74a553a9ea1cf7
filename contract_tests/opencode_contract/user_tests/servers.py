"""The two kinds of real servers that a test can be given."""

from __future__ import annotations

import pytest

from opencode_contract.targets import Access
from opencode_contract.user_tests.real_server import RealServer
from opencode_contract.user_tests.scripted_server import ScriptedServer, ScriptedServers
from opencode_fake.scripts import Reply, Unmatched


class LocalServerOfATest(RealServer):
    """A real server on this machine, which the scripted model plays the test's script to."""

    def __init__(self, servers: ScriptedServers, taken: ScriptedServer) -> None:
        super().__init__(taken.access)
        self._servers = servers
        self._taken = taken

    @property
    def unmatched(self) -> tuple[Unmatched, ...]:
        """The prompts that no reply answered."""
        return tuple(self._taken.casting.unmatched)

    @property
    def unused(self) -> tuple[Reply, ...]:
        """The replies that answered nothing."""
        return self._taken.casting.unused()

    def play(self, *replies: Reply) -> None:
        """Adds replies to the script; event streams end where these ask for leave, for the server learns new rules."""
        self._servers.play(self._taken, replies)

    def _let_go(self) -> None:
        self._servers.give_back(self._taken)


class DeployedServer(RealServer):
    """A server that somebody runs elsewhere; a model of its own answers, and costs money."""

    def __init__(self, access: Access, *, may_cost: bool) -> None:
        super().__init__(access)
        self._may_cost = may_cost

    @property
    def unmatched(self) -> tuple[Unmatched, ...]:
        """None: every prompt is answered somehow."""
        return ()

    @property
    def unused(self) -> tuple[Reply, ...]:
        """None: it has no script."""
        return ()

    def play(self, *replies: Reply) -> None:
        """Skips the test, unless its prompts may cost money: then the deployment's model answers as it likes."""
        if replies and not self._may_cost:
            pytest.skip(
                f"this test has a script, and {self.url} answers with a model of its own: run it on fake or "
                "local:VERSION, or let that model answer, and cost money, with --opencode-level prompt"
            )

    def _let_go(self) -> None:
        """Nothing: sessions that the test has made are the test's own business."""
