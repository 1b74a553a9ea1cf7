"""What looks like a secret in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

SERVICE = "key of a known service"
_WORDS = (
    r"password|passwd|passphrase|pwd|secret|token|credentials?|cookie|signature|"
    r"api[_-]?key|access[_-]?key|private[_-]?key|encryption[_-]?key|connection[_-]?string"
)
_MIXED = r"(?=\S*(?:\d|=|[a-z][A-Z]))"
"""Looks like something encoded, not like a word."""
_KEY = "[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?"
_SERVICES = r"gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|npm_|hf_|fo1_|fm\d_|FlyV1 |pypi-|dop_v1_|SG\."
_NAMED = rf"(?:{_WORDS})(?:[_-]?(?:key|value|base64))?\b[\"']?\s*[:=]\s*"
_QUOTED = r"(?:\"(?P<quoted>[^\"\n]{4,})\"|'(?P<single>[^'\n]{4,})'|(?P<bare>[^\s\"',;&}\]]{6,}))"
_RULES: tuple[tuple[str, str], ...] = (
    ("private key", rf"-----BEGIN {_KEY}-----.*?(?:-----END {_KEY}-----|\Z)"),
    ("private key", rf"(?<![A-Za-z0-9+/=])(?:[A-Za-z0-9+/=]{{16,}}+\s++){{1,150}}+-----END {_KEY}-----"),
    ("web token", r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+"),
    ("authorization", r"(?i:authorization)[\"']?\s*[:=]\s*[\"']?(?:[A-Za-z]+\s+)?(?P<secret>[^\s\"',;]{4,})"),
    ("authorization", rf"\b(?i:bearer|basic|digest)\s+{_MIXED}(?P<secret>[\w.~+/-]{{8,}}=*)"),
    ("cookie", r"(?im:\b(?:set-)?cookie\s*:\s*)(?P<secret>[^\r\n\"']{4,})"),
    ("password in an address", r"\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@]*:(?P<secret>[^\s/@]+)@"),
    ("password in an address", r"\b[a-z][a-z0-9+.-]{0,20}://(?P<secret>[^\s/:@]{12,})@"),
    (SERVICE, r"\b(?:sk|pk|rk)[-_](?:[A-Za-z]+[-_])*[A-Za-z0-9_-]{16,}"),
    (SERVICE, rf"\b(?:{_SERVICES})[A-Za-z0-9_.,/+=-]{{10,}}"),
    (SERVICE, r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{35}|\bya29\.[\w-]{16,}"),
    ("password of a command", r"(?<!\S)(?:-u|--user)[= ][\"']?[^\s:\"']+:(?P<secret>[^\s\"']+)"),
    ("password of a command", rf"(?i)(?<!\S)--[\w-]{{0,40}}(?:{_WORDS})[= ][\"']?(?P<secret>[^\s\"']{{4,}})"),
    ("value of a secret", rf"(?i){_NAMED}{_QUOTED}"),
)
_PATTERNS = tuple((name, re.compile(pattern, re.DOTALL)) for name, pattern in _RULES)
_NAME = re.compile(rf"(?i)[\w.-]{{0,60}}(?:{_WORDS}|authorization)(?:[_-]?(?:key|value|base64))?")
_LONG = 6
_SHORTEST = 4
"""Characters of what a key called password or the like holds."""


def secrets_in(text: str) -> Iterator[tuple[str, str]]:
    """The secrets, each with what kind it is."""
    for kind, pattern in _PATTERNS:
        for found in pattern.finditer(text):
            yield next((value for value in found.groupdict().values() if value), found[0]), kind


def is_secret_value(name: str, value: str) -> bool:
    """Whether what a name holds is one."""
    return len(value) >= _SHORTEST and _NAME.fullmatch(name) is not None


def looks_encoded(secret: str) -> bool:
    """Whether it is long, and no word: it would not stand anywhere by chance."""
    return len(secret) >= _LONG and re.match(_MIXED, secret) is not None
