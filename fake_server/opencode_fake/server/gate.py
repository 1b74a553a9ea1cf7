"""Who may come in: the password, and the browser's questions about origins."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from opencode_fake.server.exchange import Outgoing

_OWN_ORIGINS = re.compile(
    r"https?://(localhost|127\.0\.0\.1)(:\d+)?|tauri://localhost|https?://tauri\.localhost|https://([a-z0-9-]+\.)*opencode\.ai"
)
_METHODS = "GET,HEAD,PUT,POST,DELETE,PATCH"


@dataclass(frozen=True, slots=True)
class Gate:
    """The user and the password that open the server, and the origins that browsers may use it from."""

    username: str
    password: str | None
    origins: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Gate(username={self.username!r}, password={'set' if self.password else None})"

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Whether these headers hold the right name and password. Without a password all are let in."""
        if self.password is None:
            return True
        scheme, _, encoded = headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given, f"{self.username}:{self.password}".encode())

    def origin_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers by which a browser learns whether its page may read the answer."""
        origin = headers.get("Origin", "")
        allowed = origin in self.origins or _OWN_ORIGINS.fullmatch(origin)
        return {"Vary": "Origin"} | ({"Access-Control-Allow-Origin": origin} if allowed else {})

    def preflight(self, headers: Mapping[str, str]) -> Outgoing:
        """The answer to a browser that asks before it sends."""
        asked = headers.get("Access-Control-Request-Headers")
        extra = {"Access-Control-Allow-Methods": _METHODS}
        if asked:
            extra["Access-Control-Allow-Headers"] = asked
        return Outgoing(204, content_type="", headers=extra)
