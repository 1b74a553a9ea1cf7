"""Which real server a test gets for ``--opencode-target``, and which tests cannot run on one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from opencode_contract.contract_run import stop_tests
from opencode_contract.errors import BadTarget, TargetError, TargetUnreachable
from opencode_contract.targets import Access, Level, parse_target
from opencode_contract.targets.deployment import Deployment
from opencode_contract.targets.local import LocalTarget
from opencode_contract.user_tests.real_server import RealServer
from opencode_contract.user_tests.scripted_server import ScriptedServers
from opencode_contract.user_tests.servers import DeployedServer, LocalServerOfATest
from opencode_fake import RealClock
from opencode_fake.scripts import Script
from opencode_sandbox import SandboxClient

ONLY_THE_FAKE = ("clock", "cors", "pickup")
"""What a test may want of its server that a real one cannot give."""
_SERVERS = pytest.StashKey[ScriptedServers]()
_ACCESS = pytest.StashKey[Access]()


def server_for(session: pytest.Session, target: str, options: Mapping[str, object], level: str | None) -> RealServer:
    """A server for a test. A target that cannot be had ends the test run; a test that wants too much is skipped."""
    _require_possible(target, options)
    given = options.get("script")
    script = given if isinstance(given, Script) else Script()
    try:
        match parse_target(target):
            case LocalTarget() as local:
                servers = _servers(session.config, local)
                return LocalServerOfATest(servers, servers.take(script))
            case Deployment() as deployment:
                access = _access(session.config, deployment)
            case other:
                raise BadTarget(f"{other.text} is no real server")
    except TargetError as problem:
        stop_tests(session, problem)
    server = DeployedServer(access, may_cost=level == Level.PROMPT.word)
    server.play(*script.replies)
    return server


def _require_possible(target: str, options: Mapping[str, object]) -> None:
    wanted = [f"{name}=..." for name in ONLY_THE_FAKE if options.get(name) and not _is_real(options[name])]
    if "password" in options and options["password"] is None:
        wanted.append("password=None")
    if wanted:
        pytest.skip(f"this test wants a server with {', '.join(wanted)}, which {target} cannot be: run it on the fake")


def _is_real(option: object) -> bool:
    return option is RealClock or isinstance(option, RealClock)


def _servers(config: pytest.Config, target: LocalTarget) -> ScriptedServers:
    """Those of this test run, which end with it."""
    if _SERVERS not in config.stash:
        servers = config.stash[_SERVERS] = ScriptedServers(target.binary())
        config.add_cleanup(servers.close)
    return config.stash[_SERVERS]


def _access(config: pytest.Config, target: Deployment) -> Access:
    """The way to a deployment, tried once in a test run."""
    if _ACCESS not in config.stash:
        access = target.access()
        with SandboxClient(access.config()) as client:
            found = client.test_connection()
        if not found.ok:
            raise TargetUnreachable(f"{access.url}: {found.state.value.replace('_', ' ')}. {found.advice}")
        config.stash[_ACCESS] = replace(access, version=found.version)
    return config.stash[_ACCESS]
