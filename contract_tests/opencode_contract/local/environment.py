"""The environment of a server's process: a home of its own, and nothing of the user's settings or keys."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

# A list of what may pass is safe where a list of what may not would have to know every provider's key.
_PASSED_ON = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "USER",
    "LOGNAME",
    "LD_LIBRARY_PATH",
    "SYSTEMROOT",
    "COMSPEC",
    "PATHEXT",
)
# Nobody listens there: what OpenCode would ask of the internet fails at once, the same on every machine.
_NOWHERE = "http://127.0.0.1:9"


def isolated_environment(home: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables of a process that lives in ``home`` and reaches nothing but this machine."""
    passed = {name: environ[name] for name in _PASSED_ON if name in environ}
    return passed | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "TMPDIR": str(home),
        "XDG_DATA_HOME": str(home / "share"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "HTTP_PROXY": _NOWHERE,
        "HTTPS_PROXY": _NOWHERE,
        "NO_PROXY": "127.0.0.1,localhost",
    }


def server_environment(home: Path, password: str, config: Path) -> dict[str, str]:
    """The variables of a server's process."""
    return isolated_environment(home) | {
        "OPENCODE_SERVER_PASSWORD": password,
        "OPENCODE_CONFIG": str(config),
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
    }
