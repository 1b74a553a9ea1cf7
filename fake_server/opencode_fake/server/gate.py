"""Who may come in: the password, and the browser's questions about origins."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from opencode_fake.server.exchange import Outgoing
from opencode_fake.versions import Behaviours

_LOCAL = ("http://localhost:", "http://127.0.0.1:")
_RENDERER = "oc://renderer"
_DESKTOP = ("tauri://localhost", "http://tauri.localhost")
_DESKTOP_BY_HTTPS = "https://tauri.localhost"
_MAKERS_OWN = re.compile(r"https://([a-z0-9-]+\.)*opencode\.ai")
_METHODS = ("GET,HEAD,PUT,POST,DELETE,PATCH", "GET, HEAD, PUT, PATCH, POST, DELETE")
_DAY = "86400"
"""Seconds that a browser may remember a preflight's answer."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The user and the password that open the server, and the origins that browsers may use it from."""

    username: str
    password: str | None
    behaviours: Behaviours
    origins: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Gate(username={self.username!r}, password={'set' if self.password else None})"

    def admits(self, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
        """Whether a request holds the right name and password. Without a password all are let in."""
        if self.password is None:
            return True
        token = query.get("auth_token") if self.behaviours.password_in_query else None
        scheme, _, encoded = headers.get("Authorization", "").partition(" ")
        if token is None and scheme.lower() != "basic":
            return False
        return self._is_right(encoded if token is None else token)

    def _is_right(self, encoded: str) -> bool:
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given, f"{self.username}:{self.password}".encode())

    def origin_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers by which a browser learns whether its page may read the answer."""
        origin = headers.get("Origin", "")
        if self._welcomes(origin):
            return {"Vary": "Origin", "Access-Control-Allow-Origin": origin}
        return {} if origin and self.behaviours.vary_for_allowed_only else {"Vary": "Origin"}

    def _welcomes(self, origin: str) -> bool:
        if origin in self.origins or origin in _DESKTOP or _MAKERS_OWN.fullmatch(origin):
            return True
        # What begins like the address of this machine is not looked at further, by the real server neither.
        if origin.startswith(_LOCAL) or (self.behaviours.renderer_comes_in and origin.startswith(_RENDERER)):
            return True
        return self.behaviours.tauri_comes_by_https and origin == _DESKTOP_BY_HTTPS

    def preflight(self, headers: Mapping[str, str]) -> Outgoing:
        """The answer to a browser that asks before it sends."""
        asked = headers.get("Access-Control-Request-Headers", "")
        spaced = self.behaviours.effect_checks
        extra = self.origin_headers(headers) | {"Access-Control-Allow-Methods": _METHODS[spaced]}
        if asked or spaced:
            extra["Access-Control-Allow-Headers"] = asked
        if asked:
            varying = [*filter(None, [extra.get("Vary")]), "Access-Control-Request-Headers"]
            extra["Vary"] = ", ".join(reversed(varying) if spaced else varying)
        if self.behaviours.preflight_lasts:
            extra["Access-Control-Max-Age"] = _DAY
        return Outgoing(204, content_type="", headers=extra)
