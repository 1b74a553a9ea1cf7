"""Where the server is, and how to get in."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import SecretStr

from opencode_sandbox import urls
from opencode_sandbox.config_sources import SHAPE, Found, in_api_keys, in_environment, secret_or_fault
from opencode_sandbox.errors import ConfigurationError


@dataclass(frozen=True, init=False)
class SandboxConfig:
    """A server and its password; ``timeout`` is that of one request, in seconds."""

    # The defaults let a half-made configuration show itself in a traceback with locals.
    server_url: str = ""
    password: SecretStr | None = None
    username: str = "opencode"
    timeout: float = 30.0
    allow_insecure_http: bool = False

    def __init__(
        self,
        server_url: str,
        password: SecretStr | str | None,
        username: str = "opencode",
        *,
        timeout: float = 30.0,
        allow_insecure_http: bool = False,
    ) -> None:
        password, fault = secret_or_fault(password)
        if fault is not None:
            raise ConfigurationError(fault)
        set_field = object.__setattr__
        set_field(self, "server_url", urls.checked_url(server_url, allow_insecure_http=allow_insecure_http))
        set_field(self, "password", password)
        set_field(self, "username", _checked_username(username))
        set_field(self, "timeout", _checked_timeout(timeout))
        set_field(self, "allow_insecure_http", allow_insecure_http)

    @classmethod
    def from_api_keys(cls, mapping: Mapping[str, object], *, allow_insecure_http: bool = False) -> SandboxConfig:
        """Read the document's ``{"apiKeys": {...}}``, or the object inside it."""
        found = in_api_keys(mapping)
        del mapping  # a traceback with locals must not show it
        return cls._from(found, allow_insecure_http)

    @classmethod
    def from_file(cls, path: str | Path, *, allow_insecure_http: bool = False) -> SandboxConfig:
        """Read the document's JSON from a file."""
        found = _in_file(Path(path))
        return cls._from(found, allow_insecure_http)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ, *, allow_insecure_http: bool = False) -> SandboxConfig:
        """Read ``OPENCODE_SERVER_URL``, ``OPENCODE_SERVER_PASSWORD`` and ``OPENCODE_SERVER_USERNAME``."""
        found = in_environment(environ)
        del environ
        return cls._from(found, allow_insecure_http)

    @classmethod
    def _from(cls, found: Found, allow_insecure_http: bool) -> SandboxConfig:
        if found.fault is not None:
            raise ConfigurationError(found.fault)
        return cls(found.url, found.password, found.username, allow_insecure_http=allow_insecure_http)

    def with_password(self, password: SecretStr) -> SandboxConfig:
        """Return the same configuration with another password."""
        return SandboxConfig(
            self.server_url,
            password,
            self.username,
            timeout=self.timeout,
            allow_insecure_http=self.allow_insecure_http,
        )

    @property
    def auth(self) -> httpx.BasicAuth | None:
        """What proves to the server that we may."""
        if self.password is None:
            return None
        return httpx.BasicAuth(self.username, self.password.get_secret_value())

    @property
    def trusts_environment(self) -> bool:
        """Whether proxies of the environment may be used; never for this machine, where they would see the password."""
        return not urls.is_loopback(urls.split(self.server_url).hostname or "")

    @property
    def verify(self) -> ssl.SSLContext:
        """How certificates are checked; for plain http nothing is read, and nothing would be trusted."""
        if not self.server_url.startswith("https://"):
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            return httpx.create_ssl_context()
        except (ssl.SSLError, OSError) as problem:
            raise ConfigurationError(
                f"the certificates to trust cannot be read ({problem}); let the environment variables SSL_CERT_FILE "
                "and SSL_CERT_DIR name certificates in PEM form, or unset them"
            ) from problem


def _in_file(path: Path) -> Found:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return Found(fault=f"{path} cannot be read: {error.strerror}; write the path of a JSON file")
    except UnicodeDecodeError:
        return Found(fault=f"{path} is not text in UTF-8; write it as JSON in UTF-8")
    except RecursionError:
        return Found(fault=f"{path} is not a configuration: its JSON is nested too deeply; write {SHAPE}")
    except json.JSONDecodeError as error:
        return Found(fault=f"{path} is not JSON, line {error.lineno}, column {error.colno}: {error.msg}")
    found = in_api_keys(content)
    return found if found.fault is None else Found(fault=f"{path}: {found.fault}")


def _checked_username(username: str) -> str:
    if not username or ":" in username:
        raise ConfigurationError('the user name must not be empty nor hold a colon; write "opencode", the usual one')
    return username


def _checked_timeout(timeout: float) -> float:
    if not 0 < timeout < float("inf"):
        raise ConfigurationError(f"the timeout is {timeout!r}; write a number of seconds greater than 0, such as 30")
    return timeout
