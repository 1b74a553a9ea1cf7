"""Looking up the configuration where it may be written.

Nothing here raises: a lookup handles a password in the clear, and the frame of an exception would keep it. What is
wrong comes back as ``Found.fault``.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

URL_KEY = "opencode_server_url"
PASSWORD_KEY = "opencode_server_password"  # noqa: S105 - the name of a key
SHAPE = '{"apiKeys": {"opencode_server_url": "https://your-app.fly.dev/opencode", "opencode_server_password": "..."}}'


@dataclass(frozen=True)
class Found:
    """What a lookup found, or what is wrong with it."""

    url: str = ""
    password: SecretStr | None = None
    username: str = "opencode"
    fault: str | None = None


def in_api_keys(content: object) -> Found:
    """Look into the document's object, whole or only its inside."""
    keys = content.get("apiKeys", content) if isinstance(content, Mapping) else None
    if not isinstance(keys, Mapping):
        return Found(fault=f"the configuration is not an object of that kind; write {SHAPE}")
    for key in (URL_KEY, PASSWORD_KEY):
        if key not in keys:
            return Found(fault=_missing(key, keys))
    password, fault = secret_or_fault(keys[PASSWORD_KEY])
    url = keys[URL_KEY]
    if not isinstance(url, str):
        fault = f'"{URL_KEY}" is not a string; write {SHAPE}'
    return Found(fault=fault) if fault is not None else Found(url=str(url), password=password)


def in_environment(environ: Mapping[str, str]) -> Found:
    """Look into the environment; without a password variable the server has none."""
    url = environ.get("OPENCODE_SERVER_URL", "")
    if not url:
        return Found(
            fault="OPENCODE_SERVER_URL is not set; set it to the server's URL, such as https://your-app.fly.dev/opencode"
        )
    password, fault = secret_or_fault(environ.get("OPENCODE_SERVER_PASSWORD"))
    username = environ.get("OPENCODE_SERVER_USERNAME") or "opencode"
    return Found(url=url, password=password, username=username, fault=fault)


def secret_or_fault(password: object) -> tuple[SecretStr | None, str | None]:
    """Wrap a password at once, so that no frame further up holds it in the clear."""
    if isinstance(password, SecretStr):
        password = password.get_secret_value()
    if password is None:
        return None, None
    if not isinstance(password, str):
        return None, "the password is not a string; write it in quotes"
    if not password:
        return None, "the password is empty; write the server's password, or leave it out (null) if the server has none"
    return SecretStr(password), None


def _missing(key: str, keys: Mapping[object, object]) -> str:
    near = difflib.get_close_matches(key, [name for name in keys if isinstance(name, str)], n=1)
    hint = f'rename "{near[0]}"' if near and near[0] not in (URL_KEY, PASSWORD_KEY) else f"write {SHAPE}"
    return f'"{key}" is missing; {hint}'
