"""Testing the connection: it never raises for what it is there to find out."""

from __future__ import annotations

from opencode_sandbox import requests
from opencode_sandbox.connection import ConnectionReport, ConnectionState
from opencode_sandbox.effects import Flow, send
from opencode_sandbox.errors import (
    ConnectionFailed,
    RedirectRefused,
    SandboxError,
    ServerFailed,
    TlsFailed,
    UnexpectedResponse,
    WrongPassword,
)
from opencode_sandbox.flows import wire
from opencode_sandbox.models import Health
from opencode_sandbox.responses import json_of, parse
from opencode_sandbox.urls import other_prefixes

STATES: tuple[tuple[type[SandboxError], ConnectionState], ...] = (
    (TlsFailed, ConnectionState.TLS_TROUBLE),
    (ConnectionFailed, ConnectionState.NOBODY_THERE),
    (WrongPassword, ConnectionState.WRONG_PASSWORD),
    (RedirectRefused, ConnectionState.REDIRECT),
    (ServerFailed, ConnectionState.SERVER_FAILING),
    (UnexpectedResponse, ConnectionState.NOT_OPENCODE),
)


def check_connection(url: str) -> Flow[ConnectionReport]:
    """Ask for the server's health, and look at other prefixes of the same origin when it is not there."""
    try:
        healthy = yield from _health(None)
    except (ConnectionFailed, UnexpectedResponse) as error:
        report = _trouble(url, error)
    else:
        return ConnectionReport(
            ConnectionState.OK,
            url,
            f"an OpenCode server, version {healthy.version}, accepts the password",
            healthy.version,
        )
    if report.state is ConnectionState.NOT_OPENCODE:
        elsewhere = yield from _elsewhere(url)
        return elsewhere or report
    return report


def _health(base: str | None) -> Flow[Health]:
    return parse(wire.HEALTH, json_of((yield from send(requests.health(base), patient=False))))


def _elsewhere(url: str) -> Flow[ConnectionReport | None]:
    for candidate in other_prefixes(url):
        try:
            version: str | None = (yield from _health(candidate)).version
            proviso = ""
        except WrongPassword:
            version, proviso = None, "; it refuses the password, too"
        except (ConnectionFailed, UnexpectedResponse):
            continue
        advice = f"no OpenCode server at {url}, but one at {candidate}: write that as the server URL{proviso}"
        return ConnectionReport(ConnectionState.WRONG_PREFIX, url, advice, version, candidate)
    return None


def _trouble(url: str, error: ConnectionFailed | UnexpectedResponse) -> ConnectionReport:
    state = next(state for kind, state in STATES if isinstance(error, kind))
    return ConnectionReport(state, url, str(error))
