"""Takes secrets out of what is recorded, before it is written, and says what was taken."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from opencode_fake.scripts.model import JsonValue

REDACTED = "[redacted]"
_RULES: tuple[tuple[str, str], ...] = (
    ("private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"),
    ("web token", r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+"),
    ("authorization", r"(?i)\b(?:bearer|basic)\s+(?P<secret>[\w.~+/-]{8,}=*)"),
    ("password in an address", r"\b[a-z][a-z0-9+.-]*://[^\s/:@]*:(?P<secret>[^\s/@]+)@"),
    ("key of a known service", r"\b(?:sk|pk|rk)[-_](?:[A-Za-z]+[-_])*[A-Za-z0-9_-]{16,}"),
    (
        "key of a known service",
        r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|npm_|hf_|fo1_|FlyV1 )[A-Za-z0-9_,/+=-]{10,}",
    ),
    ("key of a known service", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{35}"),
    (
        "value of a secret",
        (
            r"(?i)[\"']?\b[\w.-]*(?:password|passwd|secret|token|api[_-]?key|access[_-]?key)\b[\"']?\s*[:=]\s*"
            r"(?:\"(?P<quoted>[^\"\n]{4,})\"|'(?P<single>[^'\n]{4,})'|(?P<bare>[^\s\"',;}\]]{6,}))"
        ),
    ),
)
_PATTERNS = tuple((name, re.compile(pattern, re.DOTALL)) for name, pattern in _RULES)


@dataclass(slots=True)
class Redaction:
    """Redacts texts, and counts what it redacted by kind."""

    secrets: tuple[str, ...] = ()
    """Those that are known, such as the server's password."""
    counts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of_password(cls, password: str | None, usernames: Iterable[str] = ()) -> Redaction:
        """Knows a password, also as Basic authentication writes it."""
        if not password:
            return cls()
        pairs = (f"{username}:{password}" for username in usernames)
        return cls((password, *(base64.b64encode(pair.encode()).decode() for pair in pairs)))

    def text(self, text: str) -> str:
        """The text without secrets."""
        for secret in self.secrets:
            self.counts["the server's password"] += text.count(secret)
            text = text.replace(secret, REDACTED)
        for name, pattern in _PATTERNS:
            text = pattern.sub(partial(self._redacted, name), text)
        self.counts += Counter()
        return text

    def all(self, value: JsonValue) -> JsonValue:
        """The same for all texts in JSON, keys left alone."""
        match value:
            case str():
                return self.text(value)
            case list():
                return [self.all(each) for each in value]
            case dict():
                return self._group(value)
            case _:
                return value

    def _group(self, group: dict[str, JsonValue]) -> dict[str, JsonValue]:
        streamed = group.get("text", group.get("reasoning"))
        if "chunks" in group and isinstance(streamed, str) and self._finds(streamed):
            # A secret may be cut in two by the chunks.
            group = {key: each for key, each in group.items() if key != "chunks"}
        return {key: self.all(each) for key, each in group.items()}

    def _finds(self, text: str) -> bool:
        return Redaction(self.secrets).text(text) != text

    def report(self) -> str:
        """What was redacted, as a sentence."""
        if not self.counts:
            return "nothing that looks like a secret was found"
        return "redacted: " + ", ".join(f"{count} x {name}" for name, count in sorted(self.counts.items()))

    def _redacted(self, name: str, found: re.Match[str]) -> str:
        whole = found[0]
        secret = next((value for value in found.groupdict().values() if value), whole)
        if secret.startswith(REDACTED[:-1]):
            return whole
        self.counts[name] += 1
        return whole.replace(secret, REDACTED)
