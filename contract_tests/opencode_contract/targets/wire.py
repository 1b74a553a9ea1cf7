"""The way to a server, through the proxies that the environment names."""

from __future__ import annotations

import httpx

from opencode_contract.errors import BadTarget
from opencode_sandbox import SandboxConfig


def wire_to(config: SandboxConfig) -> httpx.AsyncClient:
    """Connections as the client makes them: through proxies, but never to a server on this machine."""
    verify = config.verify
    try:
        return httpx.AsyncClient(verify=verify, trust_env=config.trusts_environment)
    except (ValueError, httpx.InvalidURL, ImportError):
        # Not with the reason: a proxy's URL may hold a password.
        raise BadTarget(
            "a proxy that the environment names cannot be used: correct HTTPS_PROXY or ALL_PROXY (http://host:port; "
            "socks5:// needs the package socksio), or name the server's host in NO_PROXY"
        ) from None
